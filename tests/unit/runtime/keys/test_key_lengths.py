"""A provider's bare key is told by its length, whatever its bytes are."""

from __future__ import annotations

import pytest

from wilkc.core.errors import VerificationError
from wilkc.runtime.keys.provider.keyfile import read_keys


def _none() -> bytes:
    raise AssertionError("no passphrase is needed")


@pytest.mark.parametrize("first", range(256))
def test_a_key_may_begin_with_any_byte(first: int) -> None:
    """`{`, with which files of several keys begin, is one of them."""
    key = bytes([first]) + bytes(range(31))
    assert read_keys(key, _none).secrets == (key,)


@pytest.mark.parametrize("length", [0, 31, 33])
@pytest.mark.parametrize("first", [b"{", b"x"])
def test_another_length_is_no_key(first: bytes, length: int) -> None:
    with pytest.raises(VerificationError, match="provider"):
        read_keys((first * length)[:length], _none)
