"""Tests of attributes: what the cases say, read from a spec and asked of the language alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.property.whens import lowered
from wilkc.core.contract import Request
from wilkc.language.when import showing

CASES = json.loads((Path(__file__).parent / "condition-cases.json").read_text(encoding="utf-8"))[
    "cases"
]
ASKED = Request("a", "read", "file", "./a")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_value_satisfies_a_test_fails_it_or_does_not_show_it(case: dict[str, Any]) -> None:
    when = lowered({case["attribute"]: case["test"]})
    shown = {True: case["holds"], False: case["fails"], None: case["unshown"]}
    for wanted, values in shown.items():
        for value in values:
            held = when.holds(showing(ASKED, {case["attribute"]: value}))
            assert held is (wanted if case["name"] != "presence" or value is not None else False)
    assert case["holds"]
    assert when.holds(ASKED) is (False if case["name"] == "presence" else None)
