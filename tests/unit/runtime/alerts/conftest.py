"""Things that happen, as rules see them, and a clock that stands still until told."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.alerts.authority import Authority, Receiver
from tests.unit.runtime.alerts.watched import ONE, Site
from tests.unit.runtime.audit.conftest import make_log
from wilkc.runtime.alerts import Engine, Message, Seen
from wilkc.runtime.alerts.channel import ChannelError
from wilkc.runtime.audit.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wilkc.runtime.alerts import Alert

SECOND = 1_000_000
START_US = 1_800_000_000 * SECOND
"""A Thursday in January 2027, 08:00 UTC."""


class Happening:
    """Makes things that happen one after the other on one host."""

    def __init__(self) -> None:
        self.seq = 0

    def __call__(self, kind: str, at_s: float = 0, **members: Any) -> Seen:
        at_us = START_US + round(at_s * SECOND)
        self.seq += 1
        given = {
            "ref": f"01972000-0000-7000-8000-{self.seq:012d}",
            "seq": self.seq,
            "at_us": at_us,
            "mono_us": round(at_s * SECOND) + 10**9,
            "boot": "b" * 32,
            "kind": kind,
            "agent": "reviewer",
            "resource": "file:./src/a.ts",
        }
        return Seen(**{**given, **members})

    def denial(self, at_s: float = 0, **members: Any) -> Seen:
        given = {"phase": "intent", "allow": False, "status": "failure", "risk": "medium"}
        return self("file.read", at_s, **{**given, **members})

    def grant(self, at_s: float = 0, **members: Any) -> Seen:
        return self(
            **{"kind": "file.read", "at_s": at_s, "phase": "intent", "allow": True, **members}
        )


@dataclass
class Told:
    """A channel that keeps what it is told, or fails as told."""

    fails: str = ""
    got: list[Message] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def send(self, message: Message, *, at_us: int) -> None:
        del at_us
        self.tried.append(message.id)
        if self.fails:
            raise ChannelError(self.fails, "told to fail")
        self.got.append(message)


@dataclass
class Hand(Clock):
    """A clock that goes on when told."""

    now: int = START_US

    def wall_us(self) -> int:
        return self.now

    def pass_s(self, seconds: float) -> int:
        self.now += round(seconds * SECOND)
        return self.now


@pytest.fixture
def happens() -> Happening:
    """Makes things that happen."""
    return Happening()


@pytest.fixture
def hand() -> Hand:
    """A clock that goes on when told."""
    return Hand()


@pytest.fixture
def told() -> Callable[..., Told]:
    """Makes channels that keep what they are told."""
    return Told


@pytest.fixture
def raised() -> Callable[..., list[Alert]]:
    """The alerts of one rule that things raise, one after the other."""

    def run(rule: str, *seen: Seen) -> list[Alert]:
        engine = Engine()
        return [alert for one in seen for alert in engine.take(one) if alert.rule == rule]

    return run


@pytest.fixture
def site(tmp_path: Path, hand: Hand) -> Site:
    """A log, and a folder of alerts with one channel; the clock shows the host's time."""
    folder = tmp_path / "alerts"
    folder.mkdir()
    hand.now = time.time_ns() // 1000
    site = Site(make_log(tmp_path / "one"), folder, hand)
    site.settings(ONE)
    return site


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The authority that the channel trusts."""
    return Authority(tmp_path)


@pytest.fixture
def receiver(authority: Authority) -> Iterator[Receiver]:
    """A receiver as it should be."""
    with Receiver(authority.context()) as one:
        yield one
