"""Which agents there are, and which specs each has. Layer: plan. LANGUAGE.md section 1."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from wilkc.core.diagnostics import Diagnostic
from wilkc.spec import AgentSpec, Bindings, Document, Fleet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wilkc.core.spans import Span

    RoleSpecs = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NamedSpec:
    """A spec document under the name that `extends` and bindings use.

    Attributes:
        name: its name, or a name of its own where an agent has grants, see `with_grants`.
        document: where it stands.
        model: what it says.
        grants: what is granted to its one agent beside.
    """

    name: str
    document: Document
    model: AgentSpec
    grants: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of a set of documents.

    Attributes:
        known: every role that bindings define.
        of: agent id to its roles, sorted, for agents that have any.
    """

    known: frozenset[str] = frozenset()
    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Claim:
    agent: str
    specs: tuple[str, ...]
    span: Span


def assign_agents(
    specs: Mapping[str, NamedSpec], documents: Iterable[Document], problems: list[Diagnostic]
) -> Mapping[str, tuple[str, ...]]:
    """Agent id to the names of its specs, sorted.

    A spec's own agents, those that bindings give it, and the members of fleets; an agent
    that is given specs in two places is a problem.
    """
    held = tuple(documents)
    roles = _roles(specs, held, problems)
    claims: dict[str, _Claim] = {}
    for claim in (
        *_own_claims(specs),
        *_bound_claims(specs, held, problems),
        *_fleet_claims(specs, roles, held, problems),
    ):
        first = claims.setdefault(claim.agent, claim)
        if first is not claim:
            given = f"the spec `{first.specs[0]}`" if first.specs else "its roles"
            problems.append(
                problem(
                    "W140",
                    f"agent `{claim.agent}` already has {given} at {first.span}",
                    claim.span,
                    "leave one of the two out",
                )
            )
    return {agent: claims[agent].specs for agent in sorted(claims)}


def roles_of(documents: Iterable[Document]) -> Roles:
    """The roles that bindings define, and those that fleets give to agents."""
    known: set[str] = set()
    given: dict[str, tuple[str, ...]] = {}
    for document in documents:
        if isinstance(document.model, Bindings):
            known.update(document.model.roles)
        elif isinstance(document.model, Fleet):
            for member in document.model.members:
                if member.roles:
                    given[member.agent] = tuple(sorted(set(member.roles)))
    return Roles(frozenset(known), given)


def stem(file: str) -> str:
    """A file's name without its suffix and without `.wilk`."""
    return PurePath(file).stem.removesuffix(".wilk")


def own_agents(spec: NamedSpec) -> tuple[str, ...]:
    """The agents that a spec names itself, in the order written."""
    if spec.model.agents is not None:
        return spec.model.agents
    return (spec.model.agent or stem(spec.document.file),)


def _own_claims(specs: Mapping[str, NamedSpec]) -> Iterator[_Claim]:
    for name, spec in specs.items():
        listed = spec.model.agents is not None
        for number, agent in enumerate(own_agents(spec)):
            span = spec.document.where(("agents", number)) if listed else spec.document.span
            yield _Claim(agent, (name,), span)


def _bound_claims(
    specs: Mapping[str, NamedSpec], documents: Iterable[Document], problems: list[Diagnostic]
) -> Iterator[_Claim]:
    for document in documents:
        if not isinstance(document.model, Bindings):
            continue
        for name, agents in document.model.specs.items():
            if name not in specs:
                problems.append(unknown_spec(name, specs, document.where(("bindings", name))))
                continue
            for number, agent in enumerate(agents):
                yield _Claim(agent, (name,), document.where(("bindings", name, number)))


def _roles(
    specs: Mapping[str, NamedSpec], documents: Iterable[Document], problems: list[Diagnostic]
) -> RoleSpecs:
    """Role to the names of its specs."""
    roles: dict[str, tuple[str, ...]] = {}
    for document in documents:
        if not isinstance(document.model, Bindings):
            continue
        for role, names in document.model.roles.items():
            span = document.where(("bindings", "roles", role))
            if role in roles:
                problems.append(
                    problem("W148", f"role `{role}` is already defined", span, "merge the two")
                )
            roles[role] = names
            for number, name in enumerate(names):
                if name not in specs:
                    at = document.where(("bindings", "roles", role, number))
                    problems.append(unknown_spec(name, specs, at))
    return roles


def _fleet_claims(
    specs: Mapping[str, NamedSpec],
    roles: RoleSpecs,
    documents: Iterable[Document],
    problems: list[Diagnostic],
) -> Iterator[_Claim]:
    for document in documents:
        if not isinstance(document.model, Fleet):
            continue
        for member in document.model.members:
            if member.spec and member.spec not in specs:
                problems.append(unknown_spec(member.spec, specs, member.span))
            problems.extend(
                unknown_role(role, roles, member.span) for role in member.roles if role not in roles
            )
            given = {member.spec} if member.spec else set()
            given.update(name for role in member.roles for name in roles.get(role, ()))
            yield _Claim(member.agent, tuple(sorted(given)), member.span)


def unknown_spec(name: str, specs: Iterable[str], span: Span) -> Diagnostic:
    """The problem of a name that no spec has, with the nearest one as advice."""
    near = difflib.get_close_matches(name, list(specs), n=1)
    advice = (
        f"did you mean `{near[0]}`?" if near else "a spec is called by its `agent`, or its file"
    )
    return problem("W141", f"there is no spec `{name}`", span, advice)


def unknown_role(name: str, roles: Iterable[str], span: Span) -> Diagnostic:
    """The problem of a role that no binding defines, with the nearest one as advice."""
    near = difflib.get_close_matches(name, list(roles), n=1)
    advice = f"did you mean `{near[0]}`?" if near else "define it under `bindings.roles`"
    return problem("W147", f"there is no role `{name}`", span, advice)


def problem(code: str, message: str, span: Span, advice: str) -> Diagnostic:
    """An error about what documents mean together."""
    return Diagnostic(code, "error", message, span, help=advice)
