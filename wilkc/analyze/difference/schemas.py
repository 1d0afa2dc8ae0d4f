"""What calls of tools must show: signatures and the shape of arguments. Layer: analyze.

LANGUAGE.md section 8. Two schemas are compared check by check, for the tools that both are
about. Where the checks of the one follow from those of the other nothing is looser; where that
cannot be told and no call shows the contrary either, it is not decided, and never equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.difference.asking import shortest_of
from wilkc.analyze.difference.calls import sample_arguments, violating
from wilkc.analyze.difference.meeting import common
from wilkc.analyze.difference.model import Undecided
from wilkc.analyze.difference.names import name_lists
from wilkc.core.contract import Request
from wilkc.language.automata import (
    CANONICAL_NAME,
    Included,
    Inconclusive,
    Negatives,
    Witness,
    name_language,
)
from wilkc.language.schemas import INDEX, Check, Schema, conforms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wilkc.analyze.difference.asking import Lists
    from wilkc.analyze.difference.sides import Direction, Finding
    from wilkc.core.contract import Json
    from wilkc.language.automata import Language
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import ArgumentRule, Names

Place = tuple[str, ...]
Placed = tuple[Place, Check]
NOT_COMPARED: Final = "no call was found that only one of the schemas takes, and there may be one"
_ANY_SCHEMA: Final = ((), Check("type", ("object",)))
"""Arguments always are an object; what else any schema demands is that all read them alike."""


def call_differences(direction: Direction) -> Iterator[Finding]:
    """What `to` demands less of the calls that both sides may grant.

    Of the specs of `base` each by itself may grant a call. So less is demanded where none that
    takes the tool and the signer demands as little as a spec of `to`.
    """
    lists = name_lists(direction.to, "tool", "call"), name_lists(direction.base, "tool", "call")
    for to in direction.to.specs:
        own = lists[0].of({to.name})
        signed = to.permissions.tools.signed
        for signer in (sorted(signed.values) if signed else [""]) if own.allow else ():
            taking = {one.name for one in direction.base.specs if _takes(one, signer)}
            asked = _Asked(direction, to, signer, own, lists[1], taking)
            yield from _signatures(asked)
            yield from _arguments(asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Calls that one spec of `to` takes with one signature.

    Attributes:
        direction: the two sides.
        to: the spec.
        signer: whose signature they bear; empty for nobody's.
        own: the allows of the spec, and all blocks of `to`.
        base: the allows and blocks of `base`.
        taking: the specs of `base` that take the signature.
    """

    direction: Direction
    to: SpecPlan
    signer: str
    own: Lists
    base: Lists
    taking: set[str]

    def request(self, name: str, arguments: dict[str, Json] | None) -> Request:
        """The call of a tool."""
        properties: dict[str, Json] = {"signed_by": self.signer} if self.signer else {}
        if arguments:
            properties["arguments"] = arguments
        return Request(self.direction.agent, "call", "tool", name, properties)


def _takes(spec: SpecPlan, signer: str) -> bool:
    signed = spec.permissions.tools.signed
    return signed is None or signer in signed.values


def _signatures(asked: _Asked) -> Iterator[Finding]:
    """Tools whose calls both grant, and with this signature only `to`."""
    direction, to = asked.direction, asked.to
    others = asked.base.of({one.name for one in direction.base.specs} - asked.taking)
    still = asked.base.of(asked.taking).allowing
    for met in common(asked.own, others, direction.budget, without=still):
        one, other = to.permissions.tools.signed, met.other.spec.permissions.tools.signed
        if other is None:
            continue
        place = met.other.spec.positions[other.id]
        if isinstance(met.verdict, Inconclusive):
            yield Undecided("tool", "signed", place, met.verdict.why)
            continue
        name = met.verdict.text
        request = asked.request(name, sample_arguments(to, name))
        shown = direction.settle([request])
        added = sorted(one.values - other.values) if one else []
        places = to.positions[one.id] if one else None, place
        values = _signers(one), _signers(other)
        change = direction.degree_of(("tool", "signed"), values, places, request if shown else None)
        if direction.widening:
            why = f"also signatures of {', '.join(added)}" if added else "no signature is demanded"
            change = replace(change, risk="medium", why=why)
        yield change


def _signers(held: Names | None) -> str:
    return ", ".join(sorted(held.values)) if held else "none"


def _arguments(asked: _Asked) -> Iterator[Finding]:
    """For each rule of `base` the first of its checks that some call need not pass."""
    specs = [one for one in asked.direction.base.specs if one.name in asked.taking]
    lost = {spec.name: list(_lost(asked, spec, ())) for spec in specs}
    full = [name for name, found in lost.items() if not found]
    demanding_less = list(asked.base.of(full).allowing)
    for spec in specs:
        told: set[str] = set()
        found = lost[spec.name]
        for one in _lost(asked, spec, demanding_less) if found and full else found:
            if one.rule.id not in told:
                told.add(one.rule.id)
                yield _clause(asked, spec, one)


@dataclass(frozen=True, slots=True)
class _Lost:
    """A check of a rule of `base` that calls need not pass, as far as is known.

    Attributes:
        rule: of `base`.
        placed: the check, with its place.
        verdict: a tool that is concerned, or why there may be one.
    """

    rule: ArgumentRule
    placed: Placed
    verdict: Witness | Inconclusive


def _lost(asked: _Asked, base: SpecPlan, without: Sequence[Language]) -> Iterator[_Lost]:
    """The checks of a spec, those last that every schema makes."""
    others = asked.base.of({base.name})
    blocked = (*asked.own.blocking, *others.blocking, *without)
    for rule in base.permissions.tools.arguments:
        for placed in sorted(_placed(rule), key=lambda one: one == _ANY_SCHEMA):
            held = [
                one
                for one in asked.to.permissions.tools.arguments
                if _follows(placed, _placed(one), asked.direction.budget)
            ]
            patterns = {pattern for one in held for pattern in one.patterns}
            if patterns.issuperset(rule.patterns):
                continue
            concerned = (
                CANONICAL_NAME & name_language(pattern, fold=True) & one & other
                for pattern in rule.patterns
                for one in asked.own.allowing
                for other in others.allowing
                if one.may_meet(other)
            )
            tools = (name_language(pattern, fold=True) for pattern in patterns)
            taken = Negatives((*blocked, *tools))
            verdict = shortest_of(tuple(concerned), taken, asked.direction.budget)
            if not isinstance(verdict, Included):
                yield _Lost(rule, placed, verdict)


def _clause(asked: _Asked, base: SpecPlan, lost: _Lost) -> Finding:
    direction, rule = asked.direction, lost.rule
    witness = None
    if isinstance(lost.verdict, Witness):
        name = lost.verdict.text
        requests = (asked.request(name, one) for one in violating(asked.to, name, *lost.placed))
        witness = next((one for one in requests if direction.settle([one])), None)
    if witness is None and direction.widening:
        why = lost.verdict.why if isinstance(lost.verdict, Inconclusive) else NOT_COMPARED
        return Undecided("tool", "arguments", base.positions[rule.id], why)
    own = [one for one in asked.to.permissions.tools.arguments if _about_same(one, rule)]
    demanded, instead = _shown(lost.placed, [placed for one in own for placed in _placed(one)])
    places = asked.to.positions[own[0].id] if own else None, base.positions[rule.id]
    change = direction.degree_of(("tool", "arguments"), (instead, demanded), places, witness)
    if direction.widening:
        change = replace(change, risk="medium", why=f"`{rule.text}` takes further arguments")
    return change


def _about_same(one: ArgumentRule, other: ArgumentRule) -> bool:
    return bool({*one.patterns} & {*other.patterns})


def _placed(rule: ArgumentRule) -> list[Placed]:
    return [(place, check) for place, checks in rule.schema.checks.items() for check in checks]


def _follows(placed: Placed, held: Iterable[Placed], budget: int) -> bool:
    """Whether what one check demands follows from another, of its place or one above it."""
    place, check = placed
    return any(
        _implies(other, check, budget) if where == place else _rules_out(other, place[len(where) :])
        for where, other in held
        if where == place[: len(where)]
    )


def _rules_out(check: Check, below: Place) -> bool:
    """Whether values that pass a check have nothing at a place below them."""
    match check.keyword:
        case "enum":
            return True
        case "type":
            return ("array" if below[0] == INDEX else "object") not in check.wanted
        case "closed":
            return below[0] != INDEX and below[0] not in check.wanted
        case _:
            return False


_SPEAKS_OF: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("minimum", "maximum"), frozenset({"integer", "number"})),
    **dict.fromkeys(("minLength", "maxLength", "x-glob"), frozenset({"string"})),
    **dict.fromkeys(("minItems", "maxItems"), frozenset({"array"})),
    **dict.fromkeys(("required", "closed"), frozenset({"object"})),
}
"""Keyword to the types of the values that it demands something of."""


def _implies(one: Check, other: Check, budget: int) -> bool:
    """Whether what passes the first check passes the second."""
    if one.keyword == "enum":
        return all(conforms(Schema({("a",): (other,)}), {"a": value}) for value in one.wanted)
    if one.keyword == "type" and other.keyword in _SPEAKS_OF:
        return not _SPEAKS_OF[other.keyword].intersection(one.wanted)
    return one.keyword == other.keyword and _is_as_strict(one, other.wanted, budget)


def _is_as_strict(check: Check, other: Any, budget: int) -> bool:
    """Whether a demand of a keyword is at least as strict as another one of it."""
    one = check.wanted
    match check.keyword:
        case "minimum" | "minLength" | "minItems":
            return bool(one >= other)
        case "maximum" | "maxLength" | "maxItems":
            return bool(one <= other)
        case "required":
            return set(one) >= set(other)
        case "closed":
            return set(one) <= set(other)
        case "type":
            return set(one) <= ({*other, "integer"} if "number" in other else set(other))
        case "x-glob":
            taken = Negatives(map(name_language, other))
            return isinstance(shortest_of(tuple(map(name_language, one)), taken, budget), Included)
        case _:
            return False


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
