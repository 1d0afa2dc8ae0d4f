"""JSON that two readers could read in two ways is refused."""

from __future__ import annotations

import pytest

from wilkc.core.strict_json import decode_json


def test_plain_values_are_read() -> None:
    assert decode_json('{"a": [1, "ä", null, true]}'.encode()) == {"a": [1, "ä", None, True]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,"a":2}',
        b'[{"a":1,"a":1}]',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"\xff",
        b'\xef\xbb\xbf"bom"',
        b"{} {}",
        b"[" * 100_000,
    ],
)
def test_odd_texts_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_json(data)
