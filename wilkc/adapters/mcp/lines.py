"""Lines out of pieces. Layer: adapters. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.adapters.mcp.messages import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

TOO_LONG: Final = None
"""Stands for a line that was longer than a message may be."""


class Lines:
    """Puts lines together as their pieces come; what is too long is dropped, and told.

    Args:
        most: bytes of a line without its end.
    """

    def __init__(self, most: int = MAX_MESSAGE) -> None:
        self._most = most
        self._pieces: list[bytes] = []
        self._size = 0
        self._dropping = False

    def take(self, piece: bytes, *, blank: bool = False) -> Iterator[bytes | None]:
        """The lines that end in a piece, without their ends.

        Args:
            piece: the next bytes.
            blank: whether empty lines count.
        """
        *whole, rest = piece.split(b"\n")
        for part in whole:
            self._add(part)
            if self._dropping:
                yield TOO_LONG
            elif (line := b"".join(self._pieces).removesuffix(b"\r")) or blank:
                yield line
            self._pieces, self._size, self._dropping = [], 0, False
        self._add(rest)

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._dropping or self._size > self._most:
            self._dropping = True
            self._pieces = []
        elif part:
            self._pieces.append(part)
