"""Ids of records: each occurs once, and an outcome names an intent before it. Layer: runtime.

The ids of a long log do not fit in memory. They are kept as sorted runs in a temporary file
without a name and merged at the end: 24 bytes of disk for each id and each reference, and
some megabytes of memory whatever the log's size.
"""

from __future__ import annotations

import heapq
import tempfile
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

_ID_BYTES: Final = 16
_ENTRY_BYTES: Final = 24
_INTENT, _OTHER, _REFERENCE = b"\x00", b"\x01", b"\x02"
_RUN_ENTRIES: Final = 1 << 16
_READ_ENTRIES: Final = 256


class Ids(Protocol):
    """What a walk asks about the ids of records."""

    def check(self, event: Mapping[str, Any]) -> None:
        """Refuse a record whose id is known to be taken already.

        Raises:
            ValueError: it is.
        """

    def keep(self, event: Mapping[str, Any]) -> None:
        """Remember the id of a record that was accepted."""


@dataclass(slots=True)
class HeldIds:
    """Ids of a part of a log, such as its last segment, in memory."""

    _seen: set[bytes] = field(default_factory=set)

    def check(self, event: Mapping[str, Any]) -> None:
        """Refuse an id that was seen."""
        if _bytes_of(event["id"]) in self._seen:
            raise ValueError("another event has the same id")

    def keep(self, event: Mapping[str, Any]) -> None:
        """Remember an id."""
        self._seen.add(_bytes_of(event["id"]))


@dataclass(slots=True)
class SortedIds:
    """Ids of a whole log; whether they are right is known at the end."""

    _entries: list[bytes] = field(default_factory=list)
    _runs: list[tuple[int, int]] = field(default_factory=list)
    _file: BinaryIO | None = None

    def check(self, event: Mapping[str, Any]) -> None:
        """Nothing yet: `first_wrong` answers for all."""

    def keep(self, event: Mapping[str, Any]) -> None:
        """Remember the id of a record, and what it refers to."""
        place = int(event["seq"]).to_bytes(7)
        phase = event["phase"]
        kind = _INTENT if phase == "intent" else _OTHER
        self._entries.append(_bytes_of(event["id"]) + kind + place)
        if phase == "outcome":
            self._entries.append(_bytes_of(event["ref"]) + _REFERENCE + place)
        if len(self._entries) >= _RUN_ENTRIES:
            self._spill()

    def run(self) -> bytes:
        """Everything kept so far as one sorted run, for `add_run` of another process."""
        return b"".join(heapq.merge(*self._sorted_runs()))

    def add_run(self, run: bytes) -> None:
        """Keep what another process gathered."""
        if run:
            self._write(run)

    def first_wrong(self, *, pruned: bool) -> tuple[int, str] | None:
        """The first event whose id or reference is wrong, with the reason.

        Args:
            pruned: whether events are missing, so that an intent may be among them.
        """
        wrong: tuple[int, str] | None = None
        merged = heapq.merge(*self._sorted_runs())
        for _, group in groupby(merged, key=lambda entry: entry[:_ID_BYTES]):
            for found in _wrong_in(group, pruned=pruned):
                wrong = min(wrong, found) if wrong else found
        return wrong

    def close(self) -> None:
        """Let go of the temporary file."""
        if self._file is not None:
            self._file.close()

    def _spill(self) -> None:
        self._entries.sort()
        self._write(b"".join(self._entries))
        self._entries.clear()

    def _write(self, run: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="wilk-ids-")  # noqa: SIM115  # closed by `close`
        start = self._file.seek(0, 2)
        self._file.write(run)
        self._runs.append((start, len(run)))

    def _sorted_runs(self) -> list[Iterable[bytes]]:
        spilled = [self._read(start, size) for start, size in self._runs]
        return [*spilled, sorted(self._entries)]

    def _read(self, start: int, size: int) -> Iterator[bytes]:
        for offset in range(start, start + size, _READ_ENTRIES * _ENTRY_BYTES):
            if self._file is None:
                return
            self._file.seek(offset)
            chunk = self._file.read(min(_READ_ENTRIES * _ENTRY_BYTES, start + size - offset))
            for place in range(0, len(chunk), _ENTRY_BYTES):
                yield chunk[place : place + _ENTRY_BYTES]


def _wrong_in(group: Iterator[bytes], *, pruned: bool) -> Iterator[tuple[int, str]]:
    """What is wrong with the records that have one id, then with those that refer to it."""
    declared: int | None = None
    intent: int | None = None
    for entry in group:
        kind, seq = entry[_ID_BYTES : _ID_BYTES + 1], int.from_bytes(entry[_ID_BYTES + 1 :])
        if kind == _REFERENCE:
            unknown = intent is None or intent > seq
            if unknown and (declared is not None or not pruned):
                yield seq, "the outcome of an intent that is not before it"
        elif declared is None:
            declared, intent = seq, seq if kind == _INTENT else None
        else:
            yield max(declared, seq), "another event has the same id"


def _bytes_of(record_id: str) -> bytes:
    return bytes.fromhex(record_id.replace("-", ""))
