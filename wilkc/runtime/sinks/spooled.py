"""What comes over a network, as a file to read. Layer: runtime."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from wilkc.core.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def longer(what: str, most: int) -> VerificationError:
    """The refusal of what is longer than what was shipped."""
    return VerificationError(f"{what} is more than the {most} bytes that were shipped")


@contextmanager
def spooled(pieces: Iterable[bytes], most: int, what: str) -> Iterator[BinaryIO]:
    """A temporary file of these pieces, gone afterwards; memory holds one piece at a time.

    Args:
        pieces: none of them empty.
        most: bytes of all of them; whoever sends could else fill the disk here.
        what: their name in messages.

    Raises:
        VerificationError: there are more bytes, or a piece is empty.
    """
    with tempfile.TemporaryFile() as file:
        left = most
        for piece in pieces:
            left -= len(piece)
            if left < 0 or not piece:
                raise longer(what, most)
            file.write(piece)
        file.seek(0)
        yield cast("BinaryIO", file)
