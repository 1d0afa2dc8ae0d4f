from __future__ import annotations

from typing import Any

import pytest

from wilkc.core.numbers import whole_number


@pytest.mark.parametrize(
    ("value", "number"), [(0, 0), (7, 7), (10.0, 10), (2**80, 2**80), (1e300, int(1e300))]
)
def test_whole_numbers_are_whole_however_they_are_written(value: Any, number: int) -> None:
    assert whole_number(value) == number
    assert type(whole_number(value)) is int


@pytest.mark.parametrize(
    "value", [-1, -1.0, 0.5, True, False, None, "1", [], {}, float("inf"), float("nan")]
)
def test_anything_else_is_none(value: Any) -> None:
    assert whole_number(value) is None
