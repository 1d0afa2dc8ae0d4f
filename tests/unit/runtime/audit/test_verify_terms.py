"""What a verification is asked to assess: witnesses, anchors, keys, pruned ranges, processes."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.audit_text import verification_text
from wilkc.core.encoding import to_base64
from wilkc.core.errors import UsageError
from wilkc.runtime.audit.cosignature import cosign, witness_key
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.line import EventLine, event_line, parse_line
from wilkc.runtime.audit.note import parse_note
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.tree import Frontier, leaf_hash
from wilkc.runtime.keys import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

SIGNED = 1_800_000_000
"""Seconds since 1970: the 15th of January 2027, 8 o'clock."""
NAMES = ("w.example/one", "w.example/two", "w.example/three")
WITNESSES = {name: SigningKey(bytes([n]) * 32) for n, name in enumerate(NAMES, start=1)}


def _policy(quorum: str = "group both 2 one two three\nquorum both\n") -> str:
    lines = [
        f"witness {name.rsplit('/')[-1]} {witness_key(name, key.public).text}\n"
        for name, key in WITNESSES.items()
    ]
    return "# who has to see it\n\n" + "".join(lines) + quorum


def _cosigned(checkpoint: str, *names: str) -> str:
    text = parse_note(checkpoint).text
    return checkpoint + "".join(cosign(text, name, WITNESSES[name], SIGNED) for name in names)


def test_a_quorum_of_witnesses_since_a_time_is_an_anchor(full: Any) -> None:
    (full.directory / "checkpoint").write_text(
        _cosigned(full.checkpoint, *NAMES[:2]), encoding="utf-8"
    )
    found = full.verify(policy=_policy(), require_anchor=True, cosigned_since=SIGNED)
    assert (found.verdict, found.witnesses, found.cosigned) == ("OK", ("one", "two"), SIGNED)
    later = full.verify(policy=_policy(), cosigned_since=SIGNED + 1)
    assert later.verdict == "INCOMPLETE"
    assert "quorum `both` since the given time" in later.reasons[0]


def test_a_log_rolled_back_with_its_old_cosigned_checkpoint_is_not_ok(
    full: Any, filled: Any, tmp_path: Path
) -> None:
    """Everything in it is genuine and agrees, so only what is known from elsewhere tells."""
    published = full.directory / "checkpoint"
    published.write_text(_cosigned(full.checkpoint, *NAMES[:2]), encoding="utf-8")
    old = full.copy(tmp_path / "old")
    with full.open() as logger:
        filled(logger)
    newest, size = full.checkpoint, full.verify().size
    found = old.verify(policy=_policy())
    assert (found.verdict, found.witnesses, found.anchored) == (
        "OK_UNANCHORED", ("one", "two"), False,
    )  # fmt: skip
    text = verification_text(found)
    assert "cosigned by one, two, since 2027-01-15T08:00:00Z" in text
    assert "not assessed: whether a newer checkpoint was cosigned" in text
    assert old.verify(policy=_policy(), require_anchor=True).verdict == "INCOMPLETE"
    assert old.verify(policy=_policy(), cosigned_since=SIGNED + 60).verdict == "INCOMPLETE"
    assert old.verify(newest, policy=_policy()).verdict == "TRUNCATED"
    cut = old.verify(policy=_policy(), at_least=size)
    assert cut.verdict == "TRUNCATED"
    assert f"at least {size} are known" in cut.reasons[0]
    kept = old.verify(policy=_policy(), at_least=found.size)
    assert (kept.verdict, kept.known) == ("OK", found.size)
    assert "whether the log had more is not known" in verification_text(kept)


def test_the_newest_whole_quorum_says_when(full: Any) -> None:
    text = parse_note(full.checkpoint).text
    signed = full.checkpoint + "".join(
        cosign(text, name, WITNESSES[name], SIGNED + n) for n, name in enumerate(NAMES)
    )
    for since, names in ((SIGNED, ("one", "two", "three")), (SIGNED + 1, ("two", "three"))):
        found = full.verify(signed, policy=_policy(), cosigned_since=since)
        assert (found.verdict, found.witnesses, found.cosigned) == ("OK", names, SIGNED + 1)
    late = full.verify(signed, policy=_policy(), cosigned_since=SIGNED + 2)
    assert late.verdict == "INCOMPLETE"


def test_too_few_witnesses_are_no_anchor(full: Any) -> None:
    one = _cosigned(full.checkpoint, NAMES[0])
    found = full.verify(one, policy=_policy())
    assert found.verdict == "INCOMPLETE"
    assert "no checkpoint has the policy's quorum `both`" in found.reasons[0]
    assert full.verify(one, policy=_policy("quorum one\n")).verdict == "OK"
    assert full.verify(one, policy=_policy("quorum three\n")).verdict == "INCOMPLETE"
    assert full.verify(policy=_policy("quorum none\n")).verdict == "OK_UNANCHORED"


def test_a_forged_cosignature_is_tampering(full: Any) -> None:
    good = _cosigned(full.checkpoint, *NAMES)
    other = cosign("other text\n", NAMES[2], WITNESSES[NAMES[2]], SIGNED)
    forged = "".join(good.splitlines(keepends=True)[:-1]) + other
    assert full.verify(good, policy=_policy()).verdict == "OK"
    assert full.verify(forged, policy=_policy()).verdict == "TAMPERED"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no quorum"),
        ("quorum one\n", "line 1 of the policy: `one` is not defined above"),
        ("quorum none\nquorum none\n", "second quorum"),
        ("quorum none", "does not end"),
        ("quorum none\x0b\n", "control characters"),
        ("group a 1 b\n", "not defined above"),
        ("group a 0\n", "no line of a policy"),
        ("other\n", "no line of a policy"),
        ("witness one x\n", "name\\+id\\+base64"),
        ("log x\n", "name\\+id\\+base64"),
    ],
)
def test_malformed_policies_are_refused(full: Any, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        full.verify(policy=text)


@pytest.mark.parametrize(
    "more",
    [
        "group more 4 one two three\n",
        "group more 01 one\n",
        "group a any one\ngroup b any one\n",
        "group one any two\n",
        "group none any one\n",
        f"witness four {witness_key('w.example/x', WITNESSES[NAMES[0]].public).text}\n",
    ],
)
def test_policies_that_count_anybody_twice_are_refused(full: Any, more: str) -> None:
    with pytest.raises(UsageError, match="of the policy"):
        full.verify(policy=_policy(more + "quorum none\n"))


def test_an_anchor_can_be_required(full: Any) -> None:
    assert full.verify(require_anchor=True).verdict == "INCOMPLETE"
    assert full.verify(full.checkpoint, require_anchor=True).verdict == "OK"


def test_signatures_left_out_are_told_and_those_of_borders_are_not(full: Any) -> None:
    path = full.segments()[1]
    lines = path.read_bytes().split(b"\n")
    line = parse_line(lines[-3])
    assert isinstance(line, EventLine)
    lines[-3] = event_line(line.stored, bytes(64))
    path.write_bytes(b"\n".join(lines))
    found = full.verify(signatures="none")
    assert found.signatures == "none"
    # The line is another one now, so that the next checkpoint's `prev` is wrong.
    assert found.verdict == "TAMPERED"
    assert full.verify(signatures="all").last_good == found.last_good - 1
    header = parse_line(path.read_bytes().split(b"\n")[0])
    assert isinstance(header, EventLine)
    lines[0] = event_line(header.stored, bytes(64))
    path.write_bytes(b"\n".join(lines))
    assert "signature" in full.verify(signatures="sample").reasons[0]


@pytest.mark.parametrize("signatures", ["all", "sample", "none"])
def test_several_processes_find_the_same(
    log: Any, filled: Any, allow: Any, request_: Any, signatures: str
) -> None:
    with log.open() as logger:
        for _ in range(3):
            filled(logger)
            logger.intent(request_, allow).outcome("success", details={"text": "x" * 50_000})
            logger.roll()
        last = logger.intent(request_, allow)
        logger.roll()
        last.outcome("success")
    one = log.verify(log.checkpoint, signatures=signatures)
    assert one.verdict == "OK"
    two = log.verify(log.checkpoint, signatures=signatures, jobs=2)
    assert asdict(one) == asdict(two)


def test_several_processes_find_the_same_fault(full: Any) -> None:
    path = full.segments()[0]
    text = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(text.replace(b'"success"', b'"failure"', 1))
    one, two = full.verify(full.checkpoint), full.verify(full.checkpoint, jobs=2)
    assert one.verdict == "TAMPERED"
    assert asdict(one) == asdict(two)


@pytest.mark.parametrize("jobs", [0, -1, 65])
def test_numbers_of_jobs_that_make_no_sense_are_refused(full: Any, jobs: int) -> None:
    with pytest.raises(UsageError, match="number of jobs"):
        full.verify(jobs=jobs)


def test_sealed_members_open_or_their_keys_are_erased(log: Any, allow: Any, request_: Any) -> None:
    with log.open() as logger:
        logger.intent(request_, allow).outcome("success", details={"text": "secret"})
    found = log.verify(keys=log.keys())
    assert (found.ok, found.opened, found.erased) == (True, found.opened, 0)
    assert found.opened
    deks = log.places.keys / "deks.jsonl"
    lines = deks.read_bytes().splitlines(keepends=True)
    kid = json.loads(lines[0])["kid"]
    deks.write_bytes(b"".join(lines[1:]))
    found = log.verify(keys=log.keys())
    assert found.verdict == "KEY_PROBLEM"
    assert kid in found.reasons[0]
    with log.open() as logger:
        logger.system(_system(logger, "key.destroyed", {"kids": [kid], "state": "complete"}))
    found = log.verify(keys=log.keys())
    assert (found.ok, found.erased) == (True, 1)


def _system(logger: Any, kind: str, details: dict[str, Any]) -> Event:
    return Event(
        type=kind, resource=f"log:{logger.origin}", actor=WILK, details=details, clear=True
    )


def _prune(log: Any, filled: Any, *, recorded: bool = True) -> Path:
    """Prune the first of two segments by hand; the stub's path."""
    path = log.segments()[0]
    lines = path.read_bytes().split(b"\n")[:-1]
    events = [one for one in map(parse_line, lines) if isinstance(one, EventLine)]
    tree = Frontier()
    for event in events:
        tree = tree.append(leaf_hash(event.stored))
    with log.open() as logger:
        filled(logger)
        if recorded:
            details = {"first": 0, "last": tree.size - 1, "root": to_base64(tree.root())}
            logger.system(_system(logger, "system.pruned", details))
    path.with_suffix(".leaves").write_bytes(b"".join(leaf_hash(one.stored) for one in events))
    stub: Path = path.with_suffix(".pruned")
    stub.write_bytes(b"".join(line + b"\n" for line in (lines[0], *lines[-2:])))
    assert log.verify().ok  # both are there, as between two steps of pruning
    path.unlink()
    return stub


def test_a_pruned_segment_still_proves_the_rest(full: Any, filled: Any) -> None:
    before = full.checkpoint
    stub = _prune(full, filled)
    found = full.verify(before, accept_pruned=True)
    assert (found.verdict, found.pruned) == ("OK", ("0-7",)), found.reasons
    assert full.verify(before).verdict == "INCOMPLETE"
    assert full.verify(before, accept_pruned=True, jobs=2).verdict == "OK"
    for path in (stub, stub.with_suffix(".leaves")):
        text = path.read_bytes()
        for place in range(0, len(text), 41):
            path.write_bytes(text[:place] + bytes([text[place] ^ 4]) + text[place + 1 :])
            assert full.verify(accept_pruned=True).verdict == "TAMPERED", (path.name, place)
        path.write_bytes(text[:-32])
        assert full.verify(accept_pruned=True).verdict == "TAMPERED"
        path.unlink()
        assert full.verify(accept_pruned=True).verdict == "INCOMPLETE"
        path.write_bytes(text)
    assert full.verify(before, accept_pruned=True).verdict == "OK"


def test_a_segment_taken_away_without_a_record_is_tampering(full: Any, filled: Any) -> None:
    _prune(full, filled, recorded=False)
    found = full.verify(full.checkpoint, accept_pruned=True)
    assert found.verdict == "TAMPERED"
    assert "without a record of pruning" in found.reasons[0]


def test_everything_not_assessed_is_said(full: Any) -> None:
    text = verification_text(full.verify(signatures="none"))
    assert "not assessed: truncation" in text
    assert "not assessed: signatures of events" in text
    assert "not assessed: whether sealed members open" in text
    anchored = full.verify(full.checkpoint, keys=full.keys())
    assert "not assessed" not in verification_text(anchored)
    assert "all signatures, key chain 0→1, clock order" in verification_text(anchored)
    assert "cosigned by a, b" in verification_text(replace(anchored, witnesses=("a", "b")))
