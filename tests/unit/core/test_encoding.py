"""Base64 for names and addresses: one text for each value."""

from __future__ import annotations

import itertools

import pytest

from wilkc.core.encoding import from_base64url, to_base64url

ALPHABET = "ABQRgw08-_+/=. \n"


@pytest.mark.parametrize("size", range(1, 8))
def test_what_was_written_is_read(size: int) -> None:
    for first in range(256):
        data = bytes([first]) + b"\xfa\xff\x00\x3e\x3f\x10"[: size - 1]
        assert from_base64url(to_base64url(data)) == data


def test_no_two_texts_mean_one_value() -> None:
    taken: dict[bytes, str] = {}
    for size in (1, 2, 3):
        for letters in itertools.product(ALPHABET, repeat=size):
            # Behind a whole group, too: what the decoder ignores stands in the last one alone.
            for text in ("".join(letters), "ABCD" + "".join(letters)):
                try:
                    data = from_base64url(text)
                except ValueError:
                    continue
                assert to_base64url(data) == text
                assert taken.setdefault(data, text) == text
    assert taken


@pytest.mark.parametrize(
    "text", ["", "A", "AB", "ABCDE", "ABC", "AB=", "AA==", "AA\n", "A A", "A+"]
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        from_base64url(text)
