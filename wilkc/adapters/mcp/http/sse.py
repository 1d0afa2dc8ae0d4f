"""Server-sent events, read and written. Layer: adapters. No I/O.

WHATWG HTML, section "Server-sent events". Events are written anew, one line of data each, so that
what a client reads is what was looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.adapters.mcp.lines import TOO_LONG, Lines
from wilkc.adapters.mcp.messages import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

KEEP_ALIVE: Final = b":\n\n"
_ID: Final = re.compile(rb"[\x21-\x7e]{1,256}")
_BOM: Final = b"\xef\xbb\xbf"


class StreamError(Exception):
    """The events cannot be read."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        data: may be empty, where only the id is told.
        id: as told, or empty.
    """

    data: bytes
    id: bytes = b""

    def encoded(self, line: bytes) -> bytes:
        """An event with this event's id.

        Args:
            line: its data, without line breaks inside.
        """
        told = b"id: %s\n" % self.id if self.id else b""
        return b"%sevent: message\ndata: %s\n\n" % (told, line.strip())


class Events:
    """Puts events together as their pieces come. A line ends with LF, CR LF or CR."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._held = b""
        self._data: list[bytes] = []
        self._size = 0
        self._id = b""
        self._begun = False

    def take(self, piece: bytes) -> Iterator[Event]:
        """The events that end in a piece.

        Raises:
            StreamError: one is larger than a message may be.
        """
        piece = self._held + piece
        if not self._begun and len(piece) >= len(_BOM):
            self._begun = True
            piece = piece.removeprefix(_BOM)
        # A CR at the end may be half of a CR LF.
        self._held = piece[-1:] if piece.endswith(b"\r") else b""
        whole = piece[: len(piece) - len(self._held)]
        text = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        for line in self._lines.take(text, blank=True):
            if line is TOO_LONG:
                raise StreamError
            event = self._line(line)
            if event is not None:
                yield event

    def _line(self, line: bytes) -> Event | None:
        if not line:
            return self._end()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._size += len(value) + 1
            if self._size > MAX_MESSAGE:
                raise StreamError
            self._data.append(value)
        elif name == b"id" and _ID.fullmatch(value):
            self._id = value
        return None

    def _end(self) -> Event | None:
        data, identity = b"\n".join(self._data), self._id
        self._data, self._size, self._id = [], 0, b""
        return Event(data, identity) if data or identity else None
