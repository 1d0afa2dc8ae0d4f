"""The head of a plain host's answer, as the client gets it. Layer: runtime. No I/O.

RFC 9112. The body is carried as it comes until the host ends the connection, which it was
asked to do, so only what is about the connection itself is changed.
"""

from __future__ import annotations

import re
from typing import Final

from wilkc.runtime.egress.failures import UnreachableError
from wilkc.runtime.egress.head import END, MAX_HEAD

_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n\0]*)?")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*[^\r\n\0]*")
_HOP: Final = frozenset({
    b"connection", b"proxy-connection", b"keep-alive", b"upgrade", b"proxy-authenticate",
})  # fmt: skip
_FIRST_FINAL: Final = 200
MAX_UNANSWERED: Final = 65_536
"""Bytes of interim answers (1xx) that a host may give before its own."""


class AnswerReader:
    """Reads an answer piece by piece; each byte is looked at once, however small the pieces are.

    Interim answers (1xx) are left out: the client's leave to send was the proxy's to give.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._looked = 0
        self._before = 0

    def take(self, piece: bytes) -> tuple[bytes, bytes] | None:
        """What the client is sent of the answer's head, and the rest; None while it is not whole.

        Args:
            piece: what the host has said since the last time.

        Raises:
            UnreachableError: it is no answer of HTTP/1.1, or there is no end of interim ones.
        """
        self._data += piece
        while (end := self._data.find(END, max(self._looked - len(END) + 1, 0))) >= 0:
            if end > MAX_HEAD:
                raise _malformed()
            head = _client_head(bytes(self._data[:end]))
            del self._data[: end + len(END)]
            self._looked = 0
            self._before += end + len(END)
            if head is not None:
                return head, bytes(self._data)
        self._looked = len(self._data)
        if self._looked > MAX_HEAD:
            raise _malformed()
        if self._before + self._looked > MAX_UNANSWERED:
            raise UnreachableError("answer_malformed", "the host has no end of interim answers")
        return None


def _client_head(data: bytes) -> bytes | None:
    """A final head as the client gets it; None for an interim one."""
    line, *headers = data.split(b"\r\n")
    found = _STATUS.fullmatch(line)
    names = [_HEADER.fullmatch(header) for header in headers]
    if found is None or not all(names):
        raise _malformed()
    if int(found[1]) < _FIRST_FINAL:
        return None
    kept = [header[0] for header in names if header and header[1].lower() not in _HOP]
    return b"\r\n".join([line, *kept, b"Connection: close"]) + END


def _malformed() -> UnreachableError:
    return UnreachableError("answer_malformed", "the host's answer is not HTTP/1.1")
