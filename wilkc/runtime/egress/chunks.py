"""A body, in chunks or of a known length, told from what follows it. Layer: runtime. No I/O.

RFC 9112, section 7.1. The pieces are passed on as they came only once they are understood, so
that what follows the last chunk, which might be a second request, is never sent to anybody.
"""

from __future__ import annotations

import re
from typing import Final

from wilkc.runtime.egress.failures import MalformedError

_SIZE: Final = re.compile(rb"[0-9A-Fa-f]{1,8}")
_LONGEST_LINE: Final = 10
_LINE_END: Final = b"\r\n"


class Sized:
    """Takes the bytes of a body whose length is known.

    Args:
        length: bytes of the body.
    """

    def __init__(self, length: int) -> None:
        self._left = length

    @property
    def done(self) -> bool:
        """Whether the body has ended."""
        return self._left <= 0

    def take(self, data: bytes) -> bytes:
        """What of the bytes can be passed on; what follows the body is dropped."""
        piece = data[: self._left]
        self._left -= len(piece)
        return piece


class Chunks:
    """Takes the bytes of a body as they come; each is looked at once, however small chunks are.

    Attributes:
        done: whether the body has ended.
    """

    def __init__(self) -> None:
        self.done = False
        self._rest = b""
        self._left = 0
        self._last = False

    def take(self, data: bytes) -> bytes:
        """What of the bytes so far can be passed on; what follows the body is dropped.

        Raises:
            MalformedError: they are no chunks as the strictest reader wants them.
        """
        # What was not understood before is a part of a line at most.
        held = self._rest + data
        place = 0
        while not self.done and (count := self._step(held, place)):
            place += count
        self._rest = held[place:]
        return held[:place]

    def _step(self, held: bytes, place: int) -> int:
        """How many bytes the next piece has; 0 while it has not come."""
        there = len(held) - place
        if self._left > len(_LINE_END):
            count = min(self._left - len(_LINE_END), there)
            self._left -= count
            return count
        if self._left:
            return self._end(held, place) if there >= self._left else 0
        end = held.find(_LINE_END, place, place + _LONGEST_LINE + len(_LINE_END))
        if end < 0:
            if there > _LONGEST_LINE:
                raise _malformed()
            return 0
        line = held[place:end]
        if not _SIZE.fullmatch(line):
            raise _malformed()
        size = int(line, 16)
        self._last = size == 0
        self._left = size + len(_LINE_END)
        return len(line) + len(_LINE_END)

    def _end(self, held: bytes, place: int) -> int:
        # After the last chunk trailers could stand; whoever reads them differs from the others.
        if not held.startswith(_LINE_END, place):
            raise _malformed()
        self.done = self._last
        self._left = 0
        return len(_LINE_END)


def _malformed() -> MalformedError:
    return MalformedError("malformed_request", "the chunks of the request's body are malformed")
