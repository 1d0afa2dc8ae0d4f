"""Each stub has its own record: what a hold kept cannot be passed off as pruned."""

from __future__ import annotations

from threading import Thread
from typing import Any

from tests.unit.runtime.audit.retention.conftest import Later, open_at
from wilkc.runtime.audit.retention import Selector, active_holds, expire, place_hold, prune
from wilkc.runtime.audit.retention.reading import read_segment
from wilkc.runtime.audit.retention.stub import only_one


def test_what_was_held_cannot_pass_for_pruned_because_a_later_segment_was(aged: Any) -> None:
    path = aged.segments()[0]
    with open_at(aged, Later(12)) as logger:
        place_hold(logger, aged.directory, Selector(first=0, last=0))
        assert len(prune(logger)) == 1
    assert aged.verify(accept_pruned=True).ok
    held = read_segment(path)
    path.with_suffix(".leaves").write_bytes(held.leaves)
    lines = (held.header, held.seal_line, held.checkpoint)
    path.with_suffix(".pruned").write_bytes(b"".join(line + b"\n" for line in lines))
    path.unlink()
    found = aged.verify(accept_pruned=True)
    assert found.verdict == "TAMPERED"
    assert f"events 0 to {held.walk.seq - 1} were taken away" in found.reasons[0]


def test_a_record_of_a_pruning_is_written_anew_before_it_is_pruned(aged: Any) -> None:
    with open_at(aged, Later(12)) as logger:
        first = prune(logger)
    with open_at(aged, Later(40)) as logger:
        second = prune(logger)
        assert second
        assert second[-1].last > first[-1].last
    told = [one["action"] for one in aged.records() if one["action"]["type"] == "system.pruned"]
    ranges = [(one["details"]["first"], one["details"]["last"]) for one in told]
    again = [one["details"]["first"] for one in told if one["details"].get("again")]
    assert again == [one.first for one in first]
    assert sorted(ranges) == [(one.first, one.last) for one in (*first, *second)]
    assert aged.verify(aged.checkpoint, accept_pruned=True).verdict == "OK"


def test_a_hold_begins_when_nothing_is_being_let_go(aged: Any) -> None:
    """Else it would be in force while what it selects goes, as nobody looks again."""
    with open_at(aged, Later(12)) as logger:
        selector = Selector(first=0, last=0)
        placing = Thread(target=place_hold, args=(logger, aged.directory, selector, "late"))
        expiring = Thread(target=expire, args=(logger,))
        with only_one(logger.means):
            placing.start()
            expiring.start()
            placing.join(0.2)
            expiring.join(0.2)
            assert placing.is_alive()
            assert expiring.is_alive()
            assert active_holds(aged.directory) == ()
        placing.join()
        expiring.join()
        assert [hold.id for hold in active_holds(aged.directory)] == ["late"]
        assert [one.first for one in prune(logger)] != [0]
