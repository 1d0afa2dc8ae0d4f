"""Entries with conditions, compared and proved at every time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.analyze.difference.conftest import confirmed, plan_of, spec
from wilkc.analyze.difference import compare
from wilkc.analyze.prove import Never, Within, prove_guardrails
from wilkc.language.guardrails import parse_guardrail

NINE, TEN, NOON = (f"2026-11-28T{hour}:00:00Z" for hour in ("09", "10", "12"))
ALWAYS = "./fix/**"


def _entry(**test: str) -> Any:
    return {"path": ALWAYS, "when": {"context.time": test}}


def _spec(*allow: Any, block: tuple[Any, ...] = ()) -> dict[str, Any]:
    held = {"write": list(allow), "metadata": {"blocked_paths": list(block)}}
    return spec({"filesystem": held})


UNTIL_TEN, UNTIL_NOON = _entry(max=TEN), _entry(max=NOON)
MORNING, WHOLE = _entry(min=NINE, max=TEN), _entry(min=NINE, max=NOON)
LATER = _entry(min=TEN, max=NOON)


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        (_spec(UNTIL_TEN), _spec(UNTIL_TEN), set()),
        (_spec(UNTIL_TEN), _spec(UNTIL_NOON), {"newly_allowed"}),
        (_spec(UNTIL_NOON), _spec(UNTIL_TEN), {"newly_denied"}),
        (_spec(WHOLE), _spec(MORNING), {"newly_denied"}),
        (_spec(MORNING), _spec(LATER), {"newly_allowed", "newly_denied"}),
        (_spec(ALWAYS), _spec(UNTIL_TEN), {"newly_denied"}),
        (_spec(UNTIL_TEN), _spec(ALWAYS), {"newly_allowed"}),
        (_spec(), _spec(UNTIL_TEN), {"newly_allowed"}),
        (_spec(WHOLE), _spec(MORNING, LATER), set()),
        (_spec(ALWAYS, UNTIL_TEN), _spec(ALWAYS), set()),
        (_spec("./**", block=(ALWAYS,)), _spec("./**", block=(MORNING,)), {"newly_allowed"}),
        (_spec("./**", block=(MORNING,)), _spec("./**", block=(ALWAYS,)), {"newly_denied"}),
        (_spec("./**", block=(UNTIL_TEN,)), _spec("./**", block=(UNTIL_NOON,)), {"newly_denied"}),
        (_spec("./**"), _spec("./**", block=(MORNING,)), {"newly_denied"}),
        (_spec("./**", block=(MORNING,)), _spec("./**"), {"newly_allowed"}),
    ],
)
def test_what_a_changed_condition_changes(
    old: dict[str, Any], new: dict[str, Any], kinds: set[str]
) -> None:
    before, after = plan_of(old), plan_of(new)
    comparison = compare(before, after)
    found = {change.kind for group in comparison.groups for change in group.changes}
    assert found == kinds
    confirmed(comparison, before, after)
    assert all(not group.undecided for group in comparison.groups)


@pytest.mark.parametrize(
    ("held", "outcome"),
    [
        (_spec("./src/**"), "holds"),
        (_spec(UNTIL_TEN), "broken"),
        (_spec("./**", block=(ALWAYS,)), "holds"),
        (_spec("./**", block=(UNTIL_TEN,)), "broken"),
        (_spec(UNTIL_TEN, block=(UNTIL_NOON,)), "holds"),
        (_spec(UNTIL_NOON, block=(UNTIL_TEN,)), "broken"),
    ],
)
def test_a_guardrail_is_proved_for_every_time(held: dict[str, Any], outcome: str) -> None:
    text = "file:./fix/** write"
    verdicts = prove_guardrails(plan_of(held), [Never(text, parse_guardrail(text))])
    assert [one.outcome for one in verdicts] == [outcome]


@pytest.mark.parametrize(
    ("held", "outcome"),
    [(_spec(MORNING), "holds"), (_spec(ALWAYS), "broken"), (_spec(UNTIL_TEN), "broken")],
)
def test_a_bound_with_conditions_bounds_at_every_time(held: dict[str, Any], outcome: str) -> None:
    bound = spec({"filesystem": {"write": [WHOLE]}}, "bound")
    verdicts = prove_guardrails(plan_of(held, bound), [], Within("bound", None))
    assert next(one.outcome for one in verdicts if "a" in one.agents) == outcome
