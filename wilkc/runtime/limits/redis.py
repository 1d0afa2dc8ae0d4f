"""Hits in Redis or Valkey: a fleet of hosts. Layer: runtime. Only home of `redis`.

One script runs on the server for each hit, so it is all or nothing. The fleet's time passes
only as far as the server's clock and the calling host's boot clock both say. Where the server
may have forgotten hits, nothing is granted until one window has passed.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.core.tls import redis_way
from wilkc.runtime.limits.clock import BootClock
from wilkc.runtime.limits.failures import (
    RECORD_INCOMPLETE,
    STORE_DAMAGED,
    STORE_UNAVAILABLE,
    RateExceededError,
    RateStoreError,
)
from wilkc.runtime.limits.model import MICROSECONDS, Hit, longest_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redis import Redis

    from wilkc.runtime.limits.clock import Clock
    from wilkc.runtime.limits.model import RateLimit

LAYOUT: Final = "1"
"""Of what the scripts keep. Another layout is refused, not converted."""

SLACK_US: Final = 500_000
"""By how much windows are longer than asked for. What the script lets pass of a server's clock that
runs ahead of the hosts' is no more, however often, so that what goes unnoticed grants nothing."""

_DURABLE: Final = {"appendonly": "yes", "appendfsync": "always"}
_FIRST: Final = 9
"""Where limits begin among the arguments of the script, from 1."""


@dataclass(frozen=True, slots=True)
class Promises:
    """What the operator of a server gives his word for.

    Attributes:
        durable: the server loses no hit when it ends, and no replica ever takes its place. Its
            settings are compared. Without it every new start of the server means that nothing is
            granted until one window has passed.
        steady: nobody sets the server's clock forward. Without it the time before a host's first
            hit counts for nothing, if nobody else took a hit then.
    """

    durable: bool = False
    steady: bool = False


NO_PROMISES: Final = Promises()


class RedisStore:
    """A store for a fleet.

    Args:
        url: `unix:///run/redis.sock`, `redis://host:6379/0`, or `rediss://…` with TLS.
        name: tells the fleets apart that share a server.
        promises: what the operator gives his word for.
        timeout_seconds: how long a hit may take.
        clock: which clock this host goes by.

    Raises:
        RateStoreError: the package `redis` is missing, or the address makes no sense.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "wilk:rates",
        promises: Promises = NO_PROMISES,
        timeout_seconds: float = 2.0,
        clock: Clock | None = None,
    ) -> None:
        self._promises = promises
        self._checked = False
        self._timeout_seconds = timeout_seconds
        self._clock = clock or BootClock()
        # One tag, so that a cluster keeps them together.
        self._keys = [f"{{{name}}}:{part}" for part in ("state", "hits", "due", "hosts")]
        self._client = _client(url, timeout_seconds)
        self._hit, self._refund = (
            self._client.register_script(_script(file)) for file in ("hit.lua", "refund.lua")
        )

    def create(self) -> None:
        """Begin a record, once, before the first action that it limits.

        Without this the record begins with the first hit, and nothing is granted until one
        window has passed.

        Raises:
            RateStoreError: there is one already, or the server cannot be used.
        """
        if self._ask("create", b"")[0] != b"created":
            raise RateStoreError(STORE_UNAVAILABLE, "there is a record of hits already")

    def hit(self, limits: Sequence[RateLimit]) -> Hit:
        """See `RateStore.hit`."""
        longest_windows(limits)
        late = time.monotonic() + self._timeout_seconds
        hit = Hit(tuple(limits))
        asked: list[str | int] = []
        for limit in limits:
            asked += [limit.digest.hex(), limit.limit, limit.window_us + SLACK_US]
        answer, place, number = self._ask("hit", hit.token, *asked)
        if answer == b"exceeded":
            limit = limits[(place - _FIRST) // 3]
            raise RateExceededError(limit, None if number < 0 else number)
        if answer == b"incomplete":
            raise RateStoreError(
                RECORD_INCOMPLETE,
                f"the server may have forgotten hits; try again in {-(-number // MICROSECONDS)} s",
            )
        if answer != b"granted":
            raise RateStoreError(
                STORE_DAMAGED, "the record of hits was written by another version of Wilk"
            )
        if time.monotonic() > late:
            raise RateStoreError(STORE_UNAVAILABLE, "the server of hits took too long")
        return Hit(hit.limits, hit.token, at=number)

    def refund(self, hit: Hit) -> None:
        """See `RateStore.refund`."""
        ending = f":{hit.at:016d}:{hit.token.hex()}"
        members = [digest.hex() + ending for digest in longest_windows(hit.limits)]
        with _failing():
            self._refund(keys=self._keys[:3], args=members)

    def close(self) -> None:
        """See `RateStore.close`."""
        self._client.close()

    def _ask(self, verb: str, token: bytes, *asked: str | int) -> tuple[bytes, int, int]:
        host = hashlib.sha256(self._clock.name().encode()).hexdigest()
        with _failing():
            self._check_settings()
            # Read before the question leaves, so that less time seems to have passed than has.
            boot_us = self._clock.now_us()
            clocks = (int(self._promises.steady), host, boot_us, SLACK_US)
            given = (LAYOUT, verb, int(self._promises.durable), *clocks, token.hex(), *asked)
            answer: Any = self._hit(keys=self._keys, args=given)
        word, place, number = answer
        return bytes(word), int(place), int(number)

    def _check_settings(self) -> None:
        if not self._promises.durable or self._checked:
            return
        for setting, wanted in _DURABLE.items():
            found: Any = self._client.config_get(setting)
            if found != {setting: wanted}:
                raise RateStoreError(
                    STORE_UNAVAILABLE,
                    f"the server of hits is called durable, but `{setting}` is not `{wanted}`",
                )
        self._checked = True


def _client(url: str, timeout_seconds: float) -> Redis:
    try:
        # Nobody else needs the package.
        from redis import Redis  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError as error:
        raise RateStoreError(
            STORE_UNAVAILABLE,
            "the package `redis` is not installed",
            help_text="pip install 'wilkc[redis]'",
        ) from error
    try:
        client: Redis = Redis.from_url(
            url,
            **redis_way(url),
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            # A hit that is asked again may count twice, and comes too late anyway.
            retry=Retry(NoBackoff(), 0),
        )
    except UsageError as error:
        raise RateStoreError(STORE_UNAVAILABLE, error.message, help_text=error.help_text) from error
    except (ValueError, TypeError) as error:
        raise RateStoreError(STORE_UNAVAILABLE, f"no address of a server: {error}") from error
    return client


def _script(name: str) -> str:
    return (files("wilkc.runtime.limits") / name).read_text(encoding="utf-8")


@contextmanager
def _failing() -> Iterator[None]:
    """Whatever the server or the way to it does wrong is one kind of error."""
    from redis import RedisError  # noqa: PLC0415

    try:
        yield
    except (RedisError, OSError, ValueError, TypeError) as error:
        raise RateStoreError(
            STORE_UNAVAILABLE, f"cannot count hits in the server: {error}"
        ) from error
