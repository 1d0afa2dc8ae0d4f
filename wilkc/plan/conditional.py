"""Permissions in which some conditions hold and others don't. Layer: plan. LANGUAGE.md section 12.

An entry whose condition does not hold is as if it were not written: so a spec with conditions
means, for one request, what the spec means that has only the entries that count. Everything
that judges, compiles or compares permissions sees only such specs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wilkc.core.contract import Request
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.when import OF_THE_AGENT, When
from wilkc.plan.model import NameLists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wilkc.language.atoms import Effect
    from wilkc.language.when import Held
    from wilkc.plan.model import DataPlan, Permissions, Rule, SpecPlan

    Counts = Callable[[When, Effect], bool | When]

R = TypeVar("R", bound="Rule[Any]")
STATES: Final = 256
"""How many states of its conditions a spec remembers: n conditions have up to 3 ** n."""


def effects_of(permissions: Permissions) -> dict[When, frozenset[Effect]]:
    """The conditions of all entries, each once, sorted, with the effects of those entries."""
    found: dict[When, set[Effect]] = defaultdict(set)

    def note(when: When, effect: Effect) -> bool:
        found[when].add(effect)
        return True

    _kept(permissions, note)
    return {when: frozenset(found[when]) for when in sorted(found, key=repr)}


def unshown(effects: Iterable[tuple[When, frozenset[Effect]]]) -> dict[When, Held]:
    """What conditions count for that a request does not show.

    In allows that is as if they did not hold, in blocks as if they did; where a condition
    has entries of both effects it is a third state.
    """
    found: dict[When, set[Effect]] = defaultdict(set)
    for when, held in effects:
        found[when] |= held
    return {when: None if len(held) > 1 else BLOCK in held for when, held in found.items()}


def at_request(spec: SpecPlan, request: Request, roles: tuple[str, ...] = ()) -> SpecPlan:
    """The spec as it is for a request.

    A condition that the request does not show holds in a block and not in an allow.

    Args:
        spec: the spec.
        request: what is asked.
        roles: what bindings call the asking agent.
    """
    if not spec.whens:
        return spec
    held = tuple(when.holds(request, roles) for when in spec.whens)
    return _once(spec, held, lambda: where(spec, dict(zip(spec.whens, held, strict=True))))


def at_best(spec: SpecPlan) -> SpecPlan:
    """The spec where every condition of an allow holds and none of a block, see `perhaps`."""
    if not spec.whens:
        return spec
    return _once(spec, (), lambda: replace(spec, permissions=perhaps(spec.permissions), whens=()))


def _once(spec: SpecPlan, held: tuple[Held, ...], find: Callable[[], SpecPlan]) -> SpecPlan:
    """What was found for these states before, or is found now.

    Most requests show the same few states, and each finding goes through all entries.
    """
    known = spec.counting.get(held)
    if known is None:
        if len(spec.counting) >= STATES:
            spec.counting.clear()
        known = spec.counting[held] = find()
    return known


def where(spec: SpecPlan, shown: Mapping[When, Held]) -> SpecPlan:
    """The spec where it is known of each condition whether it holds; None is for not shown."""

    def counts(when: When, effect: Effect) -> bool:
        held = shown[when]
        return effect == BLOCK if held is None else held

    return replace(spec, permissions=_kept(spec.permissions, counts), whens=())


def of_agent(spec: SpecPlan, agent: str, roles: tuple[str, ...]) -> SpecPlan:
    """The spec as it is for one agent: nothing in it depends on who asks any more.

    Args:
        spec: the spec.
        agent: who has it.
        roles: what bindings call the agent.
    """
    if not any(name in OF_THE_AGENT for when in spec.whens for name, _ in when.tests):
        return spec
    asked = Request(agent, "", "", "")

    def left(when: When, effect: Effect) -> bool | When:
        own, others = when.parted()
        held = own.holds(asked, roles)
        if held is None:
            held = effect == BLOCK
        return others if held else False

    permissions = _kept(spec.permissions, left)
    return replace(spec, permissions=permissions, whens=tuple(effects_of(permissions)))


def surely(permissions: Permissions) -> Permissions:
    """What is granted whatever the conditions: no conditional allow counts, every block does."""
    return _kept(permissions, lambda _, effect: effect == BLOCK)


def perhaps(permissions: Permissions) -> Permissions:
    """What may be granted under some conditions: every allow counts, no conditional block does."""
    return _kept(permissions, lambda _, effect: effect == ALLOW)


def _kept(held: Permissions, counts: Counts) -> Permissions:
    """The permissions with the entries that count."""

    def allows(rules: tuple[R, ...]) -> tuple[R, ...]:
        return _counting(rules, ALLOW, counts)

    def blocks(rules: tuple[R, ...]) -> tuple[R, ...]:
        return _counting(rules, BLOCK, counts)

    def lists(both: NameLists) -> NameLists:
        return NameLists(allows(both.allow), blocks(both.block))

    file, network, shell = held.file, held.network, held.shell
    directories = shell.directories
    return replace(
        held,
        file=replace(
            file,
            allow={action: allows(rules) for action, rules in file.allow.items()},
            block=blocks(file.block),
        ),
        network=replace(
            network,
            allow=allows(network.allow),
            block=blocks(network.block),
            blocked_ports=blocks(network.blocked_ports),
        ),
        shell=replace(
            shell,
            allow=allows(shell.allow),
            block=blocks(shell.block),
            # An empty list is nowhere, and no list would be the workspace.
            directories=None if directories is None else allows(directories),
        ),
        data=_labelled(held.data, counts),
        llm=replace(held.llm, models=lists(held.llm.models)),
        named={
            kind: {action: lists(both) for action, both in actions.items()}
            for kind, actions in held.named.items()
        },
    )


def _labelled(data: DataPlan, counts: Counts) -> DataPlan:
    """The plan in which the labels that count are among those that always do."""
    if data.labels is None or not data.conditional:
        return data
    counting: set[str] = set()
    left: list[Rule[str]] = []
    for rule in data.conditional:
        held = rule.when is None or counts(rule.when, ALLOW)
        if isinstance(held, When) and held.tests:
            left.append(replace(rule, when=held))
        elif held:
            counting.update(rule.patterns)
    labels = replace(data.labels, values=data.labels.values | counting)
    return replace(data, labels=labels, conditional=tuple(left))


def _counting(rules: tuple[R, ...], effect: Effect, counts: Counts) -> tuple[R, ...]:
    """The rules that count; with what is left of their conditions, where that is told."""
    kept: list[R] = []
    for rule in rules:
        held = rule.when is None or counts(rule.when, effect)
        if isinstance(held, When):
            kept.append(replace(rule, when=held if held.tests else None))
        elif held:
            kept.append(rule)
    return tuple(kept)
