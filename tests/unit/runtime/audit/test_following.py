"""Following a log with a cursor: nothing left out, nothing twice, another log refused."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit import VerifiedEvent, verify
from wilkc.runtime.audit.following import (
    START,
    Cursor,
    follow,
    last_segment,
    load_cursor,
    save_cursor,
)

if TYPE_CHECKING:
    from pathlib import Path

SEED = 19


def _seqs(log: Any, cursor: Cursor = START) -> tuple[list[int], Cursor]:
    found = []
    for one in follow(log.directory, cursor):
        found.append(one.record["seq"])
        cursor = one.cursor
    return found, cursor


def test_every_record_comes_once_over_rolled_segments(full: Any, filled: Any) -> None:
    seqs, cursor = _seqs(full)
    assert seqs == list(range(15))
    assert _seqs(full, cursor)[0] == []
    with full.open() as logger:
        filled(logger)
        during, cursor = _seqs(full, cursor)
        logger.roll()
        filled(logger)
        logger.roll()
        more, cursor = _seqs(full, cursor)
    rest, cursor = _seqs(full, cursor)
    size = full.verify().size
    assert [*during, *more, *rest] == list(range(15, size))
    assert cursor.seq == size


def test_every_cursor_goes_on_where_it_stood(full: Any) -> None:
    for one in follow(full.directory):
        assert _seqs(full, one.cursor)[0] == list(range(one.record["seq"] + 1, 15))


def test_a_tail_that_was_not_ended_is_left_for_later(full: Any) -> None:
    path = full.segments()[-1]
    text = path.read_bytes()
    chosen = random.Random(SEED)
    print(f"seed {SEED}")
    first = last_segment(full.directory).seq
    for _ in range(40):
        cut = chosen.randrange(text.index(b"\n") + 1, len(text))
        path.write_bytes(text[:cut])
        before, cursor = _seqs(full)
        path.write_bytes(text)
        after, _ = _seqs(full, cursor)
        assert [*before, *after] == list(range(15)), (cut, first)


def test_a_smaller_log_is_refused(full: Any) -> None:
    _, cursor = _seqs(full)
    path = full.segments()[-1]
    text = path.read_bytes()
    path.write_bytes(text[: cursor.offset - 1])
    with pytest.raises(VerificationError, match="smaller than byte"):
        _seqs(full, cursor)
    path.unlink()
    with pytest.raises(VerificationError, match="ends before event 15"):
        _seqs(full, cursor)


def test_another_log_is_refused(full: Any, make: Any, filled: Any, tmp_path: Path) -> None:
    cursors = [one.cursor for one in follow(full.directory)]
    other = make(tmp_path / "other")
    with other.open() as logger:
        filled(logger)
        logger.roll()
        filled(logger, 9)
    for cursor in cursors:
        with pytest.raises(VerificationError):
            _seqs(other, cursor)


def test_one_changed_byte_before_or_after_the_cursor_is_refused(full: Any) -> None:
    cursor = [one.cursor for one in follow(full.directory)][-3]
    path = full.segments()[-1]
    text = path.read_bytes()
    last_line = text.rindex(b"\n", 0, cursor.offset - 1) + 1
    for place in range(last_line, text.index(b"\n", cursor.offset), 7):
        path.write_bytes(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
        with pytest.raises(VerificationError):
            _seqs(full, cursor)


def test_a_missing_segment_is_refused(full: Any) -> None:
    early = next(iter(follow(full.directory))).cursor
    complete = [one.cursor for one in follow(full.directory) if one.cursor.segment == 0][-1]
    first = full.segments()[0]
    first.unlink()
    with pytest.raises(VerificationError, match="not in the log any more"):
        _seqs(full, early)
    # All of it was read before it went away, as pruning does.
    assert _seqs(full, complete)[0] == list(range(complete.seq, 15))
    assert _seqs(full)[0] == list(range(complete.seq, 15))


def test_cursors_are_kept(full: Any, tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    assert load_cursor(path) == START
    for one in follow(full.directory):
        save_cursor(path, one.cursor)
        assert load_cursor(path) == one.cursor
    assert [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".")] == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"\xff",
        b'{"last":"","offset":0,"segment":0,"seq":0,"v":"wilk.audit.cursor/v1"}',
        b'{"last":"%b","offset":0,"segment":1,"seq":0,"v":"wilk.audit.cursor/v1"}' % (b"0" * 64),
        b'{"last":"%b","offset":-1,"segment":0,"seq":0,"v":"wilk.audit.cursor/v1"}' % (b"0" * 64),
        b'{"last":"%b","offset":0,"segment":0,"seq":0,"v":"wilk.audit.cursor/v2"}' % (b"0" * 64),
    ],
)
def test_a_damaged_cursor_is_refused_and_kept(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "cursor"
    path.write_bytes(text)
    with pytest.raises(VerificationError, match="is damaged"):
        load_cursor(path)
    assert path.read_bytes() == text


def test_a_cursor_that_cannot_be_written_leaves_the_old_one(log: Any, tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    one, two = Cursor(1, 0, 5, "1" * 64), Cursor(2, 0, 9, "2" * 64)
    save_cursor(path, one, log.disk)
    log.disk.break_at("replace", 28)
    with pytest.raises(OSError, match="space"):
        save_cursor(path, two, log.disk)
    assert load_cursor(path) == one


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        for read in (lambda place: list(follow(place)), last_segment):
            with pytest.raises(UsageError):
                read(place)


def test_an_observer_sees_exactly_what_was_verified(full: Any) -> None:
    seen: list[VerifiedEvent] = []
    assert verify(full.directory, full.root, {"kept": full.checkpoint}, observer=seen.append).ok
    assert [one.record for one in seen] == full.records()
    assert [one.seq for one in seen] == list(range(15))
    for one in seen:
        line = (full.directory / one.file).read_bytes()[one.offset :]
        assert line.startswith(b'{"event":' + one.stored)
    path = full.segments()[1]
    text = path.read_bytes()
    place = text.index(b'"seq":11')
    path.write_bytes(text[:place] + text[place:].replace(b"reviewer", b"reviewed", 1))
    seen.clear()
    assert verify(full.directory, full.root, observer=seen.append).verdict == "TAMPERED"
    assert [one.seq for one in seen] == list(range(12))
