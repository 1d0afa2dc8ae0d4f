"""Specs as they are for one agent: its id and its roles are known. Layer: plan.

LANGUAGE.md section 12. Agents that have the same specs may be granted different things, where a
condition asks who they are; whoever looks at one agent for many must tell those apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.language.when import AGENT, ROLES
from wilkc.plan.conditional import of_agent

if TYPE_CHECKING:
    from collections.abc import Hashable

    from wilkc.plan.model import Plan, SpecPlan


class OwnSpecs:
    """The specs of agents, with nothing in them that depends on who asks.

    Attributes:
        plan: all specs, agents and roles.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._asked: dict[tuple[str, ...], frozenset[str]] = {}
        self._known: dict[Hashable, tuple[SpecPlan, ...]] = {}

    def alike(self, agent: str) -> Hashable:
        """The same for agents that have the same specs and that no condition tells apart.

        None for an agent that the plan does not know.
        """
        names = self.plan.agents.get(agent)
        if names is None:
            return None
        if names not in self._asked:
            self._asked[names] = frozenset(
                attribute
                for name in names
                for when in self.plan.specs[name].whens
                for attribute, _ in when.tests
            )
        asked = self._asked[names]
        roles = self.plan.roles.get(agent, ()) if ROLES in asked else ()
        return names, roles, agent if AGENT in asked else ""

    def of(self, agent: str) -> tuple[SpecPlan, ...] | None:
        """The agent's specs, the same objects for agents that are alike; None if it is unknown."""
        key = self.alike(agent)
        if key is None:
            return None
        if key not in self._known:
            roles = self.plan.roles.get(agent, ())
            self._known[key] = tuple(
                of_agent(self.plan.specs[name], agent, roles) for name in self.plan.agents[agent]
            )
        return self._known[key]
