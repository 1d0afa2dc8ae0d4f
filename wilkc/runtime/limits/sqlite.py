"""Hits in a file: all processes of one host. Layer: runtime.

A write transaction orders all hits of the host, and its time is read inside it. Hits from
another boot count as if just made: how long ago they were, nobody can say.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from wilkc.runtime.limits.clock import BootClock
from wilkc.runtime.limits.database import check_same, create_database, failure, open_database
from wilkc.runtime.limits.failures import (
    STORE_DAMAGED,
    STORE_UNAVAILABLE,
    RateExceededError,
    RateStoreError,
)
from wilkc.runtime.limits.model import Hit, longest_windows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wilkc.runtime.limits.clock import Clock
    from wilkc.runtime.limits.database import Place
    from wilkc.runtime.limits.model import RateLimit

_SWEEP: Final = 64
"""Old hits that each new one takes away."""

_STORES: Final[WeakSet[SqliteStore]] = WeakSet()
_INHERITED: Final[list[sqlite3.Connection]] = []
"""Connections of a parent; a child must neither use nor close them (sqlite.org/howtocorrupt.html,
section 2.6)."""


class SqliteStore:
    """A store for one host.

    Args:
        path: a file that `SqliteStore.create` made. It is opened at the first hit.
        timeout_seconds: how long a hit may take, waiting for others included.
        clock: which clock it goes by.
    """

    def __init__(
        self, path: Path, *, timeout_seconds: float = 2.0, clock: Clock | None = None
    ) -> None:
        self._path = path.absolute()
        self._timeout_seconds = timeout_seconds
        self._clock = clock or BootClock()
        self._lock = threading.Lock()
        self._opened: tuple[sqlite3.Connection, Place] | None = None
        _STORES.add(self)

    @property
    def path(self) -> Path:
        """The file, as an absolute path."""
        return self._path

    @staticmethod
    def create(path: Path) -> None:
        """Make the file, once, before the first action that it limits.

        Raises:
            RateStoreError: it is there already, or cannot be made.
        """
        create_database(path)

    def hit(self, limits: Sequence[RateLimit]) -> Hit:
        """See `RateStore.hit`."""
        longest = longest_windows(limits)
        late = time.monotonic() + self._timeout_seconds
        with self._writing(late) as connection:
            now = self._settle(connection)
            for limit in limits:
                wait = _wait(connection, limit, now)
                if wait != 0:
                    # Without this the hits of another boot would be young again every time.
                    connection.execute("COMMIT")
                    raise RateExceededError(limit, wait)
            hit = Hit(tuple(limits), at=now)
            connection.execute(
                "DELETE FROM hits WHERE (key, at, token) IN (SELECT key, at, token FROM hits"
                " WHERE until < ? ORDER BY until LIMIT ?)", (now, _SWEEP),
            )  # fmt: skip
            connection.executemany(
                "INSERT INTO hits VALUES (?, ?, ?, ?)",
                [(digest, now, hit.token, now + length) for digest, length in longest.items()],
            )
            connection.execute("UPDATE clock SET last = ?", (now,))
            connection.execute("COMMIT")
        if time.monotonic() > late:
            raise RateStoreError(STORE_UNAVAILABLE, f"`{self._path}` took too long")
        return hit

    def refund(self, hit: Hit) -> None:
        """See `RateStore.refund`."""
        with self._writing(time.monotonic() + self._timeout_seconds) as connection:
            for digest in longest_windows(hit.limits):
                found = (digest, hit.token)
                connection.execute("DELETE FROM hits WHERE key = ? AND token = ?", found)
            connection.execute("COMMIT")

    def close(self) -> None:
        """See `RateStore.close`."""
        with self._lock:
            self._drop()

    @contextmanager
    def _writing(self, late: float) -> Iterator[sqlite3.Connection]:
        """A write transaction, which the body commits; rolled back otherwise."""
        if not self._lock.acquire(timeout=max(0.0, late - time.monotonic())):
            raise RateStoreError(STORE_UNAVAILABLE, f"`{self._path}` is held by others")
        try:
            connection, place = self._open()
            wait_ms = max(0, int((late - time.monotonic()) * 1000))
            connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            check_same(self._path, place)
        except RateExceededError:
            raise
        except BaseException as error:
            # Whatever the connection is in the middle of ends with it.
            self._drop()
            if isinstance(error, OSError | sqlite3.Error):
                raise failure(self._path, error) from error
            raise
        finally:
            self._lock.release()

    def _open(self) -> tuple[sqlite3.Connection, Place]:
        if self._opened:
            check_same(self._path, self._opened[1])
        else:
            self._opened = open_database(self._path)
        return self._opened

    def _settle(self, connection: sqlite3.Connection) -> int:
        """The time of this transaction, on which all hits that are held agree afterwards."""
        name, now = self._clock.name(), self._clock.now_us()
        held = connection.execute("SELECT name, last FROM clock").fetchone()
        if held is None:
            raise RateStoreError(STORE_DAMAGED, f"`{self._path}` is damaged")
        # The same clock goes back where a virtual machine is set back to an earlier state.
        if held[0] != name or held[1] > now:
            connection.execute(
                "UPDATE hits SET at = ?1, until = ?1 + (until - at) WHERE ?2 OR at > ?1",
                (now, held[0] != name),
            )
            connection.execute("UPDATE clock SET name = ?, last = ?", (name, now))
        return now

    def leave_parent(self) -> None:
        """Start afresh in a child process, which shares the file and no connection."""
        if self._opened:
            _INHERITED.append(self._opened[0])
        # A thread that is not in the child may have held the lock.
        self._opened, self._lock = None, threading.Lock()

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened:
            with suppress(sqlite3.Error):
                opened[0].close()


def _wait(connection: sqlite3.Connection, limit: RateLimit, now: int) -> int | None:
    """Microseconds until a hit of this limit is free; 0 if one is, None if never."""
    if not limit.limit:
        return None
    # Both ends belong to the window: a hit leaves it one microsecond later.
    found = connection.execute(
        "SELECT at FROM hits WHERE key = ? AND at >= ? ORDER BY at DESC LIMIT 1 OFFSET ?",
        (limit.digest, now - limit.window_us, limit.limit - 1),
    ).fetchone()
    return found[0] + limit.window_us + 1 - now if found else 0


def _after_fork() -> None:
    for store in list(_STORES):
        store.leave_parent()


os.register_at_fork(after_in_child=_after_fork)
