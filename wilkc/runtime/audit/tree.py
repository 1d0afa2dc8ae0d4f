"""The Merkle tree over all records (RFC 6962 section 2.1). Layer: runtime. Pure.

A log that only grows needs no stored tree: the roots of the complete subtrees, at most one
for each bit of the size, are enough to append and to give the root.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier(NamedTuple):
    """A tree of a size, as the roots of its complete subtrees, largest first."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """The tree with one leaf hash more."""
        roots, left = list(self.roots), self.size
        while left & 1:
            leaf = node_hash(roots.pop(), leaf)
            left >>= 1
        return Frontier(self.size + 1, (*roots, leaf))

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.roots:
            return EMPTY_ROOT
        folded = self.roots[-1]
        for root in reversed(self.roots[:-1]):
            folded = node_hash(root, folded)
        return folded


def frontier_of(size: int, roots: Iterable[bytes]) -> Frontier:
    """A tree from its stored frontier.

    Raises:
        ValueError: the number of roots does not fit the size.
    """
    kept = tuple(roots)
    if len(kept) != size.bit_count() or any(len(root) != HASH_BYTES for root in kept):
        raise ValueError("the frontier does not fit the size of the tree")
    return Frontier(size, kept)
