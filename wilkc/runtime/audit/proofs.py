"""Proofs that a record is in a log, and that a log only grew. Layer: runtime. Pure.

Sources: RFC 6962 section 2.1.1 and 2.1.2 (what a proof consists of), RFC 9162 section 2.1.3.2
and 2.1.4.2 (how it is verified). A proof is made in one pass over the leaves, in the memory
of the proof itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.tree import Frontier, node_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Range = tuple[int, int]
"""Leaves from the first up to, not including, the second."""


def inclusion_ranges(index: int, size: int) -> tuple[Range, ...]:
    """The subtrees whose roots prove a leaf, the leaf's sibling first.

    Raises:
        ValueError: the leaf is not in a tree of this size.
    """
    if not 0 <= index < size:
        raise ValueError(f"event {index} is not among the first {size}")
    found: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return tuple(reversed(found))


def consistency_ranges(old: int, new: int) -> tuple[Range, ...]:
    """The subtrees whose roots prove that a tree is the beginning of another.

    Raises:
        ValueError: the old tree is empty or larger than the new one.
    """
    if not 0 < old <= new:
        raise ValueError(f"a tree of {old} is not the beginning of one of {new}")
    found: list[Range] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, whole = middle, False
    return tuple(reversed(found if whole else [*found, (start, end)]))


def roots_of(leaves: Iterable[bytes], ranges: Sequence[Range], size: int) -> list[bytes]:
    """The roots of some subtrees and, last, of the first `size` leaves.

    Raises:
        VerificationError: there are fewer leaves.
    """
    wanted = [*ranges, (0, size)]
    trees = [Frontier() for _ in wanted]
    seen = 0
    for place, leaf in enumerate(leaves):
        if place >= size:
            break
        seen += 1
        for number, (start, end) in enumerate(wanted):
            if start <= place < end:
                trees[number] = trees[number].append(leaf)
    if seen < size:
        raise VerificationError(f"TRUNCATED: the log has {seen} events, {size} are needed")
    return [tree.root() for tree in trees]


def root_of_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root that a proof of inclusion leads to; RFC 9162 section 2.1.3.2.

    Raises:
        VerificationError: the proof is not for this place.
    """
    if not 0 <= index < size:
        raise VerificationError(f"event {index} is not among the first {size}")
    node, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            raise VerificationError("the proof of inclusion is too long")
        if node & 1 or node == last:
            found = node_hash(one, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, one)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise VerificationError("the proof of inclusion is too short")
    return found


def require_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Require that a tree is the beginning of another; RFC 9162 section 2.1.4.2.

    Raises:
        VerificationError: the proof does not show that.
    """
    if not 0 < old <= new:
        raise VerificationError(f"a tree of {old} is not the beginning of one of {new}")
    if old == new:
        if path or old_root != new_root:
            raise VerificationError("two trees of one size are not the same")
        return
    # A complete old tree stands for itself, so its own root is left out of the proof.
    rest = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not rest:
        raise VerificationError("the proof of consistency is empty")
    first, second = _both_roots(old, new, rest)
    if (first, second) != (old_root, new_root):
        raise VerificationError("the new tree does not begin with the old one")


def _both_roots(old: int, new: int, nodes: Sequence[bytes]) -> tuple[bytes, bytes]:
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = nodes[0]
    for one in nodes[1:]:
        if last == 0:
            raise VerificationError("the proof of consistency is too long")
        if node & 1 or node == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, one)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise VerificationError("the proof of consistency is too short")
    return first, second


def _split(count: int) -> int:
    """The largest power of two below a number of leaves above one."""
    return 1 << ((count - 1).bit_length() - 1)
