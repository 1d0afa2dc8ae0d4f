"""Whoever can write a log's directory cannot have held content destroyed: it must verify."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, fill
from tests.unit.runtime.audit.retention.conftest import BIG, WEEK, Later, made, open_at
from wilkc.core.audit_settings import ContentDays
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.audit.keeping import shred
from wilkc.runtime.audit.line import EventLine, line_hash, parse_line
from wilkc.runtime.audit.retention import (
    Selector,
    active_holds,
    expire,
    place_hold,
    prune,
    release_hold,
)
from wilkc.runtime.audit.retention.reading import read_segment
from wilkc.runtime.audit.retention.stub import NOTE
from wilkc.runtime.audit.trusted import read_trusted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALICE = "alice@example.org"
MONTHS = replace(WEEK, content_days=ContentDays(security=7, access=7, operation=7))
LATE = 60
"""Days after which everything is past its time."""


@pytest.fixture
def held(tmp_path: Path) -> Any:
    """Four segments, all past their time: the first is held, by a record of the second."""
    log = made(tmp_path / "held", MONTHS)
    with open_at(log, Later(0), settings=MONTHS) as logger:
        fill(logger)
        logger.intent(REQUEST, ALLOW, person=ALICE).outcome("success", details={"x": "y"})
        logger.intent(BIG, DENY)
        logger.roll()
        place_hold(logger, log.directory, Selector(first=0, last=12), "case-7")
        fill(logger)
        logger.roll()
        fill(logger)
        logger.roll()
        fill(logger)
    return log


def _relined(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change lines of a segment, and chain those after it anew, as far as that needs no key."""
    lines = change(path.read_bytes().split(b"\n")[:-1])
    before = None
    for at, line in enumerate(lines):
        if before is not None:
            old = parse_line(line)
            prev = old.event["prev"] if isinstance(old, EventLine) else old.prev
            lines[at] = line.replace(prev.encode(), before.encode(), 1)
        before = line_hash(lines[at])
    path.chmod(0o644)
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def _hide(log: Any) -> None:
    path = log.segments()[1]
    _relined(path, lambda lines: [x.replace(b'"hold.placed"', b'"hold.placet"') for x in lines])


def _release(log: Any) -> None:
    """Turn a later record of the same segment into the release of the hold."""
    path = log.segments()[1]

    def change(lines: list[bytes]) -> list[bytes]:
        at = next(n for n, x in enumerate(lines) if b'"hold.placed"' in x)
        forged = lines[at].replace(b'"hold.placed"', b'"hold.released"')
        place = next(n for n in range(at + 1, len(lines)) if b'"phase":"intent"' in lines[n])
        seq = b'"seq":%d,' % _number(lines[place])
        own = b'"seq":%d,' % _number(lines[at])
        lines[place] = forged.replace(own, seq)
        return lines

    _relined(path, change)


def _number(line: bytes) -> int:
    parsed = parse_line(line)
    assert isinstance(parsed, EventLine)
    return int(parsed.event["seq"])


def _take_away(log: Any) -> None:
    log.segments()[1].unlink()


def _pass_off_as_pruned(log: Any) -> None:
    one = read_segment(log.segments()[1])
    one.path.with_suffix(".leaves").write_bytes(one.leaves)
    lines = (one.header, one.seal_line, one.checkpoint)
    one.path.with_suffix(".pruned").write_bytes(b"".join(line + b"\n" for line in lines))
    one.path.unlink()


FORGERIES = {
    "hidden": _hide,
    "released": _release,
    "taken away": _take_away,
    "passed off as pruned": _pass_off_as_pruned,
}


def _kept(log: Any) -> tuple[Any, ...]:
    keys = tuple(key.kid for key in log.keys().data.keys)
    files = sorted(path.name for path in log.directory.rglob("*") if path.is_file())
    names = [name for name in files if name.startswith("seg-") or len(name) == 64]
    return keys, tuple(names)


DESTROYERS: dict[str, Callable[[Any], Any]] = {
    "expire": expire,
    "prune": prune,
    "shred": lambda logger: shred(logger, ALICE, "asked"),
}


@pytest.mark.parametrize("destroyer", DESTROYERS)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_end_of_a_hold_destroys_nothing(held: Any, forgery: str, destroyer: str) -> None:
    FORGERIES[forgery](held)
    with suppress(VerificationError):
        assert active_holds(held.directory) == ()
    before = _kept(held)
    shared = destroyer != "shred"
    with open_at(held, Later(LATE), settings=MONTHS, shared=shared) as logger:
        with pytest.raises(VerificationError, match="nothing is destroyed, as the log does not"):
            DESTROYERS[destroyer](logger)
        assert _kept(held) == before


@pytest.mark.parametrize("destroyer", DESTROYERS)
def test_a_hold_that_stands_keeps_what_it_selects(held: Any, destroyer: str) -> None:
    before = _kept(held)
    with open_at(held, Later(LATE), settings=MONTHS) as logger:
        if destroyer == "shred":
            with pytest.raises(VerificationError, match="held by `case-7`"):
                shred(logger, ALICE, "asked")
        elif destroyer == "expire":
            assert len(expire(logger).held) == 4
        else:
            third = read_segment(held.segments()[2]).first
            assert [one.first for one in prune(logger)] == [third]
        assert set(before[0]) <= set(_kept(held)[0])
        assert held.segments()[0].exists()


@pytest.mark.parametrize("destroyer", DESTROYERS)
def test_a_hold_that_was_released_keeps_nothing(held: Any, destroyer: str) -> None:
    before = len(_kept(held)[0])
    with open_at(held, Later(LATE), settings=MONTHS) as logger:
        release_hold(logger, held.directory, "case-7")
        DESTROYERS[destroyer](logger)
    keys, names = _kept(held)
    assert held.verify(held.checkpoint, accept_pruned=True).verdict == "OK"
    pruned = sum(name.endswith(".pruned") for name in names)
    assert {"expire": keys == (), "prune": pruned == 3, "shred": len(keys) < before}[destroyer]


@pytest.mark.parametrize("destroyer", ["expire", "prune"])
def test_without_a_held_checkpoint_nothing_is_destroyed(held: Any, destroyer: str) -> None:
    """A log whose newest records were cut off verifies by itself."""
    for path in (held.places.keys / "held").iterdir():
        path.unlink()
    before = _kept(held)
    with (
        open_at(held, Later(LATE), settings=MONTHS, shared=True) as logger,
        pytest.raises(VerificationError, match="no checkpoint of this log is held"),
    ):
        DESTROYERS[destroyer](logger)
    assert _kept(held) == before


def test_only_what_this_host_wrote_is_handed_on(held: Any) -> None:
    seen: list[int] = []
    with open_at(held, Later(LATE), settings=MONTHS) as logger:
        roots = read_trusted(logger, lambda record: seen.append(record["seq"]), [3, 10**6])
        assert seen == list(range(logger.checkpoint().size))
    assert set(roots) >= {3}
    assert 10**6 not in roots


def test_blobs_of_what_is_there_are_never_taken_for_left_by_a_crash(held: Any) -> None:
    """The note of them lies in the log's directory, so anybody may have written it."""
    blobs = [path for path in (held.directory / "blobs").rglob("*") if path.is_file()]
    (held.directory / NOTE).write_text(f"seg-{'9' * 20}.jsonl\n{blobs[0].name}\n")
    with open_at(held, Later(LATE), settings=MONTHS) as logger:
        prune(logger)
    assert blobs[0].exists()
    assert not (held.directory / NOTE).exists()


def test_no_link_leads_to_the_blobs_of_another_place(held: Any, tmp_path: Path) -> None:
    elsewhere = tmp_path / "backup"
    elsewhere.mkdir()
    name = "ab" + "0" * 62
    (elsewhere / name).write_bytes(b"kept")
    (held.directory / "blobs" / "ab").symlink_to(elsewhere)
    (held.directory / NOTE).write_text(f"seg-{'9' * 20}.jsonl\n{name}\n")
    with (
        open_at(held, Later(LATE), settings=MONTHS) as logger,
        pytest.raises(UnavailableError, match="Not a directory"),
    ):
        prune(logger)
    assert (elsewhere / name).exists()
