"""Permissions in which some conditions hold and others don't. Layer: plan. LANGUAGE.md section 12.

An entry whose condition does not hold is as if it were not written: so a spec with conditions
means, for one request, what the spec means that has only the entries that count. Everything
that judges, compiles or compares permissions sees only such specs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.when import EARLIEST, LATEST, holds
from wilkc.plan.model import NameLists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wilkc.core.contract import Json
    from wilkc.language.atoms import Effect
    from wilkc.language.when import When
    from wilkc.plan.model import Permissions, Rule, SpecPlan

    Counts = Callable[[When, Effect], bool]

R = TypeVar("R", bound="Rule[Any]")


def whens_of(permissions: Permissions) -> tuple[When, ...]:
    """The conditions of all entries, each once, sorted."""
    found: set[When] = set()

    def note(when: When, _: Effect) -> bool:
        found.add(when)
        return True

    _kept(permissions, note)
    return tuple(sorted(found))


def moments(whens: Iterable[When]) -> tuple[str, ...]:
    """The first instant of every stretch of time in which the same conditions hold, sorted."""
    edges = {edge for when in whens for edge in (when.start, when.end)}
    return tuple(sorted({EARLIEST, *edges} - {LATEST}))


def at_request(spec: SpecPlan, context: Mapping[str, Json]) -> SpecPlan:
    """The spec as it is for a request with this context.

    A condition that the context does not show holds in a block and not in an allow.
    """
    if not spec.whens:
        return spec
    shown = {when: holds(when, context) for when in spec.whens}
    return where(spec, shown)


def where(spec: SpecPlan, shown: Mapping[When, bool | None]) -> SpecPlan:
    """The spec where it is known of each condition whether it holds; None is for not shown."""

    def counts(when: When, effect: Effect) -> bool:
        held = shown[when]
        return effect == BLOCK if held is None else held

    return replace(spec, permissions=_kept(spec.permissions, counts), whens=())


def surely(permissions: Permissions) -> Permissions:
    """What is granted whatever the conditions: no conditional allow counts, every block does."""
    return _kept(permissions, lambda _, effect: effect == BLOCK)


def perhaps(permissions: Permissions) -> Permissions:
    """What may be granted under some conditions: every allow counts, no conditional block does."""
    return _kept(permissions, lambda _, effect: effect == ALLOW)


def _kept(held: Permissions, counts: Counts) -> Permissions:
    """The permissions with the entries that count."""

    def allows(rules: tuple[R, ...]) -> tuple[R, ...]:
        return tuple([one for one in rules if one.when is None or counts(one.when, ALLOW)])

    def blocks(rules: tuple[R, ...]) -> tuple[R, ...]:
        return tuple([one for one in rules if one.when is None or counts(one.when, BLOCK)])

    def lists(both: NameLists) -> NameLists:
        return NameLists(allows(both.allow), blocks(both.block))

    file, network, shell = held.file, held.network, held.shell
    return replace(
        held,
        file=replace(
            file,
            allow={action: allows(rules) for action, rules in file.allow.items()},
            block=blocks(file.block),
        ),
        network=replace(network, allow=allows(network.allow), block=blocks(network.block)),
        shell=replace(shell, allow=allows(shell.allow), block=blocks(shell.block)),
        llm=replace(held.llm, models=lists(held.llm.models)),
        named={
            kind: {action: lists(both) for action, both in actions.items()}
            for kind, actions in held.named.items()
        },
    )
