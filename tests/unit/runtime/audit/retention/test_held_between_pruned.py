"""A hold keeps a segment while later ones are pruned: the rest of the log is read all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import fill
from tests.unit.runtime.audit.retention.conftest import Later, open_at
from wilkc.core.errors import VerificationError
from wilkc.runtime.audit import START, follow
from wilkc.runtime.audit.query import Filter, query, scan, update_index
from wilkc.runtime.audit.retention import Selector, clock_doubt, place_hold, prune
from wilkc.runtime.compliance import detect

if TYPE_CHECKING:
    from pathlib import Path

HELD = 3
FIRSTS = (0, 9, 18, 26)
"""Where the segments of an aged log begin."""


@pytest.fixture
def holed(aged: Any, tmp_path: Path) -> Any:
    """Its second and third segment are pruned, the first is held; an index is from before."""
    update_index(aged.directory, tmp_path / "index")
    with open_at(aged, Later(30)) as logger:
        place_hold(logger, aged.directory, Selector(first=HELD, last=HELD), "case-7")
        assert [(one.first, one.last) for one in prune(logger)] == [(9, 17), (18, 25)]
    assert aged.verify(accept_pruned=True).ok
    return aged


def left(log: Any) -> list[int]:
    return [one["seq"] for one in log.records()]


def test_what_is_left_is_found(holed: Any, tmp_path: Path) -> None:
    assert left(holed)[:11] == [*range(9), 26, 27]
    assert [one["seq"] for one in scan(holed.directory, Filter())] == left(holed)
    for name in ("index", "new"):  # from before the pruning, and after it
        update_index(holed.directory, tmp_path / name)
        found = query(holed.directory, tmp_path / name, Filter())
        assert [one["seq"] for one in found] == left(holed)
    tree = update_index(holed.directory, tmp_path / "new").tree
    assert tree
    assert tree.root().hex() == holed.verify(accept_pruned=True).root


def test_the_time_of_what_was_pruned_is_no_step_of_the_clock(
    aged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After another boot the kernel's own clock tells nothing of how long it was."""
    for place in ("pen", "writer", "retention.clock"):
        monkeypatch.setattr(f"wilkc.runtime.audit.{place}.boot_id", lambda: "f" * 32)
    with open_at(aged, Later(12.5)) as logger:
        fill(logger)
        logger.roll()
    with open_at(aged, Later(30)) as logger:
        place_hold(logger, aged.directory, Selector(first=HELD, last=HELD), "case-7")
        assert len(prune(logger)) == 3
    assert next(path.name for path in aged.segments()) == f"seg-{0:020d}.jsonl"
    assert len({one["boot"] for one in aged.records()}) == 2
    assert clock_doubt(aged.directory, Later(30.5)) is None
    with open_at(aged, Later(30.5)) as logger:
        logger.roll()
    with open_at(aged, Later(60)) as logger:
        assert len(prune(logger)) > 0


def test_the_rules_judge_what_is_left(holed: Any) -> None:
    with open_at(holed, Later(30)) as logger:
        found = detect(logger, holed.directory, holed.places.keys)
    assert {one.seq for one in found} <= set(left(holed))


def test_who_had_not_read_what_was_pruned_is_told(aged: Any) -> None:
    """What is pruned before it was seen must not go unnoticed by alerts or rules."""
    cursor = [one.cursor for one in follow(aged.directory)][HELD]
    with open_at(aged, Later(30)) as logger:
        place_hold(logger, aged.directory, Selector(first=HELD, last=HELD), "case-7")
        prune(logger)
    with pytest.raises(VerificationError, match="events 9 to 25 are not in the log any more"):
        list(follow(aged.directory, cursor))
    passed = [one.record["seq"] for one in follow(aged.directory, cursor, over_pruned=True)]
    assert passed == [seq for seq in left(aged) if seq > HELD]


@pytest.mark.parametrize("first", FIRSTS[1:3])
def test_a_segment_that_is_gone_without_its_stub_is_missed(holed: Any, first: int) -> None:
    (holed.directory / f"seg-{first:020d}.pruned").unlink()
    with pytest.raises(VerificationError, match=f"events {first} to 25 are not in the log"):
        list(follow(holed.directory, START))


def test_a_stub_must_lead_to_the_segment_after_it(holed: Any) -> None:
    stub, other = (holed.directory / f"seg-{first:020d}.pruned" for first in FIRSTS[1:3])
    header, seal, checkpoint = other.read_bytes().splitlines()
    other.chmod(0o644)
    other.write_bytes(b"\n".join([header, seal, stub.read_bytes().splitlines()[2], b""]))
    with pytest.raises(VerificationError, match="`prev` is not the hash of the line before"):
        list(follow(holed.directory, START))
    for text in (b"", b"\n\n\n", b"\n".join([header, checkpoint, checkpoint, b""]), b"x" * 300_000):
        other.write_bytes(text)
        with pytest.raises(VerificationError, match="is no stub of a segment"):
            list(follow(holed.directory, START))
    # One that leads back must not be gone through for ever.
    other.write_bytes(stub.read_bytes())
    with pytest.raises(VerificationError, match="events 18 to 25 are not in the log"):
        list(follow(holed.directory, START))
