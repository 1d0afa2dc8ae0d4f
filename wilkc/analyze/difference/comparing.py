"""Comparing two versions of the policies. Layer: analyze. LANGUAGE.md section 11."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.audit import audit_differences
from wilkc.analyze.difference.commands import CommandQuestion
from wilkc.analyze.difference.conditions import circumstances, stamped
from wilkc.analyze.difference.confining import command_differences
from wilkc.analyze.difference.files import file_differences
from wilkc.analyze.difference.grouping import (
    Pairs,
    differing_types,
    fate_of,
    grouped,
    reworded,
)
from wilkc.analyze.difference.hosts import host_differences
from wilkc.analyze.difference.labels import label_differences
from wilkc.analyze.difference.limits import LIMITS, limit_differences, limits_differ
from wilkc.analyze.difference.model import (
    RISKS,
    AgentGroup,
    Change,
    Comparison,
    Undecided,
)
from wilkc.analyze.difference.names import name_differences
from wilkc.analyze.difference.running import running_differences
from wilkc.analyze.difference.schemas import call_differences
from wilkc.analyze.difference.sides import Direction, Side, distinct
from wilkc.language.automata import DEFAULT_BUDGET
from wilkc.language.when import Way

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wilkc.analyze.difference.sides import Finding
    from wilkc.plan import Plan, SpecPlan

TYPES: Final = frozenset(
    {"file", "shell", "network", "llm", "data", "system", "tool", "agent", "sandbox"}
)
"""Resource types, and how commands are confined."""
_NO_RULE: Final = (0, 0)


def compare(old: Plan, new: Plan, *, budget: int = DEFAULT_BUDGET) -> Comparison:
    """What the agents of two versions may do in one of them only.

    Args:
        old: the version before.
        new: the version after.
        budget: steps that one question to the automata may take; a question that takes more
            is listed as undecided, never guessed.

    Returns:
        Every agent of either version in one group; agents of equal meaning before and after
        share one. Each witness was decided by the reference evaluator on both versions.
    """
    groups = [_group(pairs, budget) for pairs in grouped(old, new)]
    groups.sort(key=_importance)
    compared = sum(len(one.agents) for one in groups)
    return Comparison(compared, tuple(groups), settings=audit_differences(old, new))


def grants_beyond(
    to: Side,
    base: Side,
    budget: int,
    *,
    types: Collection[str] = TYPES,
    other_names: bool = True,
) -> Iterator[Finding]:
    """What one side may do and the other may not, as widenings.

    Args:
        to: the side that is asked about.
        base: what bounds it.
        budget: steps that one question may take.
        types: resource types that are asked about.
        other_names: whether paths with further names are asked about.
    """
    yield from distinct(_beyond(to, base, budget, types, other_names=other_names))


def _beyond(
    to: Side, base: Side, budget: int, types: Collection[str], *, other_names: bool
) -> Iterator[Finding]:
    for then in circumstances(to, base):
        direction = Direction(then.to, then.base, widening=True, budget=budget)
        found = distinct(_requests(direction, types, other_names=other_names))
        yield from stamped(found, then, (to, base))
        if to.specs and base.specs and TYPES.issubset(types):
            yield from stamped(distinct(_degrees(direction, types)), then, (to, base))


def _group(pairs: Pairs, budget: int) -> AgentGroup:
    found = list(distinct(_found(pairs, budget))) if pairs.differing else []
    changes = sorted((one for one in found if isinstance(one, Change)), key=_order)
    undecided = tuple(one for one in found if isinstance(one, Undecided))
    return AgentGroup(
        agents=pairs.agents,
        fate=fate_of(pairs, changed=bool(changes or undecided)),
        old_specs=pairs.old_names,
        new_specs=pairs.new_names,
        files=_files(pairs),
        changes=tuple(changes),
        undecided=undecided,
        reworded=reworded(pairs, changes),
    )


def _found(pairs: Pairs, budget: int) -> Iterator[Finding]:
    agent = pairs.agents[0]
    old, new = Side(agent, pairs.old), Side(agent, pairs.new)
    for to, base in ((new, old), (old, new)):
        for then in circumstances(to, base):
            differing = pairs.differing
            if then.way != Way():
                differing &= differing_types(then.to.specs, then.base.specs)
            direction = Direction(then.to, then.base, widening=to is new, budget=budget)
            yield from stamped(distinct(_requests(direction, differing)), then, (to, base))
            if old.specs and new.specs:
                yield from stamped(distinct(_degrees(direction, differing)), then, (to, base))


def _requests(
    direction: Direction, types: Collection[str], *, other_names: bool = True
) -> Iterator[Finding]:
    """Requests that only one side grants."""
    if "file" in types:
        yield from file_differences(direction, other_names=other_names)
    yield from name_differences(direction, types)
    if "network" in types:
        yield from host_differences(direction)
    if "data" in types:
        yield from label_differences(direction)
    question = CommandQuestion(direction)
    if "shell" in types and question.cwds:
        yield from question.by_allow()
        yield from question.by_block()
        yield from running_differences(question)


def _degrees(direction: Direction, types: Collection[str]) -> Iterator[Finding]:
    """Limits, conditions and the sandbox of what both sides grant."""
    if "tool" in types:
        yield from call_differences(direction)
    for type_ in LIMITS:
        if type_ != "shell" and type_ in types and limits_differ(direction, type_):
            yield from limit_differences(direction, type_)
    # Which spec's sandbox holds rests on the patterns of commands, too.
    if "sandbox" in types or "shell" in types:
        yield from command_differences(direction)


def _files(pairs: Pairs) -> tuple[str, ...]:
    specs: tuple[SpecPlan, ...] = pairs.new or pairs.old
    return tuple(sorted({spec.span.file for spec in specs}))


def _importance(group: AgentGroup) -> tuple[bool, int, bool, tuple[str, ...]]:
    quiet = not (group.changes or group.undecided or group.fate != "unchanged")
    return quiet, RISKS.index(group.risk), not group.widens, group.agents


def _order(change: Change) -> tuple[object, ...]:
    rule = change.new or change.old
    place = (rule.line, rule.column) if rule else _NO_RULE
    file = rule.file if rule else ""
    risk = RISKS.index(change.risk)
    return risk, not change.widens, change.type, change.action, file, place, change.detail
