"""The exit code of `wilkc status`: 0 only where a new bundle would come into force, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wilkc.cli.commands.status import _code
from wilkc.opa.condition import Condition
from wilkc.opa.upkeep import Upkeep

FINE = Condition("r1", 5, "k", "prod", 12.3456, 2, {}, 1, "", "")


def test_all_is_well() -> None:
    assert _code(FINE, answering=True) == 0
    assert _code(replace(FINE, upkeep=Upkeep("", 0, {})), answering=True) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        replace(FINE, refusals={"a": "x"}),
        replace(FINE, source_problem="gone"),
        replace(FINE, sidecar_problem="OPA was not answered where it fetches bundles for 120 s"),
        replace(FINE, upkeep=Upkeep("gone", 0, {})),
    ],
)
def test_what_is_wrong_while_decisions_come(wrong: Condition) -> None:
    assert _code(wrong, answering=True) == 6
    assert _code(wrong, answering=False) == 7


def test_nobody_answers() -> None:
    assert _code(FINE, answering=False) == 7
