"""Grants to specs of their own. Layer: plan. LANGUAGE.md section 12.

An agent with a grant has, in place of each of its specs, the same spec with one more entry in
its allow lists: blocks, limits and sandbox stay as they are, so that all of them hold for what
is granted, and no other agent with that spec gets anything. A grant that was revoked adds
nothing.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.plan.agents import NamedSpec, problem
from wilkc.spec import Document, Grant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.core.diagnostics import Diagnostic

_JOINT: Final = "+"
"""Between a spec's name and its agent's; no name that is written holds it."""


def with_grants(
    specs: Mapping[str, NamedSpec],
    agents: Mapping[str, tuple[str, ...]],
    documents: Iterable[Document],
    problems: list[Diagnostic],
) -> tuple[Mapping[str, NamedSpec], Mapping[str, tuple[str, ...]]]:
    """Specs and agents, where agents with grants have specs of their own."""
    held = _granted(agents, documents, problems)
    more = {
        f"{name}{_JOINT}{agent}": replace(specs[name], name=f"{name}{_JOINT}{agent}", grants=given)
        for agent, given in held.items()
        for name in agents[agent]
        if name in specs
    }
    own = {
        agent: tuple(f"{name}{_JOINT}{agent}" for name in agents[agent] if name in specs)
        for agent in held
    }
    return {**specs, **more}, {**agents, **own}


def written_name(name: str) -> str:
    """The name that a spec was written under, whether an agent's grants are added or not."""
    return name.partition(_JOINT)[0]


def _granted(
    agents: Mapping[str, tuple[str, ...]],
    documents: Iterable[Document],
    problems: list[Diagnostic],
) -> dict[str, tuple[Document, ...]]:
    """Agent id to the grants that it has."""
    found: dict[str, tuple[Document, ...]] = {}
    first: dict[str, Document] = {}
    for document in documents:
        grant = document.model
        if not isinstance(grant, Grant):
            continue
        known = first.setdefault(grant.id, document)
        if known is not document:
            text = f"a grant `{grant.id}` already stands at {known.span}"
            span = document.where(("grant", "id"))
            problems.append(problem("W161", text, span, "give each grant an id of its own"))
        elif not agents.get(grant.agent):
            problems.append(_unknown(document, grant, agents))
        elif grant.revoked is None:
            found[grant.agent] = (*found.get(grant.agent, ()), document)
    return found


def _unknown(document: Document, grant: Grant, agents: Mapping[str, tuple[str, ...]]) -> Diagnostic:
    near = difflib.get_close_matches(grant.agent, [one for one in agents if agents[one]], n=1)
    advice = f"did you mean `{near[0]}`?" if near else "name an agent that has a spec"
    text = f"agent `{grant.agent}` has no spec that a grant could add to"
    return problem("W160", text, document.where(("grant", "agent")), advice)
