"""A log of several segments, one of them open, with sealed content in a blob."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.postgres_server import PostgresServer, find_programs
from tests.s3_server import S3Server, find_server
from tests.unit.runtime.audit.conftest import ALLOW, REQUEST, Log, fill, make_log
from wilkc.runtime.sinks import FolderSink, Shipment, ship

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


@pytest.fixture(scope="session")
def postgres_server(require: Callable[[str, str], NoReturn]) -> Iterator[PostgresServer]:
    """A running server that the tests of one process share, each with its own database."""
    programs = find_programs()
    if programs is None:
        require("postgres", "postgresql is not installed")
    with (
        tempfile.TemporaryDirectory(prefix="wilk-") as folder,
        PostgresServer(programs, Path(folder)) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def s3_server(require: Callable[[str, str], NoReturn]) -> Iterator[S3Server]:
    """A running server that the tests of one process share, each with its own bucket."""
    program = find_server()
    if program is None:
        require("s3", "versitygw was not built")
    with (
        tempfile.TemporaryDirectory(prefix="wilk-") as folder,
        S3Server(program, Path(folder)) as server,
    ):
        yield server
