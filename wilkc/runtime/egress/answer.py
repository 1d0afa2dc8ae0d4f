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


def client_answer(data: bytes) -> tuple[bytes, bytes] | None:
    """What the client is sent of an answer's head, and the rest; None while it is not whole.

    Interim answers (1xx) are left out: the client's leave to send was the proxy's to give.

    Raises:
        UnreachableError: it is no answer of HTTP/1.1.
    """
    while (end := data.find(END)) >= 0:
        line, *headers = data[:end].split(b"\r\n")
        found = _STATUS.fullmatch(line)
        names = [_HEADER.fullmatch(header) for header in headers]
        if found is None or not all(names) or end > MAX_HEAD:
            break
        data = data[end + len(END) :]
        if int(found[1]) >= _FIRST_FINAL:
            kept = [header[0] for header in names if header and header[1].lower() not in _HOP]
            return b"\r\n".join([line, *kept, b"Connection: close"]) + END, data
    if end >= 0 or len(data) > MAX_HEAD:
        raise UnreachableError("answer_malformed", "the host's answer is not HTTP/1.1")
    return None
