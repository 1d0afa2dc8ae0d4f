"""The open segment: appending to one file, and beginning the next. Layer: runtime.

After any error here nothing more goes into the file, since the kernel may report a lost page
as clean the second time: the caller drops the tip and recovers. So it is after an interrupt,
wherever that comes: the line may be in the file, and a second one in its place would be
tampering.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from wilkc.runtime.audit.own import own_record
from wilkc.runtime.audit.pen import Pen
from wilkc.runtime.audit.record import FORMAT
from wilkc.runtime.audit.segment import (
    HEADER,
    SEAL,
    Header,
    Seal,
    segment_name,
    stored_frontier,
)
from wilkc.runtime.audit.state import Open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.runtime.audit.means import Means
    from wilkc.runtime.audit.pen import Place
    from wilkc.runtime.audit.record import Draft
    from wilkc.runtime.audit.segment import Kind, Mode
    from wilkc.runtime.audit.state import Pending
    from wilkc.runtime.keys import SegmentKey

_SEALED_PERMISSIONS: Final = 0o444
_MICROSECONDS: Final = 1_000_000
_CLOSED: Final = -1


class Tip:
    """An open segment with its file and its key.

    Attributes:
        place: where the next line goes.
        note: the newest checkpoint, or empty where none was written or read yet.
    """

    def __init__(self, segment: Open, key: SegmentKey, means: Means) -> None:
        self.place = segment.place
        self.note = segment.note
        self.header = segment.header
        self._usable = True
        self._segment = segment
        opened = datetime.fromisoformat(segment.opened).timestamp()
        self._opened_us = opened * _MICROSECONDS
        self._changed = segment.header.settings != means.settings.digest()
        self._pen = Pen(key, segment.header.mode, means.clock)
        self._disk = means.disk
        self._fd = means.disk.open(segment.path, os.O_WRONLY | os.O_APPEND)

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._pen.origin

    @property
    def resource(self) -> str:
        """How records name the log itself."""
        return f"log:{self._pen.origin}"

    def commit(self, drafts: Sequence[Draft], *, checkpoint: bool, last: bool = False) -> list[int]:
        """Store records in one write and one sync, and maybe a checkpoint with them.

        Args:
            drafts: the records in order.
            checkpoint: whether to follow them with a checkpoint.
            last: whether nothing may follow them in this file.

        Returns:
            The numbers of the records.

        Raises:
            OSError: the disk refuses; this tip must not be used any more.
            ValueError: a record cannot be encoded; nothing was stored.
        """
        place, lines, numbers, note = self.place, [], [], self.note
        for draft in drafts:
            numbers.append(place.seq)
            line, place = self._pen.event(place, draft)
            lines.append(line)
        if checkpoint and place.seq > place.covered:
            line, note, place = self._pen.checkpoint(place)
            lines.append(line)
        if lines:
            self._begin_write()
            self._disk.write(self._fd, b"".join(lines))
            self._disk.datasync(self._fd)
            self.place, self.note = place, note
            self._usable = not last
        return numbers

    def _begin_write(self) -> None:
        if not self._usable:
            raise OSError(errno.EIO, "an earlier write did not come to its end")
        # Until the place is known again: an interrupt may come at any step from here.
        self._usable = False

    def is_due(self, means: Means) -> bool:
        """Whether the segment is to end: by size, age, or a change of settings."""
        age = (means.clock.wall_us() - self._opened_us) / _MICROSECONDS
        return self.place.seq - self._segment.first > 1 and (
            self.place.offset >= means.settings.segment_bytes
            or age >= means.settings.segment_seconds
            or self._changed
        )

    def seal(self, means: Means) -> Seal:
        """End the segment in favour of the pending key, with a checkpoint."""
        following = means.keys.prepare_segment_key(self.origin, means.now())
        seal = Seal(
            count=self.place.seq - self._segment.first + 1,
            final=False,
            first=self._segment.first,
            next=following.public.text,
        )
        record = own_record(means.new_id(), SEAL, self.resource, seal.as_json())
        self.commit([record], checkpoint=True, last=True)
        return seal

    def set_read_only(self) -> None:
        """Take the right to write from the file of a sealed segment."""
        with suppress(OSError):
            os.fchmod(self._fd, _SEALED_PERMISSIONS)

    def as_open(self, pending: tuple[Pending, ...]) -> Open:
        """The segment as it stands, for the state file."""
        old = self._segment
        return Open(
            old.path, old.first, old.opened, old.header, self.place, self.note, pending
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the file; harmless if that was done before."""
        fd, self._fd = self._fd, _CLOSED
        if fd != _CLOSED:
            with suppress(OSError):
                self._disk.close(fd)


def begin_segment(  # noqa: PLR0913  # what a header says
    means: Means,
    kind: Kind,
    place: Place,
    key: SegmentKey,
    *,
    mode: Mode,
    cert: str | None = None,
) -> Tip:
    """Make the next file, with its header and a checkpoint, and open it.

    Raises:
        OSError: the disk refuses; the file is then not there.
    """
    header = Header(
        cert=cert,
        format=FORMAT,
        frontier=stored_frontier(place.tree),
        key=key.public.text,
        kind=kind,
        mode=mode,
        ring=means.keys.ring.version,
        settings=means.settings.digest(),
    )
    pen = Pen(key, mode, means.clock)
    record = own_record(means.new_id(), HEADER, f"log:{pen.origin}", header.as_json())
    opened = means.now()
    first, after = pen.event(place.in_new_file(), record)
    second, note, after = pen.checkpoint(after)
    path = means.directory / segment_name(place.seq)
    means.disk.put_file(path, first + second)
    return Tip(Open(path, place.seq, opened, header, after, note, ()), key, means)
