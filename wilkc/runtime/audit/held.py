"""The newest checkpoint this host signed, kept beside the keys. Layer: runtime.

A log that is smaller than it, or has another root at its size, was cut or rewritten: it is
neither opened nor signed again, whatever it says of itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import VerificationError
from wilkc.core.plain_files import read_plain
from wilkc.runtime.audit.note import MAX_NOTE_BYTES, Checkpoint, parse_checkpoint
from wilkc.runtime.disk import place_of
from wilkc.runtime.keys import HELD_DIRECTORY

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.walk import Walk


def held_path(keys: Path, origin: str) -> Path:
    """Where the held checkpoint of a log is; an origin never holds a `+`."""
    return place_of(keys, HELD_DIRECTORY, origin.replace("/", "+"))


def read_held(keys: Path, origin: str) -> Checkpoint | None:
    """The held checkpoint, or None before the first.

    Raises:
        VerificationError: it is damaged.
    """
    path = held_path(keys, origin)
    try:
        checkpoint, _ = parse_checkpoint(read_plain(path, MAX_NOTE_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise VerificationError(f"the held checkpoint `{path}` cannot be read") from error
    return checkpoint


def compare_size(held: Checkpoint | None, size: int, root: bytes) -> None:
    """Require that a log of this size and root can follow the held checkpoint.

    Raises:
        VerificationError: `TRUNCATED` or `TAMPERED`.
    """
    if held is None or held.size < size:
        return
    if held.size > size:
        raise VerificationError(
            f"TRUNCATED: the log has {size} events, this host signed for {held.size}"
        )
    if held.root != root:
        raise VerificationError(f"TAMPERED: the log is not the one signed at size {size}")


def compare_walk(held: Checkpoint | None, walk: Walk) -> None:
    """Require that a walked log has the held root at the held size, where it was walked.

    Raises:
        VerificationError: `TRUNCATED` or `TAMPERED`.
    """
    compare_size(held, walk.seq, walk.tree.root())
    if held is not None and held.size in walk.roots and walk.roots[held.size] != held.root:
        raise VerificationError(f"TAMPERED: the log is not the one signed at size {held.size}")
