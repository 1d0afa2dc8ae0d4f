"""The requests of a whole plan. Layer: analyze (pure)."""

from __future__ import annotations

import json
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from wilkc.analyze.boundary.around import BOUNDS, MAX_PER_SPEC, Level
from wilkc.analyze.boundary.commands import shell_requests
from wilkc.analyze.boundary.conditions import under_conditions
from wilkc.analyze.boundary.data import data_requests
from wilkc.analyze.boundary.hosts import network_requests
from wilkc.analyze.boundary.names import llm_requests, named_requests
from wilkc.analyze.boundary.paths import file_requests
from wilkc.core.contract import Request
from wilkc.plan import OwnSpecs

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from wilkc.plan import Plan
    from wilkc.plan.model import Permissions, SpecPlan

UNKNOWN_AGENT: Final = "\N{WHITE SQUARE} nobody"
"""An agent that no spec binds: ids are plain words."""


def boundary_requests(plan: Plan, level: Level) -> Iterator[Request]:
    """Requests about everything that the plan's agents may and may not do, without doubles.

    One agent stands for all that have the same specs and that no condition tells apart. The
    same plan gives the same requests in the same order.

    Args:
        plan: what the specs mean.
        level: `sample` touches every rule with a member and a neighbour, `full` all edges.
    """
    for agent, specs in _agents(plan):
        for spec in specs:
            yield from spec_requests(agent, spec, level)
    for action, kind in (("read", "file"), ("call", "tool"), ("x", "unknown"), ("read", "")):
        for agent in (UNKNOWN_AGENT, ""):
            yield Request(agent, action, kind, "./a")


def spec_requests(agent: str, spec: SpecPlan, level: Level) -> Iterator[Request]:
    """The requests of one agent about one spec, at most `MAX_PER_SPEC` of the level.

    Those on which conditions bear come with what these test besides, at most as many again.

    Args:
        agent: who asks.
        spec: as it is for the agent, see `OwnSpecs`.
        level: how many.
    """
    found = islice(_distinct(_categories(agent, spec.permissions, level)), MAX_PER_SPEC[level])
    if not spec.whens:
        return found
    return under_conditions(agent, spec, found, MAX_PER_SPEC[level])


def type_requests(agent: str, spec: SpecPlan, kind: str) -> Iterator[Request]:
    """Every request of one agent about one resource type of a spec, doubles among them."""
    bounds, permissions = BOUNDS["full"], spec.permissions
    match kind:
        case "file":
            return file_requests(agent, permissions.file, bounds)
        case "shell":
            return shell_requests(agent, permissions.shell, bounds)
        case "network":
            return network_requests(agent, permissions.network, bounds)
        case "llm":
            return llm_requests(agent, permissions.llm, bounds)
        case _:
            return named_requests(agent, permissions, bounds)


def _categories(agent: str, permissions: Permissions, level: Level) -> Iterator[Request]:
    bounds = BOUNDS[level]
    return chain(
        data_requests(agent, permissions.data, bounds),
        llm_requests(agent, permissions.llm, bounds),
        named_requests(agent, permissions, bounds),
        network_requests(agent, permissions.network, bounds),
        shell_requests(agent, permissions.shell, bounds),
        file_requests(agent, permissions.file, bounds),
    )


def _agents(plan: Plan) -> Iterator[tuple[str, tuple[SpecPlan, ...]]]:
    own = OwnSpecs(plan)
    seen: set[Hashable] = set()
    for agent in sorted(plan.agents):
        key = own.alike(agent)
        if key not in seen:
            seen.add(key)
            yield agent, own.of(agent) or ()


def _distinct(requests: Iterable[Request]) -> Iterator[Request]:
    seen: set[str] = set()
    for request in requests:
        key = json.dumps(request.as_input())
        if key not in seen:
            seen.add(key)
            yield request
