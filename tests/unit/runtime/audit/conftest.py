"""A small audit log, and a disk that can be told to fail."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.contract import Decision, Request, RuleRef, denial
from wilkc.runtime.audit import (
    AuditLogger,
    AuditSettings,
    Options,
    Places,
    Verification,
    create_log,
    unverified_records,
    verify,
)
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import KeyStore, open_provider

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "example.org/test/log"
REQUEST = Request("reviewer", "read", "file", "./src/a.ts")
RULE = RuleRef("fs.read.allow.0", "reviewer.yaml", 6, 9, "./src/**")
ALLOW = Decision(
    allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", rule=RULE, revision="r1"
)
DENY = denial("PERMISSION_DENIED", "no_rule_matches", "m", revision="r1")
SMALL = AuditSettings(reserve_bytes=4096, min_free_bytes=0, wait_ms=10_000)
"""Patient, since a machine that is busy must not turn a grant into a denial here."""
HASTY = replace(SMALL, wait_ms=250)
"""Refused soon by who holds the log."""


class FaultyDisk(Disk):
    """Fails as told; everything it does is written down.

    Attributes:
        fail: name of the call that fails, or empty.
        code: the error it gives; 0 makes a write short.
        skip: how many calls of that name succeed before.
        calls: every call, in order.
    """

    def __init__(self) -> None:
        self.fail = ""
        self.code = errno.EIO
        self.skip = 0
        self.free: int | None = None
        self.calls: list[str] = []

    def break_at(self, call: str, code: int, skip: int = 0) -> None:
        self.fail, self.code, self.skip = call, code, skip

    def mend(self) -> None:
        self.fail = ""

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name == self.fail:
            if self.skip:
                self.skip -= 1
                return
            raise OSError(self.code, os.strerror(self.code))

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        self._called("open")
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes) -> None:
        short = self.fail == "write" and not self.code and not self.skip
        if short:
            os.write(fd, data[: len(data) // 2])
            self.code = errno.EIO
        self._called("write")
        super().write(fd, data)

    def datasync(self, fd: int) -> None:
        self._called("datasync")
        super().datasync(fd)

    def sync(self, fd: int) -> None:
        self._called("sync")
        super().sync(fd)

    def replace(self, source: Path, target: Path) -> None:
        self._called("replace")
        super().replace(source, target)

    def free_bytes(self, path: Path) -> int:
        self._called("free_bytes")
        return super().free_bytes(path) if self.free is None else self.free


@dataclass(frozen=True)
class Log:
    """A log with its keys, made for one test."""

    places: Places
    root: str
    disk: FaultyDisk = field(default_factory=FaultyDisk)

    @property
    def directory(self) -> Path:
        return self.places.directory

    @property
    def checkpoint(self) -> str:
        return (self.directory / "checkpoint").read_text(encoding="utf-8")

    def open(self, settings: AuditSettings | None = SMALL, *, shared: bool = False) -> AuditLogger:
        return AuditLogger.open(
            self.places.directory,
            self.places.keys,
            provider=self.places.provider,
            settings=settings,
            shared=shared,
            disk=self.disk,
        )

    def keys(self) -> KeyStore:
        return KeyStore(self.places.keys, open_provider(self.places.provider, ()), Disk())

    def verify(
        self, *checkpoints: str, root: str | None = None, live: bool = False, **options: Any
    ) -> Verification:
        given = {f"checkpoint {n}": text for n, text in enumerate(checkpoints)}
        return verify(
            self.directory, root or self.root, given, live=live, options=Options(**options)
        )

    def records(self) -> list[dict[str, Any]]:
        return list(unverified_records(self.directory))

    def segments(self) -> list[Path]:
        return sorted(self.directory.glob("seg-*.jsonl"))

    def copy(self, target: Path) -> Log:
        places = Places(
            target / "log", target / "keys", target / "provider", self.places.root_key
        )  # fmt: skip
        shutil.copytree(self.places.directory, places.directory)
        shutil.copytree(self.places.keys, places.keys)
        shutil.copy2(self.places.provider, places.provider)
        return Log(places, self.root)


def make_log(folder: Path, settings: AuditSettings = SMALL, origin: str = ORIGIN) -> Log:
    """A new log in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    places = Places(folder / "log", folder / "keys", folder / "provider", folder / "root.key")
    return Log(places, create_log(places, origin, settings))


def fill(logger: AuditLogger, rounds: int = 2) -> None:
    """Some records of each phase."""
    for _ in range(rounds):
        logger.intent(REQUEST, ALLOW).outcome("success", details={"bytes": 3})
        logger.intent(REQUEST, DENY)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """An empty log."""
    return make_log(tmp_path / "one")


@pytest.fixture
def full(log: Log) -> Log:
    """A log of two segments, closed in order."""
    with log.open() as logger:
        fill(logger)
        logger.roll()
        fill(logger)
    return log


@pytest.fixture
def request_() -> Request:
    """A question about a file."""
    return REQUEST


@pytest.fixture
def allow() -> Decision:
    """A grant."""
    return ALLOW


@pytest.fixture
def deny() -> Decision:
    """A denial."""
    return DENY


@pytest.fixture
def filled() -> Any:
    """`fill`, for tests of this folder."""
    return fill


@pytest.fixture
def make() -> Any:
    """`make_log`, for tests of this folder."""
    return make_log
