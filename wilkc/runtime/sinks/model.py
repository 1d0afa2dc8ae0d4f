"""What a sink is: a place elsewhere that keeps what it was given. Layer: runtime. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path


class Sink(Protocol):
    """Keeps objects by name. None is ever replaced by something else."""

    @property
    def name(self) -> str:
        """Where it is, without credentials."""
        ...

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Keep a file, whole or not at all; one that is there already is left.

        Args:
            key: its name there.
            path: the file.
            sha256: of its bytes, hexadecimal.

        Raises:
            UnavailableError: the sink cannot be reached, is full, or refuses.
            VerificationError: something else is kept by this name.
        """
        ...

    def read(self, key: str, most: int) -> AbstractContextManager[BinaryIO]:
        """What is kept by a name, as the sink has it.

        Args:
            key: its name there.
            most: bytes that it may have, as it was shipped.

        Raises:
            VerificationError: it is longer.
            UnavailableError: the sink cannot be reached, or has nothing by this name.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
