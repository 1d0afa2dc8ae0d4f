"""Proofs agree with RFC 6962 as it is written, and nothing else passes."""

from __future__ import annotations

import hashlib
import random

import pytest

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.proofs import (
    consistency_ranges,
    inclusion_ranges,
    require_consistency,
    root_of_inclusion,
    roots_of,
)
from wilkc.runtime.audit.tree import leaf_hash

SEED = 29
LEAVES = [leaf_hash(bytes([n])) for n in range(40)]


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + _root(leaves[:k]) + _root(leaves[k:])).digest()


def _path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if m < k:
        return [*_path(m, leaves[:k]), _root(leaves[k:])]
    return [*_path(m - k, leaves[k:]), _root(leaves[:k])]


def _subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [_root(leaves)]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), _root(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), _root(leaves[:k])]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33, 40])
def test_inclusion(size: int) -> None:
    for index in range(size):
        *path, root = roots_of(LEAVES, inclusion_ranges(index, size), size)
        assert path == _path(index, LEAVES[:size])
        assert root == _root(LEAVES[:size])
        assert root_of_inclusion(index, size, LEAVES[index], path) == root
        others = [place for place in range(size) if place != index]
        for place in others:
            assert root_of_inclusion_or_none(place, size, LEAVES[index], path) != root


def root_of_inclusion_or_none(*arguments: object) -> bytes | None:
    try:
        return root_of_inclusion(*arguments)  # type: ignore[arg-type]
    except VerificationError:
        return None


@pytest.mark.parametrize("new", [1, 2, 3, 4, 7, 8, 9, 16, 21, 40])
def test_consistency(new: int) -> None:
    chosen = random.Random(SEED)
    print(f"seed {SEED}")
    for old in range(1, new + 1):
        *path, root = roots_of(LEAVES, consistency_ranges(old, new), new)
        assert path == _subproof(old, LEAVES[:new], whole=True)
        before = _root(LEAVES[:old])
        require_consistency(old, new, before, root, path)
        wrong = [
            (old, new, root, before, path) if old != new else (old, new, before, bytes(32), path),
            (old, new, before, root, [*path, bytes(32)]),
            (old, new, bytes(32), root, path),
        ]
        if path:
            place = chosen.randrange(len(path))
            wrong += [
                (old, new, before, root, path[:-1]),
                (old, new, before, root, [*path[:place], bytes(32), *path[place + 1 :]]),
            ]
        for one in wrong:
            with pytest.raises(VerificationError):
                require_consistency(*one)


def test_what_has_no_proof_is_refused() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 2)):
        with pytest.raises(ValueError, match="not among"):
            inclusion_ranges(index, size)
        with pytest.raises(VerificationError, match="not among"):
            root_of_inclusion(index, size, LEAVES[0], [])
    for old, new in ((0, 1), (3, 2)):
        with pytest.raises(ValueError, match="not the beginning"):
            consistency_ranges(old, new)
    with pytest.raises(VerificationError, match="TRUNCATED"):
        roots_of(LEAVES, (), 41)
    for length in (0, 1, 3):
        with pytest.raises(VerificationError, match="too"):
            root_of_inclusion(0, 4, LEAVES[0], LEAVES[:length])
