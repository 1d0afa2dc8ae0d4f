"""The leaves of a log, read without parsing its records. Layer: runtime. Reads files.

Nothing is verified here: who builds something of them compares the root with that of a
checkpoint, which settles it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.line import stored_of
from wilkc.runtime.audit.tree import HASH_BYTES, leaf_hash
from wilkc.runtime.audit.verifying.stubs import leaves_path, list_stubs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Leaf(NamedTuple):
    """A leaf with its event's bytes, which are None where the event was pruned."""

    hash: bytes
    stored: bytes | None


def read_leaves(directory: Path) -> Iterator[Leaf]:
    """All leaves of a log in order, those of pruned events too.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: events are missing.
    """
    try:
        yield from _leaves(directory)
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error


def _leaves(directory: Path) -> Iterator[Leaf]:
    segments = dict(list_segments(directory))
    places = sorted({**list_stubs(directory), **segments}.items())
    if not places:
        raise UsageError(f"there is no audit log at `{directory}`")
    seq = 0
    for first, path in places:
        if first != seq:
            raise VerificationError(f"`{path.name}` stands where event {seq} belongs")
        for leaf in _of_segment(path) if first in segments else _of_stub(path):
            seq += 1
            yield leaf


def _of_segment(path: Path) -> Iterator[Leaf]:
    with open_plain(path) as file:
        for frame in read_frames(file):
            stored = stored_of(frame.line) if frame.ended else None
            if stored is not None:
                yield Leaf(leaf_hash(stored), stored)


def _of_stub(path: Path) -> Iterator[Leaf]:
    with open_plain(leaves_path(path)) as file:
        while len(leaf := file.read(HASH_BYTES)) == HASH_BYTES:
            yield Leaf(leaf, None)
