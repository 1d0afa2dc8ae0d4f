"""A log as static tiles that any client of transparency logs reads. Layer: runtime.

The form is https://c2sp.org/tlog-tiles: `checkpoint`, `tile/<level>/<n>` with 256 hashes,
`tile/entries/<n>` with the events, each after its length in two bytes. Memory holds one tile a
level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.leaves import read_leaves
from wilkc.runtime.audit.note import parse_checkpoint
from wilkc.runtime.audit.tree import Frontier

if TYPE_CHECKING:
    from pathlib import Path

WIDTH: Final = 256
_LENGTH_BYTES: Final = 2
_GROUP: Final = 1000


def write_tiles(directory: Path, target: Path, checkpoint_text: str) -> int:
    """Write the tiles of a log up to a checkpoint; the checkpoint comes last.

    Args:
        directory: of the log.
        target: a new or empty folder.
        checkpoint_text: the checkpoint as signed.

    Returns:
        The number of events.

    Raises:
        UsageError: the checkpoint is malformed, events are pruned, or the folder is in use.
        VerificationError: the log does not agree with the checkpoint.
    """
    try:
        checkpoint, _ = parse_checkpoint(checkpoint_text)
    except ValueError as error:
        raise UsageError(f"it is no checkpoint: {error}") from error
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise UsageError(f"`{target}` is not empty")
        tiles = _Tiles(target)
        for place, leaf in enumerate(read_leaves(directory)):
            if place == checkpoint.size:
                break
            if leaf.stored is None:
                raise UsageError("tiles need every event, and some were pruned")
            tiles.add(leaf.hash, leaf.stored)
        tiles.finish()
        if (tiles.tree.size, tiles.tree.root()) != (checkpoint.size, checkpoint.root):
            raise VerificationError("TAMPERED: the log does not agree with the checkpoint")
        (target / "checkpoint").write_text(checkpoint_text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write `{target}`: {error.strerror}") from error
    return checkpoint.size


class _Tiles:
    def __init__(self, target: Path) -> None:
        self._target = target
        self._levels: list[list[bytes]] = [[]]
        self._written = [0]
        self._entries = bytearray()
        self.tree = Frontier()

    def add(self, leaf: bytes, stored: bytes) -> None:
        self.tree = self.tree.append(leaf)
        self._entries += len(stored).to_bytes(_LENGTH_BYTES) + stored
        self._levels[0].append(leaf)
        if len(self._levels[0]) == WIDTH:
            self._put("entries", self._written[0], bytes(self._entries), WIDTH)
            self._entries.clear()
            self._close(0)

    def finish(self) -> None:
        """Write what is left as partial tiles."""
        if self._levels[0]:
            self._put("entries", self._written[0], bytes(self._entries), len(self._levels[0]))
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._put(str(level), self._written[level], b"".join(hashes), len(hashes))

    def _close(self, level: int) -> None:
        hashes = self._levels[level]
        self._put(str(level), self._written[level], b"".join(hashes), WIDTH)
        self._written[level] += 1
        tree = Frontier()
        for one in hashes:
            tree = tree.append(one)
        self._levels[level] = []
        if level + 1 == len(self._levels):
            self._levels.append([])
            self._written.append(0)
        self._levels[level + 1].append(tree.root())
        if len(self._levels[level + 1]) == WIDTH:
            self._close(level + 1)

    def _put(self, level: str, number: int, data: bytes, width: int) -> None:
        path = self._target / "tile" / level / tile_name(number)
        if width < WIDTH:
            path = path.with_name(f"{path.name}.p") / str(width)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def tile_name(number: int) -> str:
    """A tile's number in groups of three digits, all but the last after an `x`."""
    groups = [f"{number % _GROUP:03d}"]
    while number >= _GROUP:
        number //= _GROUP
        groups.append(f"x{number % _GROUP:03d}")
    return "/".join(reversed(groups))
