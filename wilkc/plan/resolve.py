"""Which documents there are, what they are called, and what extends what. Layer: plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wilkc.core.names import NAME
from wilkc.plan.agents import (
    NamedSpec,
    Roles,
    assign_agents,
    own_agents,
    problem,
    roles_of,
    stem,
    unknown_spec,
)
from wilkc.plan.grants import with_grants
from wilkc.spec import AgentSpec, Document, SecurityPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wilkc.core.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Family:
    """All documents of one compile, sorted by what they are.

    Attributes:
        specs: by name; an agent with grants has specs of its own.
        agents: agent id to the names of its specs, sorted.
        policy: the organisation's policy with its document, if there is one.
        roles: which there are, and who has them.
    """

    specs: Mapping[str, NamedSpec]
    agents: Mapping[str, tuple[str, ...]]
    policy: tuple[Document, SecurityPolicy] | None
    roles: Roles = field(default_factory=Roles)


def resolve(documents: Iterable[Document]) -> tuple[Family, tuple[Diagnostic, ...]]:
    """Name the specs, follow `extends`, and assign agents and grants.

    Returns:
        The family and every problem; with errors among them the family is incomplete and
        must not be compiled.
    """
    held = tuple(documents)
    problems: list[Diagnostic] = []
    specs = _named(held, problems)
    _check_bases(specs, problems)
    agents = assign_agents(specs, held, problems)
    policy = _policy(held, problems)
    family = Family(*with_grants(specs, agents, held, problems), policy, roles_of(held))
    problems.extend(_guardrail_problems(family))
    return family, tuple(problems)


def _named(documents: Iterable[Document], problems: list[Diagnostic]) -> Mapping[str, NamedSpec]:
    specs: dict[str, NamedSpec] = {}
    for document in documents:
        model = document.model
        if not isinstance(model, AgentSpec):
            continue
        name = model.agent or stem(document.file)
        if not NAME.fullmatch(name):
            problems.append(
                problem(
                    "W105",
                    f"the file's name gives the name {name!a}, which is not one",
                    document.span,
                    "name it by `agent`, or the file by letters, digits, `.`, `_` and `-` alone, "
                    "a letter or digit first",
                )
            )
        first = specs.get(name)
        if first is None:
            specs[name] = NamedSpec(name, document, model)
            continue
        same = {*own_agents(first)} & {*own_agents(NamedSpec(name, document, model))}
        code = "W140" if same else "W143"
        what = "agent" if code == "W140" else "spec"
        problems.append(
            problem(
                code,
                f"{what} `{name}` is already defined at {first.document.span}",
                document.span,
                "give each spec an `agent` of its own, or put them into files of different names",
            )
        )
    return specs


def _check_bases(specs: Mapping[str, NamedSpec], problems: list[Diagnostic]) -> None:
    for spec in specs.values():
        for number, base in enumerate(spec.model.extends):
            span = spec.document.where(("extends", number))
            if base not in specs:
                problems.append(unknown_spec(base, specs, span))
            elif _reaches(base, spec.name, specs):
                problems.append(
                    problem(
                        "W142",
                        f"`{spec.name}` extends itself through `{base}`",
                        span,
                        "leave one of the circle's `extends` out",
                    )
                )


def _reaches(start: str, goal: str, specs: Mapping[str, NamedSpec]) -> bool:
    seen: set[str] = set()
    pending = [start]
    while pending:
        name = pending.pop()
        if name == goal:
            return True
        if name in specs and name not in seen:
            seen.add(name)
            pending.extend(specs[name].model.extends)
    return False


def _policy(
    documents: Iterable[Document], problems: list[Diagnostic]
) -> tuple[Document, SecurityPolicy] | None:
    found: tuple[Document, SecurityPolicy] | None = None
    for document in documents:
        if not isinstance(document.model, SecurityPolicy):
            continue
        if found is None:
            found = (document, document.model)
        else:
            problems.append(
                problem(
                    "W144",
                    f"a security policy already stands at {found[0].span}",
                    document.span,
                    "merge the two",
                )
            )
    return found


def _guardrail_problems(family: Family) -> Iterator[Diagnostic]:
    document, policy = family.policy or (None, None)
    if document is None or policy is None or policy.guardrails is None:
        return
    place = ("security_policy", "guardrails")
    bound = policy.guardrails.within
    if bound is not None and bound not in family.specs:
        yield unknown_spec(bound, family.specs, document.where((*place, "within")))
