"""What is revoked: a table in a file that all processes of the host map. Layer: identity.

A revocation is written into the mapped pages, so that it is in force in every process with its
next look, whatever that process does meanwhile. A look takes one keyed hash and a few slots of
24 bytes; its time and the memory of a process do not grow with the list. A few times a second
it is asked whether the file is still the one that is mapped.

    header   magic 8 · capacity 8 · used 8 · key of the hash 32
    slot     hash 16 (zeros: never used) · until 8 (seconds since 1970; 0: lifted)

Slots are found by open addressing with steps of one, never more than half of them used. A table
that is full is written anew, without what has ended, and takes the old one's name; the readers
see the other inode.

Where hosts share what is revoked, what others told is taken into the table first; the processes of
a host do so one after the other, each from where the one before came to, so that nothing that was
lifted later is taken for the last word.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import struct
import threading
import time
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.errors import UnavailableError
from wilkc.core.files import create_file, replace_file
from wilkc.core.locks import take_lock
from wilkc.identity.failures import REVOKED, AuthenticationError
from wilkc.identity.secret import require_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wilkc.identity.others import Others, Place

Kind = Literal["key", "token", "session", "family", "principal", "agent", "source"]
TABLE: Final = "revoked.table"
_LOCK: Final = "revoked.lock"
_HEARD: Final = "revoked.heard"
_NOTHING_HEARD: Final[Place] = ("0-0", 0)
_MOST_BYTES: Final = 4096
FOREVER: Final = 2**62
LEAST_SLOTS: Final = 4096
LOOK_SECONDS: Final = 0.25
"""How long a table may go on being read whose name another one has taken."""
FLEET_SECONDS: Final = 1.0
"""How long ago the fleet must have been heard of at most; else nobody is let in."""
_MAGIC: Final = b"WILKREV1"
_HEADER: Final = struct.Struct("<8sQQ32s")
_UNTIL: Final = struct.Struct("<Q")
_HASH: Final = 16
_SLOT: Final = _HASH + _UNTIL.size
_USED: Final = 16
_EMPTY: Final = bytes(_HASH)


class Revocations:
    """The table of a folder; safe to use from several threads and processes.

    Args:
        folder: holds it, see `create_table`.
        others: other hosts that share it; None for this host alone.

    Raises:
        UnavailableError: it is missing, damaged, or open to others.
    """

    def __init__(self, folder: Path, others: Others | None = None) -> None:
        self._path = folder / TABLE
        self._text = str(self._path)
        self._lock = folder / _LOCK
        self._others = others
        self._note = folder / _HEARD
        self._heard = -math.inf
        self._hearing = threading.Lock()
        self._table = _open(self._path)
        self._looked = time.monotonic()

    def is_revoked(self, kind: Kind, name: str, now: int) -> bool:
        """Whether it is revoked.

        Args:
            kind: what it is.
            name: its public name; of a token, the issuer and the token's id.
            now: seconds since 1970.

        Raises:
            UnavailableError: the list cannot be read; then nothing may be believed.
        """
        table = self._current()
        place = table.find(table.hash(kind, name))
        return place is not None and table.until(place) > now

    def require_none(self, now: int, *wanted: tuple[Kind, str]) -> None:
        """Require that none of them is revoked.

        Raises:
            AuthenticationError: one is.
            UnavailableError: the list cannot be read.
        """
        table = self._current()
        for kind, name in wanted:
            place = table.find(table.hash(kind, name))
            if place is not None and table.until(place) > now:
                raise AuthenticationError(REVOKED, f"the {kind} `{name}` is revoked")

    def revoke(self, kind: Kind, name: str, *, until: int = FOREVER) -> None:
        """Revoke, for all processes of the host at once.

        Args:
            kind: what it is.
            name: see `is_revoked`.
            until: seconds since 1970 from which on it need not be remembered, because it has
                ended by itself then.

        Raises:
            UnavailableError: it cannot be written; then it is not revoked.
        """
        self.revoke_many([(kind, name, until)])

    def revoke_many(self, given: Iterable[tuple[Kind, str, int]]) -> None:
        """Revoke several, see `revoke`; where it fails, some of them may be revoked."""
        wanted = list(given)
        with self._writing() as table:
            self._put(table, wanted)
        if self._others is not None:
            for one in wanted:
                self._others.tell(*one)

    def _put(self, table: _Table, wanted: Iterable[tuple[Kind, str, int]]) -> _Table:
        """Enter them; the table goes on as another where it was full."""
        for kind, name, until in wanted:
            if table.is_full():
                table = self._grow(table)
            table.put(table.hash(kind, name), until)
        table.flush()
        return table

    def restore(self, kind: Kind, name: str) -> bool:
        """Lift a revocation; False where there is none.

        Raises:
            UnavailableError: the list cannot be written.
        """
        self._listen()
        with self._writing() as table:
            if not self._lift(table, kind, name):
                return False
            table.flush()
        if self._others is not None:
            self._others.tell(kind, name, 0)
        return True

    @staticmethod
    def _lift(table: _Table, kind: Kind, name: str) -> bool:
        place = table.find(table.hash(kind, name))
        if place is None or not table.until(place):
            return False
        table.set_until(place, 0)
        return True

    def _listen(self) -> None:
        """Take in what other hosts told, unless that has just been done.

        Raises:
            UnavailableError: nothing was heard of them for too long.
        """
        if self._others is None or time.monotonic() - self._heard < LOOK_SECONDS:
            return
        # Not for ever: in a child of a fork a thread that is not there may hold it.
        if not self._hearing.acquire(timeout=FLEET_SECONDS):
            raise UnavailableError("another thread asks the server of the fleet, for too long")
        try:
            asked = time.monotonic()
            if asked - self._heard >= LOOK_SECONDS:
                self._take_in(self._others)
                self._heard = asked
        except UnavailableError:
            if time.monotonic() - self._heard >= FLEET_SECONDS:
                raise
        finally:
            self._hearing.release()

    def _take_in(self, others: Others) -> None:
        with self._writing() as table:
            before = after = self._noted(others)
            # The last word on each: what was lifted and revoked again is never lifted here.
            words: dict[tuple[Kind, str], int] = {}
            told, after = others.news(after)
            while told:
                words.update({(kind, name): until for kind, name, until in told})
                told, after = others.news(after)
            if after == before:
                return
            ended = [(kind, name, until) for (kind, name), until in words.items() if until]
            table = self._put(table, ended)  # noqa: PLW2901  # it may have grown
            for (kind, name), until in words.items():
                if not until:
                    self._lift(table, kind, name)
            table.flush()
            text = json.dumps({"begun": others.begun, "entry": after[0], "count": after[1]})
            replace_file(self._note, text.encode(), mode=0o600, durable="content")

    def leave_parent(self) -> None:
        """Start afresh in a child process: a thread of its parent may have held the lock."""
        self._hearing = threading.Lock()

    def _noted(self, others: Others) -> Place:
        """The entry that this host came to; before the first where that is not known."""
        try:
            found = json.loads(self._note.read_bytes()[:_MOST_BYTES])
            place = str(found["entry"]), int(found["count"])
            return place if found["begun"] == others.begun else _NOTHING_HEARD
        except FileNotFoundError:
            return _NOTHING_HEARD
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"`{self._note}` is damaged") from error

    def _current(self) -> _Table:
        self._listen()
        return self._mapped()

    def _mapped(self, *, look: bool = False) -> _Table:
        table, now = self._table, time.monotonic()
        if not look and now - self._looked < LOOK_SECONDS:
            return table
        try:
            found = os.stat(self._text, follow_symlinks=False)  # noqa: PTH116  # a third faster
        except OSError as error:
            raise UnavailableError(f"the list `{self._text}` is gone: {error.strerror}") from error
        if found.st_ino != table.inode or found.st_size != table.size:
            self._table = table = _open(self._path)
        self._looked = now
        return table

    @contextmanager
    def _writing(self) -> Iterator[_Table]:
        try:
            fd = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                take_lock(fd, None)
                yield self._mapped(look=True)
            finally:
                os.close(fd)
        except (OSError, ValueError) as error:
            raise UnavailableError(f"cannot write `{self._path}`: {error}") from error

    def _grow(self, table: _Table) -> _Table:
        """A table with room, in the old one's place.

        Readers keep the old one until they see the new name, and it says the same till then.
        """
        replace_file(self._path, table.anew(int(time.time())), mode=0o600, durable="name")
        return self._mapped(look=True)


def create_table(folder: Path, slots: int = LEAST_SLOTS) -> None:
    """Make an empty list, unless there is one.

    Raises:
        UnavailableError: it cannot be made.
    """
    data = _HEADER.pack(_MAGIC, slots, 0, os.urandom(32)) + bytes(slots * _SLOT)
    try:
        with suppress(FileExistsError):
            create_file(folder / TABLE, data, mode=0o600)
    except OSError as error:
        raise UnavailableError(f"cannot make `{folder / TABLE}`: {error.strerror}") from error


class _Table:
    """One file, mapped."""

    def __init__(self, path: Path, fd: int) -> None:
        found = os.fstat(fd)
        require_own(path, found)
        self.inode, self.size = found.st_ino, found.st_size
        if self.size < _HEADER.size:
            raise ValueError("it is too short")
        self._map = mmap.mmap(fd, self.size)
        magic, self._slots, _, self._key = _HEADER.unpack_from(self._map)
        if magic != _MAGIC or self.size != _HEADER.size + self._slots * _SLOT or not self._slots:
            raise ValueError("it is damaged, or was written by another version of Wilk")

    def hash(self, kind: Kind, name: str) -> bytes:
        """What stands for a name; principals are agents, so one is revoked as both."""
        same = "agent" if kind == "principal" else kind
        text = f"{same}\0{name}".encode("utf-8", "surrogatepass")
        return blake2b(text, key=self._key, digest_size=_HASH).digest()

    def find(self, wanted: bytes) -> int | None:
        """The slot of a hash, or None."""
        place, held = self._look(wanted)
        return place if held == wanted else None

    def until(self, place: int) -> int:
        """Until when the one in a slot is revoked; 0 for no more."""
        return int(_UNTIL.unpack_from(self._map, place + _HASH)[0])

    def set_until(self, place: int, until: int) -> None:
        """Change it."""
        _UNTIL.pack_into(self._map, place + _HASH, until)

    def put(self, wanted: bytes, until: int) -> None:
        """Enter a hash, or prolong it."""
        place, held = self._look(wanted)
        if held == wanted:
            self.set_until(place, max(until, self.until(place)))
            return
        # The time first: a reader that sees the hash sees it revoked.
        self.set_until(place, until)
        self._map[place : place + _HASH] = wanted
        _UNTIL.pack_into(self._map, _USED, self._used() + 1)

    def is_full(self) -> bool:
        """Whether one more would be too many."""
        return bool(2 * (self._used() + 1) > self._slots)

    def anew(self, now: int) -> bytes:
        """The content of a table without what has ended, at most a quarter full."""
        live = [
            slot
            for start in range(_HEADER.size, self.size, _SLOT)
            if (slot := self._map[start : start + _SLOT])[:_HASH] != _EMPTY
            and _UNTIL.unpack_from(slot, _HASH)[0] > now
        ]
        slots = max(LEAST_SLOTS, 4 * len(live))
        made = bytearray(_HEADER.pack(_MAGIC, slots, len(live), self._key) + bytes(slots * _SLOT))
        for slot in live:
            place = _HEADER.size + int.from_bytes(slot[:8], "little") % slots * _SLOT
            while made[place : place + _HASH] != _EMPTY:
                place = place + _SLOT if place + _SLOT < len(made) else _HEADER.size
            made[place : place + _SLOT] = slot
        return bytes(made)

    def flush(self) -> None:
        """Put it on stable storage."""
        self._map.flush()

    def _used(self) -> int:
        return int(_UNTIL.unpack_from(self._map, _USED)[0])

    def _look(self, wanted: bytes) -> tuple[int, bytes]:
        """The slot that holds a hash, or the free one where it belongs, and what is there."""
        held, size = self._map, self.size
        place = _HEADER.size + int.from_bytes(wanted[:8], "little") % self._slots * _SLOT
        for _ in range(self._slots):
            there = held[place : place + _HASH]
            if there in (wanted, _EMPTY):
                return place, there
            place += _SLOT
            if place >= size:
                place = _HEADER.size
        raise UnavailableError("the list of revocations is damaged: it has no free place")


def _open(path: Path) -> _Table:
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return _Table(path, fd)
        finally:
            os.close(fd)
    except (OSError, ValueError, struct.error) as error:
        raise UnavailableError(
            f"cannot read the list `{path}`: {error}",
            help_text="bring it back from a copy; without it nobody is let in",
        ) from error
