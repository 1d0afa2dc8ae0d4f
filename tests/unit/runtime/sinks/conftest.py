"""A log of several segments, one of them open, with sealed content in a blob."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, REQUEST, Log, fill, make_log
from wilkc.runtime.sinks import FolderSink, Shipment, ship

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.sinks import Sink


@dataclass
class Cargo:
    """A log, a folder to ship to, and the folder of receipts."""

    log: Log
    place: Path
    receipts: Path

    def ship(self, sink: Sink | None = None) -> Shipment:
        sink = sink or FolderSink(self.place)
        return ship(self.log.directory, sink, self.receipts, self.log.root)

    def add(self, segments: int = 1) -> None:
        """Write some more, and close so many segments."""
        with self.log.open() as logger:
            for _ in range(segments):
                fill(logger, 1)
                logger.intent(REQUEST, ALLOW, input_bytes=b"x" * 40_000).outcome("success")
                logger.roll()
            fill(logger, 1)


@pytest.fixture
def cargo(tmp_path: Path) -> Cargo:
    """A log of two closed segments and one open one."""
    place = tmp_path / "second disk"
    place.mkdir()
    cargo = Cargo(make_log(tmp_path / "one"), place, tmp_path / "sinks")
    cargo.add(2)
    return cargo
