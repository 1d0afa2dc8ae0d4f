"""One question and its answer as bytes of HTTP/1.1. Layer: opa (pure).

Only what OPA's server sends is understood (RFC 9112, sections 4 to 7): a length or chunks,
never both, never a body that ends with the connection. Everything else is refused. A general
client takes several hundred microseconds for what this does in a few.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

MAX_HEAD: Final = 16_384
"""Bytes of a status line with its headers, and of all interim answers together."""
_END: Final = b"\r\n\r\n"
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2})(?: [^\r\n]*)?")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")
_LENGTH: Final = re.compile(rb"[0-9]{1,9}")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n]*)?")
_MAX_CHUNK_LINE: Final = 256
_FIRST_FINAL: Final = 200


def question(target: str, body: bytes | None) -> bytes:
    """A whole request.

    Args:
        target: path and query, without blanks or controls.
        body: JSON to be posted, or None to get a page.
    """
    if body is None:
        return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("ascii")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


class Answer:
    """The bytes of one answer, taken as they come.

    Args:
        limit: bytes that the body may have.

    Attributes:
        status: the status, once the answer is whole.
        body: the body, once the answer is whole.
        keeps: whether the connection may be used again.
    """

    def __init__(self, limit: int) -> None:
        self.status = 0
        self.body = b""
        self.keeps = True
        self._limit = limit
        # Cheap to take from the front of, and to append to: an answer may come in many pieces.
        self._rest = bytearray()
        self._chunks = bytearray()
        self._length: int | None = None
        self._interim = 0

    @property
    def begun(self) -> bool:
        """Whether a byte of it has come."""
        return bool(self.status or self._rest or self._interim)

    def take(self, data: bytes) -> bool:
        """Take the next bytes.

        Returns:
            Whether the answer is whole.

        Raises:
            ValueError: it is not HTTP as described above, or larger than it may be.
        """
        self._rest += data
        if not self.status and not self._read_head():
            return False
        whole = self._read_chunks() if self._length is None else self._read_length(self._length)
        if whole and self._rest:
            raise ValueError("there is more than one answer")
        return whole

    def _read_head(self) -> bool:
        while (end := self._rest.find(_END)) >= 0:
            if self._interim + end > MAX_HEAD:
                break
            head = _head_of(bytes(self._rest[:end]))
            del self._rest[: end + len(_END)]
            if head.status >= _FIRST_FINAL:
                if head.length is not None and head.length > self._limit:
                    raise ValueError(f"the answer has more than {self._limit} bytes")
                self.status, self.keeps, self._length = head
                return True
            # Interim answers precede the one that was asked for (RFC 9110, section 15.2).
            self._interim += end
        if self._interim + len(self._rest) > MAX_HEAD:
            raise ValueError(f"its headers have more than {MAX_HEAD} bytes")
        return False

    def _read_length(self, length: int) -> bool:
        if len(self._rest) < length:
            return False
        self.body = bytes(self._rest[:length])
        del self._rest[:length]
        return True

    def _read_chunks(self) -> bool:
        while (end := self._rest.find(b"\r\n", 0, _MAX_CHUNK_LINE)) >= 0:
            found = _CHUNK.fullmatch(self._rest[:end])
            if found is None:
                raise ValueError("a chunk is malformed")
            size, start = int(found[1], 16), end + 2
            if len(self._chunks) + size > self._limit:
                raise ValueError(f"the answer has more than {self._limit} bytes")
            if len(self._rest) < start + size + 2:
                return False
            # After the last chunk trailers could stand; OPA sends none.
            if self._rest[start + size : start + size + 2] != b"\r\n":
                raise ValueError("a chunk does not end where it says")
            self._chunks += self._rest[start : start + size]
            del self._rest[: start + size + 2]
            if size == 0:
                self.body = bytes(self._chunks)
                return True
        if len(self._rest) >= _MAX_CHUNK_LINE:
            raise ValueError("a chunk is malformed")
        return False


class _Head(NamedTuple):
    """What a head says: the status, whether the connection is kept, the length if not chunks."""

    status: int
    keeps: bool
    length: int | None


@lru_cache(maxsize=64)
def _head_of(data: bytes) -> _Head:
    """Read a status line with its headers; those of the same second are often the same bytes."""
    status_line, *lines = data.split(b"\r\n")
    found = _STATUS.fullmatch(status_line)
    if found is None:
        raise ValueError("it does not speak HTTP/1.1")
    status = int(found[1])
    if status < _FIRST_FINAL:
        return _Head(status, keeps=True, length=None)
    headers: dict[bytes, bytes] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise ValueError("a header is malformed")
        name = found[1].lower()
        if name in headers and name in {b"content-length", b"transfer-encoding"}:
            raise ValueError("its length is given twice")
        headers[name] = found[2]
    keeps = headers.get(b"connection", b"").lower() != b"close"
    return _Head(status, keeps, _length_of(headers))


def _length_of(headers: dict[bytes, bytes]) -> int | None:
    """The length of the body; None for chunks."""
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if coding is not None:
        if coding.lower() != b"chunked" or length is not None:
            raise ValueError("its length cannot be told")
        return None
    if length is None or not _LENGTH.fullmatch(length):
        raise ValueError("its length cannot be told")
    return int(length)
