"""Splitting a file into lines at LF alone, in bounded memory. Layer: runtime. Reads files.

Text methods also split at U+2028, which may stand raw in a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from wilkc.runtime.audit.line import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK: Final = 1 << 20


class Frame(NamedTuple):
    """One line of a file.

    Attributes:
        offset: of its first byte.
        line: its bytes without LF; cut off if it is longer than any line may be.
        ended: whether an LF follows.
    """

    offset: int
    line: bytes
    ended: bool


def read_frames(file: BinaryIO) -> Iterator[Frame]:
    """The lines from the file's position on; nothing follows one that has no end."""
    offset = file.tell()
    while data := file.readline(MAX_LINE_BYTES + 1):
        ended = data.endswith(b"\n")
        yield Frame(offset, data.removesuffix(b"\n"), ended)
        if not ended:
            return
        offset += len(data)


def is_torn(path: Path, offset: int) -> bool:
    """Whether what follows a place looks like a write cut short by a crash.

    It has no LF, or holds a NUL byte, which stands in no canonical line but in blocks that
    were never written.
    """
    ends = 0
    with path.open("rb") as file:
        file.seek(offset)
        while chunk := file.read(_CHUNK):
            if b"\x00" in chunk:
                return True
            ends += chunk.count(b"\n")
    return ends == 0
