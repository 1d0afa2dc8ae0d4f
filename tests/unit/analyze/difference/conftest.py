"""Two versions of one agent's permissions, compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.analyze.difference import compare
from wilkc.core.diagnostics import has_errors
from wilkc.plan import build_plan, decide
from wilkc.spec import read_specs

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.analyze.difference import AgentGroup, Comparison
    from wilkc.plan import Plan


def plan_of(*documents: dict[str, Any]) -> Plan:
    """What documents mean, each in a file of its own."""
    sources = {f"f{place}.yaml": json.dumps(one).encode() for place, one in enumerate(documents)}
    read = read_specs(sources)
    plan, problems = build_plan(read.documents)
    assert plan is not None, (*read.diagnostics, *problems)
    assert not has_errors((*read.diagnostics, *problems))
    return plan


def spec(permissions: dict[str, Any], agent: str = "a", **more: Any) -> dict[str, Any]:
    """A spec of one agent."""
    return {"agent": agent, "permissions": permissions, **more}


def confirmed(comparison: Comparison, old: Plan, new: Plan) -> None:
    """Every example is granted by one version alone, unless a condition is what differs."""
    for group in comparison.groups:
        for change in group.changes:
            if change.witness is not None:
                granted = [decide(plan, change.witness).allow for plan in (old, new)]
                assert granted == [not change.widens, change.widens], change


def clauses(group: AgentGroup) -> set[tuple[str, str, str]]:
    """Kind, type and what an example asks for, or the name and the values of a limit."""
    return {
        (one.kind, f"{one.type} {one.action}", one.witness.id)
        if one.witness and one.kind.startswith("newly")
        else (one.kind, f"{one.type} {one.action}", one.detail)
        for one in group.changes
    }


@pytest.fixture
def compared() -> Callable[..., AgentGroup]:
    """Compares two permissions of one agent; keywords are further keys of both specs."""

    def run(old: dict[str, Any], new: dict[str, Any], **more: Any) -> AgentGroup:
        before, after = plan_of(spec(old, **more)), plan_of(spec(new, **more))
        comparison = compare(before, after)
        confirmed(comparison, before, after)
        assert len(comparison.groups) == 1
        return comparison.groups[0]

    return run
