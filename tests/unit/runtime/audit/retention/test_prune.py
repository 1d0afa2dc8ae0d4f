"""Pruning takes whole segments past their time, and no proof; a hold or a crash costs nothing."""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, FaultyDisk, fill
from tests.unit.runtime.audit.retention.conftest import Later, made, open_at
from wilkc.core.encoding import from_base64
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.audit.note import parse_checkpoint
from wilkc.runtime.audit.retention import (
    Selector,
    clock_doubt,
    confirm_clock,
    place_hold,
    prunable,
    prune,
    release_hold,
)
from wilkc.runtime.audit.retention.reading import read_segment
from wilkc.runtime.audit.retention.stub import only_one
from wilkc.runtime.audit.tree import Frontier

if TYPE_CHECKING:
    from pathlib import Path


def _files(log: Any) -> list[str]:
    return sorted(path.name for path in log.directory.glob("seg-*"))


def _verified(log: Any) -> str:
    """The root over everything that is left, walked stub by stub and segment by segment."""
    tree, prev = Frontier(), "0" * 64
    for path in sorted(log.directory.glob("seg-*")):
        if path.suffix == ".pruned":
            leaves = path.with_suffix(".leaves").read_bytes()
            for start in range(0, len(leaves), 32):
                tree = tree.append(leaves[start : start + 32])
        elif path.suffix == ".jsonl":
            segment = read_segment(path)
            assert segment.walk.header is not None
            assert segment.walk.header.tree(segment.first) == tree
            tree, prev = segment.walk.tree, segment.walk.prev
    assert prev
    return tree.root().hex()


def test_a_segment_past_its_time_is_pruned_and_still_proves(aged: Any) -> None:
    before, old = aged.verify(aged.checkpoint), aged.checkpoint
    blobs = list((aged.directory / "blobs").rglob("*"))
    assert sum(path.is_file() for path in blobs) == 2
    first, second = (read_segment(path) for path in aged.segments()[:2])
    with open_at(aged, Later(12)) as logger:
        pruned = prune(logger)
        assert [(one.first, one.last) for one in pruned] == [
            (0, second.first - 1), (second.first, second.walk.seq - 1),
        ]  # fmt: skip
        assert prune(logger) == ()
    stem = "seg-" + "0" * 20
    assert _files(aged)[:2] == [f"{stem}.leaves", f"{stem}.pruned"]
    assert (aged.directory / f"{stem}.leaves").read_bytes() == first.leaves
    lines = (aged.directory / f"{stem}.pruned").read_bytes().split(b"\n")
    assert lines == [first.header, first.seal_line, first.checkpoint, b""]
    told = [one for one in aged.records() if one["action"]["type"] == "system.pruned"]
    details = told[0]["action"]["details"]
    assert (details["first"], details["last"]) == (0, second.first - 1)
    assert from_base64(details["root"]) == first.walk.tree.root()
    # Only what the pruned records referred to is gone.
    assert not any(path.is_file() for path in (aged.directory / "blobs").rglob("*"))
    checkpoint, _ = parse_checkpoint(aged.checkpoint)
    assert _verified(aged) == checkpoint.root.hex()
    assert checkpoint.size > before.size
    found = aged.verify(old, aged.checkpoint, accept_pruned=True)
    assert (found.verdict, found.size) == ("OK", checkpoint.size)
    assert aged.verify(aged.checkpoint).verdict == "INCOMPLETE"


def test_nothing_goes_that_is_not_kept_elsewhere(aged: Any) -> None:
    first, second = (read_segment(path) for path in aged.segments()[:2])
    files = _files(aged)
    with open_at(aged, Later(12)) as logger:
        assert prune(logger, elsewhere=0) == ()
        assert prune(logger, elsewhere=second.first - 1) == ()
        assert _files(aged) == files
        assert [one.first for one in prune(logger, elsewhere=second.first)] == [first.first]
        assert [one.first for one in prune(logger)] == [second.first]


@pytest.mark.parametrize("days", [0, 6.9])
def test_nothing_is_pruned_before_its_time(aged: Any, days: float) -> None:
    log, files = aged, _files(aged)
    with open_at(log, Later(days)) as logger:
        assert prunable(logger) == ()
        assert prune(logger) == ()
    assert _files(log) == files


def test_the_youngest_record_of_a_segment_decides(tmp_path: Path) -> None:
    log = made(tmp_path / "two")
    with open_at(log, Later(0)) as logger:
        fill(logger)
    with open_at(log, Later(6)) as logger:
        fill(logger)
        logger.roll()
    with open_at(log, Later(8)) as logger:
        assert [one.first for one in prunable(logger)] == [0]
        assert prune(logger) == ()
    with open_at(log, Later(14)) as logger:
        assert len(prune(logger)) == 1


@pytest.mark.parametrize(
    ("selector", "kept"),
    [
        (Selector(agent="reviewer"), {0, 1}),
        (Selector(agent="writer"), set()),
        (Selector(first=0, last=0), {0}),
        (Selector(first=0), {0, 1}),
    ],
)
def test_a_hold_keeps_the_segments_of_what_it_selects(
    aged: Any, selector: Selector, kept: set[int]
) -> None:
    names = [path.name for path in aged.segments()[:2]]
    with open_at(aged, Later(12)) as logger:
        name, _ = place_hold(logger, aged.directory, selector)
        prune(logger)
        left = {number for number, one in enumerate(names) if (aged.directory / one).exists()}
        assert left == kept
        release_hold(logger, aged.directory, name)
        prune(logger)
    assert not any((aged.directory / one).exists() for one in names)


def test_a_release_does_not_go_before_what_it_releases(tmp_path: Path) -> None:
    """Else a hold that is over would be in force again, and nobody would know how."""
    log = made(tmp_path / "released")
    with open_at(log, Later(0)) as logger:
        place_hold(logger, log.directory, Selector(agent="nobody"), "over")
        place_hold(logger, log.directory, Selector(first=0, last=0), "kept")
        logger.roll()
        release_hold(logger, log.directory, "over")
        logger.roll()
    released = log.segments()[1]
    with open_at(log, Later(20)) as logger:
        assert prune(logger) == ()
        assert released.exists()
        release_hold(logger, log.directory, "kept")
        assert len(prune(logger)) == 2


def test_an_action_that_still_runs_keeps_its_segment(tmp_path: Path) -> None:
    log = made(tmp_path / "running")
    clock = Later(0)
    with open_at(log, clock) as logger:
        running = logger.intent(REQUEST, ALLOW)
        logger.roll()
        clock.days = 9
        assert prune(logger) == ()
        running.outcome("success")
        assert len(prune(logger)) == 1


def test_a_segment_without_seal_is_passed_over(tmp_path: Path) -> None:
    log = made(tmp_path / "poisoned")
    logger = open_at(log, Later(0))
    fill(logger)
    log.disk.break_at("datasync", errno.EIO)
    with pytest.raises(UnavailableError):
        logger.intent(REQUEST, DENY)
    log.disk.mend()
    logger.intent(REQUEST, DENY)
    logger.roll()
    logger.close()
    poisoned, recovered = log.segments()[:2]
    with open_at(log, Later(9)) as logger:
        prune(logger)
    assert poisoned.exists()
    assert not recovered.exists()


def test_what_was_tampered_with_is_evidence_and_stays(aged: Any) -> None:
    path = aged.segments()[0]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"file:./src/a.ts"', b'"file:./src/b.ts"', 1))
    with open_at(aged, Later(12)) as logger, pytest.raises(VerificationError, match="TAMPERED"):
        prune(logger)
    assert path.exists()
    assert not list(aged.directory.glob("*.pruned"))


def test_a_log_is_pruned_while_others_share_it(aged: Any) -> None:
    with open_at(aged, Later(12), shared=True) as logger:
        running = logger.intent(REQUEST, ALLOW)
        assert len(prune(logger)) == 2
        running.outcome("success")
    assert not [one for one in aged.records() if one["result"]["error"] == "outcome_unknown"]


def test_of_a_shared_log_whose_state_is_lost_nothing_is_pruned(aged: Any) -> None:
    """The state alone says which actions of other processes still run."""
    with open_at(aged, Later(12), shared=True) as logger:
        (aged.directory / "state").unlink()
        assert prune(logger) == ()


def test_only_one_prunes_at_a_time(aged: Any) -> None:
    with open_at(aged, Later(12), shared=True) as one, open_at(aged, Later(12), shared=True) as two:
        with only_one(one.means), pytest.raises(UnavailableError, match="another process prunes"):
            prune(two)
        assert len(prune(two)) == 2


class Crashing(FaultyDisk):
    """Counts every change of the disk, and stops at one for good."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def _called(self, name: str) -> None:
        super()._called(name)
        self.steps -= 1
        if self.steps < 0:
            raise OSError(errno.EIO, "crashed")

    def unlink(self, path: Path) -> None:
        self._called("unlink")
        super().unlink(path)

    def sync_directory(self, path: Path) -> None:
        self._called("sync_directory")
        super().sync_directory(path)


def test_a_crash_at_any_step_of_pruning(aged: Any, tmp_path: Path) -> None:
    """After any number of changes of the disk: nothing is lost, and pruning goes on."""
    counting = Crashing(10**6)
    whole = aged.copy(tmp_path / "whole")
    logger = open_at(whole, Later(12), disk=counting)
    begun = 10**6 - counting.steps
    prune(logger)
    steps = 10**6 - counting.steps - begun
    logger.close()
    assert steps > 20
    second = read_segment(aged.segments()[1]).first
    for step in range(steps):
        crashed = aged.copy(tmp_path / f"at {step}")
        disk = Crashing(10**6)
        logger = open_at(crashed, Later(12), disk=disk)
        disk.steps = step
        with suppress(UnavailableError):
            prune(logger)
        logger._store._writer.abandon()
        with open_at(crashed, Later(12), disk=FaultyDisk()) as again:
            prune(again)
        assert len(list(crashed.directory.glob("*.pruned"))) == 2
        assert not any(path.is_file() for path in (crashed.directory / "blobs").rglob("*"))
        assert not (crashed.directory / "pruning").exists()
        told = [one for one in crashed.records() if one["action"]["type"] == "system.pruned"]
        assert {one["action"]["details"]["first"] for one in told} == {0, second}
        found = crashed.verify(crashed.checkpoint, accept_pruned=True)
        assert (found.verdict, found.reasons) == ("OK", ())
        shutil.rmtree(crashed.directory)


def test_a_note_of_blobs_that_is_none_stops_everything(aged: Any) -> None:
    for text in (b"", b"x", b"seg-00000000000000000000.jsonl\n../../etc/passwd\n", b"\n"):
        (aged.directory / "pruning").write_bytes(text)
        with open_at(aged, Later(12)) as logger, pytest.raises(VerificationError, match="no list"):
            prune(logger)


@pytest.mark.parametrize(
    ("wall", "doubted"), [(0, False), (0.9, False), (1.1, True), (-1.1, True), (400, True)]
)
def test_a_clock_that_moved_by_more_than_a_day_is_not_believed(
    aged: Any, wall: float, doubted: bool
) -> None:
    clock = Later(12.5, only_wall=wall)
    doubt = clock_doubt(aged.directory, clock)
    assert (doubt is not None) is doubted
    with open_at(aged, clock) as logger:
        # Records of the new time do not make the step forgotten.
        fill(logger)
        logger.roll()
        fill(logger)
    assert (clock_doubt(aged.directory, clock) is not None) is doubted
    with open_at(aged, clock) as logger:
        confirm_clock(logger)
    assert clock_doubt(aged.directory, clock) is None


def test_another_boot_tells_nothing_of_a_long_silence(aged: Any, monkeypatch: Any) -> None:
    from wilkc.runtime.audit.retention import clock as judged  # noqa: PLC0415  # patched below

    assert clock_doubt(aged.directory, Later(40)) is None
    monkeypatch.setattr(judged, "boot_id", lambda: "f" * 32)
    assert clock_doubt(aged.directory, Later(12.5)) is None
    doubt = clock_doubt(aged.directory, Later(40))
    assert doubt is not None
    assert "forward by 28 days" in doubt
