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
    """Takes the bytes of a body as they come.

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
        self._rest += data
        out = []
        while not self.done:
            piece = self._step()
            if not piece:
                break
            out.append(piece)
        return b"".join(out)

    def _step(self) -> bytes:
        """The next piece; empty while it has not come."""
        if self._left > 2:  # noqa: PLR2004  # the CR LF that ends a chunk
            piece = self._rest[: self._left - 2]
            return self._taken(piece, self._left - len(piece))
        if self._left:
            return self._end() if len(self._rest) >= self._left else b""
        line, found, _ = self._rest.partition(b"\r\n")
        if not found:
            if len(self._rest) > _LONGEST_LINE:
                raise _malformed()
            return b""
        if not _SIZE.fullmatch(line):
            raise _malformed()
        size = int(line, 16)
        self._last = size == 0
        return self._taken(line + b"\r\n", size + 2)

    def _end(self) -> bytes:
        # After the last chunk trailers could stand; whoever reads them differs from the others.
        piece = self._rest[: self._left]
        if piece != b"\r\n":
            raise _malformed()
        self.done = self._last
        return self._taken(piece, 0)

    def _taken(self, piece: bytes, left: int) -> bytes:
        if piece:
            self._rest = self._rest[len(piece) :]
            self._left = left
        return piece


def _malformed() -> MalformedError:
    return MalformedError("malformed_request", "the chunks of the request's body are malformed")
