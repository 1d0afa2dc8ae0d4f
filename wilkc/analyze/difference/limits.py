"""Numbers, flags and the sandbox of what both versions grant. Layer: analyze.

LANGUAGE.md sections 9 and 11. A limit counts where it comes to bear: on requests that both
versions grant, by the spec that decides them. Which specs those are is asked of the automata, or
read off examples that both versions grant, one for each pair of specs that meet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.meeting import common
from wilkc.analyze.difference.model import Undecided
from wilkc.analyze.difference.shared import questions, shared_requests
from wilkc.analyze.difference.sides import NOT_CONFIRMED, place_of
from wilkc.language.automata import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wilkc.analyze.difference.meeting import Met, Named
    from wilkc.analyze.difference.model import Change, Risk
    from wilkc.analyze.difference.shared import Question
    from wilkc.analyze.difference.sides import Direction, Finding, Side
    from wilkc.core.contract import Request
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import Limit

    Read = Callable[[SpecPlan], Limit | None]

Pair = tuple["SpecPlan", "SpecPlan"]
"""A spec of `to` and one of `base` that both grant the same request."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One limit.

    Attributes:
        name: as the YAML calls it.
        read: the limit of a spec; where it is None nothing is limited.
        attribute: the property of a request that is compared with it, or empty where the
            limit is only handed on as a condition.
        flag: whether it is either on or absent.
        risk: of leaving more.
    """

    name: str
    read: Read
    attribute: str = ""
    flag: bool = False
    risk: Risk = "low"

    def text(self, limit: Limit | None) -> str:
        """The value for a reader."""
        if self.flag:
            return "on" if limit else "off"
        return str(limit.value) if limit else "no limit"


LIMITS: Final[dict[str, tuple[_Kind, ...]]] = {
    "file": (_Kind("max_file_size", lambda one: one.permissions.file.max_file_size, "size"),),
    "network": (
        _Kind("max_requests_per_minute", lambda one: one.permissions.network.rate),
        _Kind("timeout_seconds", lambda one: one.permissions.network.timeout),
    ),
    "shell": (
        _Kind("max_execution_time", lambda one: one.permissions.shell.max_seconds),
        _Kind("max_memory_usage", lambda one: one.permissions.shell.max_memory),
    ),
    "llm": (
        _Kind("max_tokens_per_request", lambda one: one.permissions.llm.max_tokens, "max_tokens"),
        _Kind("max_requests_per_hour", lambda one: one.permissions.llm.rate),
        _Kind(
            "content_filtering", lambda one: one.permissions.llm.content_filtering,
            flag=True, risk="medium",
        ),
    ),
    "data": (
        _Kind("retention_policy", lambda one: one.permissions.data.retention),
        _Kind(
            "pii_detection", lambda one: one.permissions.data.pii, flag=True, risk="medium"
        ),
    ),
}  # fmt: skip
"""Resource type to its limits."""


def limits_differ(direction: Direction, type_: str) -> bool:
    """Whether some limit of a type is not one and the same for all specs of both sides."""
    specs = (*direction.to.specs, *direction.base.specs)
    read = [[kind.read(spec) for spec in specs] for kind in LIMITS[type_]]
    return any(len({limit.value if limit else None for limit in held}) > 1 for held in read)


def limit_differences(direction: Direction, type_: str) -> Iterator[Finding]:
    """The limits of one type, other than of commands, that leave more to `to`."""
    attribute = next((kind for kind in LIMITS[type_] if kind.attribute), None)
    if attribute is None:
        for pair in _meeting(direction, shared_requests(direction, type_)):
            yield from handed_on(direction, type_, pair)
        return
    for question in questions(direction, type_):
        yield from _compared(direction, type_, attribute, question)
        yield from _pairs(direction, type_, attribute, question)


def handed_on(
    direction: Direction, type_: str, pair: Pair, *, attributes: bool = True
) -> Iterator[Change]:
    """The limits that leave more where these two specs decide.

    Args:
        direction: the two sides.
        type_: a key of `LIMITS`.
        pair: the specs.
        attributes: whether limits count that requests are compared with, and that are handed
            on where a request does not say.
    """
    to, base = pair
    for kind in LIMITS[type_]:
        counts = attributes or not kind.attribute
        if counts and _leaves_more(kind.read(to), kind.read(base)):
            yield _clause(direction, type_, kind, pair)


def _compared(
    direction: Direction, type_: str, kind: _Kind, question: Question
) -> Iterator[Finding]:
    """A limit that requests are compared with: they are asked about just beyond each value.

    What is refused beyond a value and was not before it, some spec with this very limit
    grants, and none with a higher one does.
    """
    limits = {spec.name: kind.read(spec) for spec in direction.base.specs}
    for value in sorted({limit.value for limit in limits.values() if limit}):
        to = question.to.of(_taking(direction.to, kind, value + 1))
        still = question.base.of(_taking(direction.base, kind, value + 1))
        refusing = question.base.of(
            {name for name, limit in limits.items() if limit and limit.value == value}
        )
        for met in common(to, refusing, direction.budget, without=still.allowing):
            if isinstance(met.verdict, Inconclusive):
                yield _open(type_, kind, met, met.verdict.why)
                continue
            asked = _asked(question.request(met.verdict.text), kind, value + 1)
            if direction.settle([asked]) is None:
                yield _open(type_, kind, met, NOT_CONFIRMED)
            else:
                yield _clause(direction, type_, kind, _specs(met), asked)


def _pairs(
    direction: Direction, type_: str, attribute: _Kind, question: Question
) -> Iterator[Finding]:
    """Limits by the specs that decide, which are others where a request says how much it is."""
    specs = (*direction.to.specs, *direction.base.specs)
    limits = [attribute.read(spec) for spec in specs]
    beyond = sorted({limit.value + 1 for limit in limits if limit})
    told: set[Named] = set()
    for value in (None, *beyond):
        said = value is not None
        wanted = {
            (to.name, base.name)
            for to, base in product(direction.to.specs, direction.base.specs)
            if any(handed_on(direction, type_, (to, base), attributes=not said))
        } - told
        if not wanted:
            continue
        own, others = (
            lists.of(_taking(side, attribute, value))
            for lists, side in ((question.to, direction.to), (question.base, direction.base))
        )
        for met in common(own, others, direction.budget, wanted=wanted):
            if isinstance(met.verdict, Inconclusive):
                yield _open(type_, attribute, met, met.verdict.why)
            else:
                told.add(met.pair)
                yield from handed_on(direction, type_, _specs(met), attributes=not said)


def _taking(side: Side, kind: _Kind, value: int | None) -> set[str]:
    """The specs whose limit takes a value; all where the request does not say."""
    limits = ((spec.name, kind.read(spec)) for spec in side.specs)
    return {
        name for name, limit in limits if value is None or limit is None or value <= limit.value
    }


def _asked(request: Request, kind: _Kind, value: int) -> Request:
    return replace(request, properties={**request.properties, kind.attribute: value})


def _specs(met: Met) -> Pair:
    return met.entry.spec, met.other.spec


def _open(type_: str, kind: _Kind, met: Met, why: str) -> Undecided:
    return Undecided(type_, kind.name, place_of(met.entry.spec, met.entry.rule), why)


def _leaves_more(one: Limit | None, other: Limit | None) -> bool:
    return other is not None and (one is None or one.value > other.value)


def _clause(
    direction: Direction, type_: str, kind: _Kind, pair: Pair, witness: Request | None = None
) -> Change:
    to, base = pair
    limits = kind.read(to), kind.read(base)
    refs = [
        spec.positions[limit.id] if limit else None
        for spec, limit in zip(pair, limits, strict=True)
    ]
    values = kind.text(limits[0]), kind.text(limits[1])
    change = direction.degree_of((type_, kind.name), values, (refs[0], refs[1]), witness)
    if not direction.widening:
        return change
    return replace(change, risk=kind.risk, why="a limit is wider" if limits[0] else "no limit now")


def _meeting(direction: Direction, shared: Iterable[Request]) -> list[Pair]:
    """The specs that decide requests which both sides grant, each pair once."""
    found: dict[tuple[str, str], Pair] = {}
    for request in shared:
        to, base = direction.to.granting(request), direction.base.granting(request)
        if to is not None and base is not None:
            found.setdefault((to.name, base.name), (to, base))
    return list(found.values())
