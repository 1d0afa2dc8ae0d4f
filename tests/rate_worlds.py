"""Stores of hits in a time of the test's own, which passes, is set, and begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wilkc.runtime.limits import MemoryStore, RateLimit, RedisStore, SqliteStore
from wilkc.runtime.limits import redis as redis_module
from wilkc.runtime.limits.redis import SLACK_US

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.redis_server import RedisServer
    from wilkc.runtime.limits import RateStore

SECOND = 1_000_000
HOUR = 3600 * SECOND
START = 1_800_000_000 * SECOND
_TIME = "{test}:time"


class SetClock:
    """A host's clock that the test sets."""

    def __init__(self, now: int, name: str = "boot-0") -> None:
        self.now = now
        self.named = name

    def now_us(self) -> int:
        """See `Clock`."""
        return self.now

    def name(self) -> str:
        """See `Clock`."""
        return self.named


class World(Protocol):
    """One or several hosts that share a store.

    Attributes:
        stores: one for each host.
        slack_us: how much longer windows are than asked for.
    """

    stores: list[RateStore]
    slack_us: int

    def passes(self, microseconds: int) -> None:
        """Let time pass, everywhere alike."""
        ...

    def steps(self, microseconds: int) -> None:
        """Set a clock that can be set, although no time has passed."""
        ...


class MemoryWorld:
    """One process; nothing can set its clock but a machine set back to an earlier state."""

    def __init__(self) -> None:
        self.clock = SetClock(START)
        self.stores: list[RateStore] = [MemoryStore(clock=self.clock)]
        self.slack_us = 0

    def passes(self, microseconds: int) -> None:
        """See `World`."""
        self.clock.now += microseconds

    def steps(self, microseconds: int) -> None:
        """The kernel's count goes back, if at all."""
        self.clock.now -= abs(microseconds)


class SqliteWorld:
    """Two processes of a host, which starts anew or is set back to an earlier state."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "limits" / "limits.db"
        self.clock = SetClock(START)
        SqliteStore.create(self.path)
        self.stores: list[RateStore] = [SqliteStore(self.path, clock=self.clock) for _ in range(2)]
        self.slack_us = 0
        self._boots = 0

    def passes(self, microseconds: int) -> None:
        """See `World`."""
        self.clock.now += microseconds

    def steps(self, microseconds: int) -> None:
        """Back: an earlier state. Forth: another boot, which counts from anywhere."""
        if microseconds < 0:
            self.clock.now += microseconds
        else:
            self._boots += 1
            self.clock.named = f"boot-{self._boots}"
            self.clock.now = microseconds * self._boots % (3 * HOUR)


class RedisWorld:
    """Two hosts with clocks of their own, and a server whose clock somebody sets."""

    def __init__(self, server: RedisServer, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setattr(redis_module, "_script", _script_with_set_time)
        self.server = server
        self.clocks = [SetClock(5 * HOUR, "host-0"), SetClock(7 * SECOND, "host-1")]
        self.stores: list[RateStore] = []
        self.slack_us = SLACK_US
        self._now = START
        self._tell()
        for clock in self.clocks:
            store = RedisStore(server.url, name=name, clock=clock)
            if not self.stores:
                store.create()
            self.stores.append(store)
            store.refund(store.hit([RateLimit("known", 2, 1)]))

    def passes(self, microseconds: int) -> None:
        """See `World`."""
        for clock in self.clocks:
            clock.now += microseconds
        self._now += microseconds
        self._tell()

    def steps(self, microseconds: int) -> None:
        """Set the server's clock."""
        self._now += microseconds
        self._tell()

    def _tell(self) -> None:
        seconds, rest = divmod(self._now, SECOND)
        self.server.call("DEL", _TIME)
        self.server.call("RPUSH", _TIME, seconds, rest)


_script = redis_module._script


def _script_with_set_time(name: str) -> str:
    """The script as it is, but for the command that reads the server's clock."""
    text = _script(name)
    assert text.count("redis.call('TIME')") == (name == "hit.lua")
    return text.replace("redis.call('TIME')", f"redis.call('LRANGE', '{_TIME}', 0, 1)")
