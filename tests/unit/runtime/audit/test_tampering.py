"""Whatever is done to a log, verification says so, and never fails itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import UsageError
from wilkc.runtime.audit import verify
from wilkc.runtime.audit.line import (
    checkpoint_line,
    event_line,
    line_hash,
    parse_line,
    signing_input,
)
from wilkc.runtime.audit.note import Checkpoint, parse_checkpoint, sign_note
from wilkc.runtime.audit.segment import read_header
from wilkc.runtime.audit.tree import leaf_hash
from wilkc.runtime.keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_whole_log_verifies(full: Any) -> None:
    found = full.verify(full.checkpoint)
    assert (found.verdict, found.reasons) == ("OK", ())
    assert (found.size, found.covered, found.tail) == (15, 15, 0)
    assert found.segments == 2
    assert full.verify().verdict == "OK_UNANCHORED"


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1]


def _write(path: Path, lines: list[bytes]) -> None:
    path.chmod(0o600)
    path.write_bytes(b"".join(line + b"\n" for line in lines))


@pytest.mark.parametrize("segment", [0, 1])
def test_lines_dropped_repeated_swapped_inserted(full: Any, segment: int) -> None:
    path = full.segments()[segment]
    lines = _lines(path)
    for place in range(len(lines)):
        changes = [
            lines[:place] + lines[place + 1 :],
            lines[: place + 1] + lines[place:],
            [*lines[:place], b"{}", *lines[place:]],
            [*lines[:place], b"", *lines[place:]],
            [*lines[:place], lines[place] + b" ", *lines[place + 1 :]],
            [*lines[:place], json.dumps(json.loads(lines[place])).encode(), *lines[place + 1 :]],
        ]
        if place + 1 < len(lines):
            rest = lines[place + 2 :]
            changes.append([*lines[:place], lines[place + 1], lines[place], *rest])
        for changed in changes:
            _write(path, changed)
            assert not full.verify(full.checkpoint).ok
    _write(path, lines)
    assert full.verify(full.checkpoint).ok


def test_truncation_at_and_inside_lines(full: Any) -> None:
    kept = full.checkpoint
    path = full.segments()[-1]
    text, lines = path.read_bytes(), _lines(path)
    for size in range(0, len(text), 101):
        path.write_bytes(text[:size])
        # A segment gets its name with its header in it, so no crash leaves a part of one.
        torn = 0 < size < len(lines[0])
        wanted = {"TAMPERED"} if torn else {"TRUNCATED", "UNSEALED_TAIL"}
        assert full.verify(kept).verdict in wanted, size
        assert full.verify().verdict in wanted
    for count in range(1, len(lines) - 1):
        _write(path, lines[:count])
        assert full.verify(kept).verdict == "TRUNCATED"


def test_only_a_checkpoint_from_elsewhere_shows_a_clean_cut(log: Any, filled: Any) -> None:
    with log.open() as logger:
        filled(logger)
    early, early_text = log.checkpoint, log.segments()[0].read_bytes()
    with log.open() as logger:
        filled(logger)
    late = log.checkpoint
    log.segments()[0].write_bytes(early_text)
    (log.directory / "checkpoint").write_text(early)
    assert log.verify().verdict == "OK_UNANCHORED"
    assert log.verify(early).verdict == "OK"
    assert log.verify(late).verdict == "TRUNCATED"
    assert log.verify(early, late).verdict == "TRUNCATED"


def test_wrong_roots(full: Any, make: Any, tmp_path: Path) -> None:
    other = make(tmp_path / "other")
    assert full.verify(root=other.root).verdict == "KEY_PROBLEM"
    assert full.verify(full.checkpoint, root=other.root).verdict == "KEY_PROBLEM"
    for text in ("", "x", full.root[:-1], full.root.replace("+", "-")):
        with pytest.raises(UsageError, match="root verifier key"):
            full.verify(root=text or "+")
    with pytest.raises(UsageError, match="no audit log"):
        verify(tmp_path / "nowhere", full.root)


def test_a_log_put_in_anothers_place(full: Any, make: Any, filled: Any, tmp_path: Path) -> None:
    other = make(tmp_path / "other", origin="example.org/test/other")
    with other.open() as logger:
        filled(logger)
    assert other.verify(full.checkpoint).verdict == "TAMPERED"
    same = make(tmp_path / "same")
    with same.open() as logger:
        filled(logger, 8)
    assert same.verify(full.checkpoint).verdict == "TAMPERED"
    full.segments()[1].unlink()
    full.segments()[0].chmod(0o600)
    full.segments()[0].write_bytes(other.segments()[0].read_bytes())
    assert full.verify().verdict == "TAMPERED"


def test_files_removed_added_exchanged(full: Any) -> None:
    first, second = full.segments()
    texts = first.read_bytes(), second.read_bytes()
    first.unlink()
    assert full.verify().verdict == "INCOMPLETE"
    first.write_bytes(texts[1])
    second.write_bytes(texts[0])
    assert full.verify().verdict == "TAMPERED"
    first.write_bytes(texts[0])
    second.unlink()
    assert full.verify().verdict == "TRUNCATED"
    second.write_bytes(texts[1])
    assert full.verify().ok
    added = full.directory / "seg-00000000000000000003.jsonl"
    added.write_bytes(texts[1])
    assert not full.verify().ok
    added.rename(full.directory / "seg-extra.jsonl")
    assert full.verify().verdict == "INCOMPLETE"
    (full.directory / "seg-extra.jsonl").unlink()
    (full.directory / "checkpoint").unlink()
    assert full.verify().verdict == "INCOMPLETE"


def test_a_sealed_log_without_its_successor(log: Any, filled: Any) -> None:
    with log.open() as logger:
        filled(logger)
        logger.roll()
    log.segments()[1].unlink()
    sealed = json.loads(_lines(log.segments()[0])[-1])["checkpoint"]
    (log.directory / "checkpoint").write_text(sealed, encoding="utf-8")
    assert log.verify(sealed).verdict == "INCOMPLETE"


def test_an_empty_directory(full: Any) -> None:
    for path in full.directory.iterdir():
        path.unlink()
    found = full.verify()
    assert (found.verdict, found.last_good) == ("INCOMPLETE", None)


class _Forger:
    """Writes lines of its own as a thief of the open segment's key could."""

    def __init__(self, log: Any) -> None:
        held = log.keys().segment_key("active")
        self.key: SigningKey = held.key
        self.log = log

    def rewrite(self, path: Path, change: Callable[[int, dict[str, Any]], None]) -> None:
        """Change events and put every hash, signature and checkpoint right again."""
        parsed = [parse_line(line) for line in _lines(path)]
        first = json.loads(_lines(path)[0])["event"]
        walk_prev, out = first["prev"], []
        tree = _tree_before(path)
        for line in parsed:
            if hasattr(line, "event"):
                event = dict(line.event)
                change(event["seq"], event)
                event["prev"] = walk_prev
                stored = json.dumps(
                    event, sort_keys=True, separators=(",", ":"), ensure_ascii=False
                ).encode()
                leaf = leaf_hash(stored)
                tree = tree.append(leaf)
                text = event_line(stored, self.key.sign(signing_input(event["log"], leaf)))
            else:
                checkpoint = Checkpoint(first["log"], tree.size, tree.root())
                note = sign_note(checkpoint.text(), first["log"], self.key)
                text = checkpoint_line(note, walk_prev)
            walk_prev = line_hash(text)
            out.append(text)
        _write(path, out)
        note = sign_note(
            Checkpoint(first["log"], tree.size, tree.root()).text(), first["log"], self.key
        )
        (self.log.directory / "checkpoint").write_text(note, encoding="utf-8")


def _tree_before(path: Path) -> Any:
    event = json.loads(_lines(path)[0])["event"]
    return read_header(event["action"]["details"]).tree(event["seq"])


def _whitewash(_: int, event: dict[str, Any]) -> None:
    event["result"]["message"] = "nothing to see"


def test_the_stolen_open_key_cannot_rewrite_what_is_sealed(full: Any) -> None:
    kept = full.checkpoint
    _Forger(full).rewrite(full.segments()[0], _whitewash)
    assert full.verify().verdict == "TAMPERED"
    assert full.verify(kept).verdict == "TAMPERED"


def test_the_stolen_open_key_is_found_by_a_checkpoint_from_elsewhere(full: Any) -> None:
    kept = full.checkpoint
    _Forger(full).rewrite(full.segments()[1], _whitewash)
    assert full.verify().verdict == "OK_UNANCHORED"
    assert full.verify(kept).verdict == "TAMPERED"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("class", "nothing"),
        ("phase", "other"),
        ("extra", 1),
        ("id", "01972000-0000-4000-8000-000000000000"),
        ("ts", "2026-13-01T00:00:00.000000Z"),
        ("ts", "2026-02-30T00:00:00.000000Z"),
        ("mono_us", -1),
        ("sealed", {"input": {}}),
        ("actor", {"id": "x", "name": None, "type": []}),
        ("seq", 99),
        ("log", "example.org/test/other"),
        ("decision", {"allow": 1}),
    ],
)
def test_what_is_no_record_is_refused_though_it_is_signed(
    full: Any, member: str, value: Any
) -> None:
    def change(seq: int, event: dict[str, Any]) -> None:
        if seq == full.records()[-2]["seq"]:
            event[member] = value

    path = full.segments()[1]
    _Forger(full).rewrite(path, change)
    assert full.verify().verdict == "TAMPERED"


def test_an_outcome_needs_its_intent_and_ids_are_unique(full: Any) -> None:
    records = full.records()
    outcome = next(one["seq"] for one in reversed(records) if one["phase"] == "outcome")
    stranger = "01972000-0000-7000-8000-000000000000"
    path, text = full.segments()[1], full.segments()[1].read_bytes()

    def other_ref(seq: int, event: dict[str, Any]) -> None:
        if seq == outcome:
            event["ref"] = stranger

    def same_id(seq: int, event: dict[str, Any]) -> None:
        if seq == outcome:
            event["id"] = records[1]["id"]

    for change in (other_ref, same_id):
        _Forger(full).rewrite(path, change)
        assert full.verify().verdict == "TAMPERED"
        path.write_bytes(text)


def test_mode_downgrade(full: Any) -> None:
    path = full.segments()[1]
    lines = _lines(path)
    for place, line in enumerate(lines):
        if line.startswith(b'{"event"'):
            unsigned = event_line(parse_line(line).stored, None)  # type: ignore[union-attr]
            _write(path, [*lines[:place], unsigned, *lines[place + 1 :]])
            assert not full.verify().ok


def test_segment_key_only_for_its_segment(full: Any) -> None:
    """A line of the sealed segment, signed by the key of the open one."""
    path = full.segments()[0]
    lines = _lines(path)
    line = parse_line(lines[2])
    key = full.keys().segment_key("active").key
    leaf = leaf_hash(line.stored)  # type: ignore[union-attr]
    resigned = event_line(line.stored, key.sign(signing_input("example.org/test/log", leaf)))  # type: ignore[union-attr]
    _write(path, [*lines[:2], resigned, *lines[3:]])
    found = full.verify()
    assert found.verdict == "TAMPERED"
    assert "signature" in found.reasons[0]
    assert (found.file, found.last_good) == (path.name, 0)


def test_a_note_signed_by_someone_else(full: Any) -> None:
    checkpoint, _ = parse_checkpoint(full.checkpoint)
    foreign = sign_note(checkpoint.text(), checkpoint.origin, SigningKey.generate())
    (full.directory / "checkpoint").write_text(foreign, encoding="utf-8")
    assert full.verify().verdict == "TAMPERED"
    (full.directory / "checkpoint").write_bytes(b"\xff\x00")
    assert full.verify().verdict == "TAMPERED"
    with pytest.raises(UsageError, match="no checkpoint"):
        full.verify("text")


def test_u2028_is_not_a_line_end(log: Any, request_: Any, deny: Any) -> None:
    with log.open() as logger:
        logger.intent(replace(request_, id="./a\u2028b\u0085c"), deny)
    assert log.verify().ok
    assert log.records()[-1]["action"]["resource"] == "file:./a\u2028b\u0085c"


def test_blobs_are_read(log: Any, request_: Any, deny: Any) -> None:
    with log.open() as logger:
        logger.intent(request_, deny, details={"output": "x" * 100_000})
    (blob,) = (path for path in log.directory.glob("blobs/*/*"))
    assert log.verify().ok
    held = blob.read_bytes()
    blob.write_bytes(held[:-1] + bytes([held[-1] ^ 1]))
    assert log.verify().verdict == "TAMPERED"
    blob.unlink()
    assert log.verify().verdict == "INCOMPLETE"


def _reseal(log: Any, path: Path, cut: int) -> None:
    """Cut a segment and end it with a checkpoint that the log itself made earlier."""
    lines = _lines(path)
    notes = [line for line in lines if line.startswith(b'{"checkpoint"')]
    for note in notes:
        _write(path, [*lines[:cut], note])
        published = json.loads(note)["checkpoint"]
        (log.directory / "checkpoint").write_text(published, encoding="utf-8")
        if lines[: cut + 1] != [*lines[:cut], note]:
            assert not log.verify().ok, cut
    _write(path, lines)


def test_reseal_needs_outside_checkpoint(log: Any, filled: Any) -> None:
    for _ in range(3):
        with log.open() as logger:
            filled(logger, 1)
    kept = log.checkpoint
    path = log.segments()[0]
    for cut in range(1, len(_lines(path))):
        _reseal(log, path, cut)
    (log.directory / "checkpoint").write_text(kept, encoding="utf-8")
    assert log.verify(kept).verdict == "OK"


def test_a_checkpoint_of_another_segment_key_is_no_checkpoint_here(full: Any) -> None:
    """The key of the open segment signs a checkpoint line of the sealed one."""
    path = full.segments()[0]
    lines = _lines(path)
    key = full.keys().segment_key("active").key
    place = next(at for at, line in enumerate(lines) if line.startswith(b'{"checkpoint"'))
    value = json.loads(lines[place])
    checkpoint, _ = parse_checkpoint(value["checkpoint"])
    foreign = sign_note(checkpoint.text(), checkpoint.origin, key)
    _write(path, [*lines[:place], checkpoint_line(foreign, value["prev"]), *lines[place + 1 :]])
    found = full.verify()
    assert found.verdict == "TAMPERED"
    assert "not signed by" in found.reasons[0]


def test_a_whole_log_under_another_root(log: Any, filled: Any, make: Any, tmp_path: Path) -> None:
    """Everything is right but the root, and somebody puts the other root's certificate in."""
    with log.open() as logger:
        filled(logger)
    other = make(tmp_path / "other")
    path = log.segments()[0]
    lines = _lines(path)
    certs = [
        json.loads(_lines(one.segments()[0])[0])["event"]["action"]["details"]["cert"]
        for one in (log, other)
    ]
    assert log.verify(root=other.root).verdict == "KEY_PROBLEM"
    old, new = (json.dumps(cert, ensure_ascii=False)[1:-1].encode() for cert in certs)
    _write(path, [lines[0].replace(old, new), *lines[1:]])
    assert log.verify(root=other.root).verdict == "TAMPERED"
    assert log.verify().verdict == "TAMPERED"
