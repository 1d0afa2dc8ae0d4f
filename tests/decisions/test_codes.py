"""The examples of every diagnostic code, through the whole compiler.

Each `before` draws its code, and each `after` draws nothing at all; that of a check of lint
draws no more of its own code, as others may find the short example wanting.
"""

from __future__ import annotations

import pytest

from wilkc.compiler import check, review
from wilkc.core.codes import CODES, Code

# Examples that are one file among others; alone they would lack what they refer to.
BESIDE = {
    "W110": b"agent: builder\npermissions: {}\n",
    "W147": b"agent: a\npermissions: {}\n---\nbindings: {roles: {dev: [a]}}\n",
    "W148": b"agent: a\npermissions: {}\n---\nagent: b\npermissions: {}\n",
}
FIRST_OF_LINT = "W200"
OF_BASELINES = "W237"
"""Its examples are baselines, see `tests/unit/cli/test_baseline.py`."""
OF_SPECS = [code for code in CODES.values() if code.id != OF_BASELINES]


def _codes_of(code: Code, text: str) -> set[str]:
    suffix = "jsonl" if text.startswith("{") else "yaml"
    sources = {f"example.{suffix}": text.encode("utf-8", "surrogateescape")}
    if code.id in BESIDE:
        sources["beside.yaml"] = BESIDE[code.id]
    if code.id >= FIRST_OF_LINT:
        drawn = {finding.diagnostic.code for finding in review(sources).findings}
        return drawn & {code.id}
    return {found.code for found in check(sources)}


@pytest.mark.parametrize("code", OF_SPECS, ids=lambda code: code.id)
def test_before_draws_the_code(code: Code) -> None:
    assert code.id in _codes_of(code, code.before)


@pytest.mark.parametrize("code", OF_SPECS, ids=lambda code: code.id)
def test_after_draws_nothing(code: Code) -> None:
    assert _codes_of(code, code.after) == set()


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_code_is_shown_with_its_place_and_a_way_out(code: Code) -> None:
    suffix = "jsonl" if code.before.startswith("{") else "yaml"
    sources = {f"example.{suffix}": code.before.encode("utf-8", "surrogateescape")}
    found = [one for one in check(sources) if one.code == code.id]
    assert all(one.span.line > 0 and one.span.column > 0 for one in found)
    assert all(one.help or one.label for one in found), [one.message for one in found]
