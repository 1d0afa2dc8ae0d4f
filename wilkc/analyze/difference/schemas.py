"""What calls of tools must show: signatures and the shape of arguments. Layer: analyze.

LANGUAGE.md section 8. Two schemas are compared check by check. Where the checks of the one
follow from those of the other nothing is looser; where that cannot be told, it is shown as
looser, never as equal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.difference.asking import common
from wilkc.analyze.difference.calls import sample_arguments
from wilkc.analyze.difference.names import name_lists
from wilkc.core.contract import Request
from wilkc.language.automata import (
    CANONICAL_NAME,
    Included,
    Negatives,
    difference,
    name_language,
)
from wilkc.language.schemas import Check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.analyze.difference.asking import Lists
    from wilkc.analyze.difference.model import Change
    from wilkc.analyze.difference.sides import Direction
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import ArgumentRule, Names

Place = tuple[str, ...]
Placed = tuple[Place, Check]


def call_differences(direction: Direction) -> Iterator[Change]:
    """What `to` demands less of the calls that both sides may grant."""
    lists = name_lists(direction.to, "tool", "call"), name_lists(direction.base, "tool", "call")
    for entry, other, name in common(*lists, direction.budget):
        yield from _signatures(direction, entry.spec, other.spec, name)
        yield from _arguments(direction, entry.spec, other.spec, lists)


def _signatures(direction: Direction, to: SpecPlan, base: SpecPlan, name: str) -> Iterator[Change]:
    one, other = to.permissions.tools.signed, base.permissions.tools.signed
    if other is None or (one is not None and one.values <= other.values):
        return
    added = sorted(one.values - other.values) if one else []
    signed: dict[str, Any] = {"signed_by": added[0]} if added else {}
    arguments = sample_arguments(to, name)
    given = {**signed, "arguments": arguments} if arguments else signed
    asked = Request(direction.agent, "call", "tool", name, given)
    shown = direction.settle([asked])
    values = _signers(one), _signers(other)
    places = to.positions[one.id] if one else None, base.positions[other.id]
    change = direction.degree_of(("tool", "signed"), values, places, asked if shown else None)
    if direction.widening:
        why = f"also signatures of {', '.join(added)}" if added else "no signature is demanded"
        change = replace(change, risk="medium", why=why)
    yield change


def _signers(held: Names | None) -> str:
    return ", ".join(sorted(held.values)) if held else "none"


def _arguments(
    direction: Direction, to: SpecPlan, base: SpecPlan, lists: tuple[Lists, Lists]
) -> Iterator[Change]:
    own = to.permissions.tools.arguments
    for rule in base.permissions.tools.arguments:
        alike = [one for one in own if set(one.patterns) >= set(rule.patterns)]
        held = [placed for one in alike for placed in _placed(one)]
        lost = [placed for placed in _placed(rule) if not _follows(placed, held)]
        if not lost or not _concerns(rule, lists, direction.budget):
            continue
        demanded, instead = _shown(lost[0], held)
        places = to.positions[alike[0].id] if alike else None, base.positions[rule.id]
        change = direction.degree_of(("tool", "arguments"), (instead, demanded), places)
        if direction.widening:
            change = replace(change, risk="medium", why=f"`{rule.text}` takes further arguments")
        yield change


def _placed(rule: ArgumentRule) -> list[Placed]:
    return [(place, check) for place, checks in rule.schema.checks.items() for check in checks]


def _concerns(rule: ArgumentRule, lists: tuple[Lists, Lists], budget: int) -> bool:
    """Whether a call that both sides may grant is of a tool that the rule is about."""
    to, base = lists
    held = Negatives((*to.blocking, *base.blocking))
    return any(
        not isinstance(
            difference(
                CANONICAL_NAME & name_language(pattern, fold=True) & one & other,
                held,
                budget=budget,
            ),
            Included,
        )
        for pattern in rule.patterns
        for one in to.allowing
        for other in base.allowing
    )


def _follows(placed: Placed, held: Iterable[Placed]) -> bool:
    """Whether what one check demands is demanded by another of the same place."""
    place, check = placed
    return any(
        other.keyword == check.keyword and _implies(check.keyword, other.wanted, check.wanted)
        for where, other in held
        if where == place
    )


def _implies(keyword: str, one: Any, other: Any) -> bool:
    """Whether the first demand of a keyword is at least as strict as the second."""
    match keyword:
        case "minimum" | "minLength" | "minItems":
            return bool(one >= other)
        case "maximum" | "maxLength" | "maxItems":
            return bool(one <= other)
        case "required":
            return set(one) >= set(other)
        case "closed":
            return set(one) <= set(other)
        case "enum":
            return {*map(_key, one)} <= {*map(_key, other)}
        case "type":
            return set(one) <= ({*other, "integer"} if "number" in other else set(other))
        case _:
            return set(one) <= set(other)


def _key(value: object) -> tuple[bool, object]:
    """`true` is not 1."""
    return isinstance(value, bool), value


_NOTHING: Final = "anything"


def _shown(lost: Placed, held: Sequence[Placed]) -> tuple[str, str]:
    place, check = lost
    now = [one for where, one in held if where == place and one.keyword == check.keyword]
    where = ".".join(step if step > " " else "[]" for step in place) or "arguments"
    before = f"{where} {check.keyword} {_text(check.wanted)}"
    return before, (f"{_text(now[0].wanted)}" if now else _NOTHING)


def _text(wanted: Any) -> str:
    if not isinstance(wanted, tuple):
        return str(wanted)
    plain = [str(one) for one in wanted if isinstance(one, str | int)]
    return ", ".join(plain) if plain else "another pattern"
