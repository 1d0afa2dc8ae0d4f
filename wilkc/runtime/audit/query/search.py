"""Answering a query from the index or from the log. Layer: runtime. Reads files.

Each hit of the index is read again from its segment: its leaf must be the indexed one, and the
record itself must match. So an index can leave something out, and cannot invent or change
anything. What must not be left out is asked by `scan`, which reads every record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.following import follow
from wilkc.runtime.audit.line import MAX_LINE_BYTES, EventLine, read_line
from wilkc.runtime.audit.query.database import opened_to_read
from wilkc.runtime.audit.query.filters import rank
from wilkc.runtime.audit.tree import leaf_hash
from wilkc.runtime.audit.verifying.stubs import list_stubs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from wilkc.runtime.audit.query.filters import Filter

_SELECT: Final = "SELECT seq, segment, offset, leaf FROM event WHERE "
_AFTER_ALL: Final = "\U0010ffff"


def query(directory: Path, index: Path, wanted: Filter) -> Iterator[dict[str, Any]]:
    """The records that match, found by an index that is up to date, in the order of the log.

    Args:
        directory: of the log.
        index: the index, see `update_index`.
        wanted: what to find.

    Raises:
        UsageError: the log or the index cannot be read.
        VerificationError: the index names a record that is not in the log as it says.
    """
    conditions, values = _where(wanted)
    try:
        segments = dict(list_segments(directory))
        with opened_to_read(index) as base, _Segments(segments) as files:
            # Records of segments that were pruned since are not in the log any more.
            pruned = list_stubs(directory).keys() - segments.keys()
            conditions.append("segment >= ?")
            values.append(min(segments, default=0))
            asked = f"{_SELECT}{' AND '.join(conditions)} ORDER BY seq"
            for seq, segment, offset, leaf in base.execute(asked, values):
                if segment in pruned:
                    continue
                record = files.read(seq, segment, offset, leaf)
                if wanted.matches(record):
                    yield record
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error


def scan(directory: Path, wanted: Filter) -> Iterator[dict[str, Any]]:
    """The records that match, found by reading every record.

    Raises:
        UsageError: the log cannot be read.
        VerificationError: a line does not follow from the one before.
    """
    return (one.record for one in follow(directory) if wanted.matches(one.record))


class _Segments:
    """The segment that hits are read from; one is open at a time, as hits come in order."""

    def __init__(self, paths: dict[int, Path]) -> None:
        self._paths = paths
        self._first: int | None = None
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def read(self, seq: int, segment: int, offset: int, leaf: bytes) -> dict[str, Any]:
        """A hit as the log has it."""
        try:
            if type(segment) is not int or type(offset) is not int or offset < 0:
                raise ValueError("no such place is in any log")  # noqa: TRY301  # told like others
            return _event(self._line(segment, offset), leaf)
        except ValueError as error:
            raise VerificationError(
                f"event {seq} is not in the log as the index says: {error}",
                help_text="verify the log; if it is in order, remove the index",
            ) from error

    def _line(self, segment: int, offset: int) -> bytes:
        if self._file is None or segment != self._first:
            if segment not in self._paths:
                return b""
            if self._file is not None:
                self._file.close()
            self._file, self._first = open_plain(self._paths[segment]), segment
        self._file.seek(offset)
        return self._file.readline(MAX_LINE_BYTES + 1)


def _event(line: bytes, leaf: bytes) -> dict[str, Any]:
    parsed = read_line(line.removesuffix(b"\n"))
    if not isinstance(parsed, EventLine) or leaf_hash(parsed.stored) != leaf:
        raise ValueError("another record is there")
    return parsed.event


def _where(wanted: Filter) -> tuple[list[str], list[object]]:
    action = wanted.action
    prefix = action[:-1] if action is not None and action.endswith(".*") else None
    asked: tuple[tuple[str, object], ...] = (
        ("ts >= ?", wanted.since),
        ("ts < ?", wanted.until),
        ("actor = ?", wanted.actor),
        ("type = ?", action if prefix is None else None),
        ("type >= ?", prefix),
        ("type < ?", None if prefix is None else prefix + _AFTER_ALL),
        ("allow = ?", None if wanted.decision is None else int(wanted.decision == "allow")),
        # The index holds the levels on record; others are told by the records alone.
        ("risk >= ?", None if wanted.risk is None or wanted.profile else rank(wanted.risk)),
        ("subject = ?", wanted.subject),
    )
    chosen = [(text, value) for text, value in asked if value is not None]
    return [text for text, _ in chosen], [value for _, value in chosen]
