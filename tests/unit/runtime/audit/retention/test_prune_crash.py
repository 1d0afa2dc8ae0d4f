"""Pruning that is killed between any two of its steps loses nothing, and goes on."""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tests.unit.runtime.audit.conftest import FaultyDisk
from tests.unit.runtime.audit.retention.conftest import Later, open_at
from wilkc.core.errors import UnavailableError
from wilkc.runtime.audit.retention import prune
from wilkc.runtime.audit.retention.reading import read_segment

if TYPE_CHECKING:
    from pathlib import Path


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
