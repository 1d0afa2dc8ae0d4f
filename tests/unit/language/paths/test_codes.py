"""The page of each code shows an entry that draws it and one that does not."""

from __future__ import annotations

import pytest

from wilkc.compiler import check
from wilkc.core.codes import CODES

PATH_CODES = [code for code in CODES if "W030" <= code <= "W049"]


@pytest.mark.parametrize("code", PATH_CODES)
def test_before_draws_the_code(code: str) -> None:
    found = check({"spec.yaml": CODES[code].before.encode()})
    assert [problem.code for problem in found] == [code]


@pytest.mark.parametrize("code", PATH_CODES)
def test_after_is_clean(code: str) -> None:
    assert check({"spec.yaml": CODES[code].after.encode()}) == ()
