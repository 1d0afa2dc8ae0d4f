"""Two sides in every way in which their conditions hold together. Layer: analyze (pure).

LANGUAGE.md section 12. Requests that no condition tells apart are one to both versions. So two
versions are compared once for each way in which the conditions of both can hold together,
exactly, as specs without conditions: a changed condition is a difference where one of its sets,
intervals, blocks or windows holds and the other's does not, and is shown by values of such a
way. What cannot be shown so counts as undecided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.meaning import meaning, whole
from wilkc.analyze.difference.model import Change, Undecided
from wilkc.analyze.difference.sides import Side
from wilkc.language.when import TooManyError, Way, showing, ways
from wilkc.plan import effects_of, perhaps, surely, unshown, where

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    from wilkc.analyze.difference.sides import Finding
    from wilkc.language.when import Held, When
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import Permissions

MAX_WAYS: Final = 256
"""Ways in which two versions are compared; of more, what may be granted is taken for granted."""
TOO_MANY: Final = "the conditions of both versions hold together in too many ways"
NOT_SHOWN: Final = "no request was found that shows it under its conditions"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """One way in which conditions hold, and both sides as they then are.

    Attributes:
        to: the side that is asked about, as it is then.
        base: the other.
        way: what requests must show; empty where there are no conditions.
        exact: whether the sides are this in some way; else `to` is never more, and `base`
            never less, than they are here.
    """

    to: Side
    base: Side
    way: Way
    exact: bool = True


def circumstances(to: Side, base: Side) -> Iterator[Circumstances]:
    """Every way that makes another pair of sides, once; those that a request shows first."""
    specs = [spec for spec in (*to.specs, *base.specs) if spec.whens]
    effects = list(chain.from_iterable(effects_of(one.permissions).items() for one in specs))
    if not effects:
        yield Circumstances(to, base, Way())
        return
    otherwise = unshown(effects)
    try:
        found = ways(otherwise, MAX_WAYS, found=True)
    except TooManyError:
        yield Circumstances(_with(to, perhaps), _with(base, surely), Way(found=False), exact=False)
        return
    seen: set[Hashable] = set()
    for states, way in sorted(found.items(), key=lambda one: not one[1].found):
        shown = dict(zip(otherwise, states, strict=True))
        then = Circumstances(_where(to, shown), _where(base, shown), way)
        key = (_meaning(then.to), _meaning(then.base))
        if key not in seen:
            seen.add(key)
            yield then


def stamped(
    findings: Iterable[Finding], then: Circumstances, sides: tuple[Side, Side]
) -> Iterator[Finding]:
    """The findings, their witnesses with what requests must show.

    Args:
        findings: what was found in these circumstances.
        then: the circumstances.
        sides: `to` and `base` with all their conditions.
    """
    for one in findings:
        if not isinstance(one, Change) or (then.exact and not then.way.shown and then.way.found):
            yield one
        elif then.exact and then.way.found:
            yield _shown(one, then.way, sides)
        elif not then.exact or one.widens:
            yield _undecided(one, NOT_SHOWN if then.exact else TOO_MANY)


def _shown(change: Change, way: Way, sides: tuple[Side, Side]) -> Finding:
    """The change with its witness as it must be asked, if that is one under all conditions."""
    if change.witness is None:
        return change
    witness = showing(change.witness, way.shown)
    to, base = (side.decide(witness).allow for side in sides)
    if to and (not base or not change.kind.startswith("newly")):
        return replace(change, witness=witness)
    return _undecided(change, NOT_SHOWN)


def _undecided(change: Change, why: str) -> Finding:
    rule = change.new or change.old
    if rule is None:
        return change
    return Undecided(change.type, change.action, rule, why)


def _where(side: Side, shown: Mapping[When, Held]) -> Side:
    return Side(
        side.agent,
        tuple(where(spec, shown) if spec.whens else spec for spec in side.specs),
    )


def _with(side: Side, counted: Callable[[Permissions], Permissions]) -> Side:
    def bounded(spec: SpecPlan) -> SpecPlan:
        return replace(spec, permissions=counted(spec.permissions), whens=())

    return Side(side.agent, tuple(map(bounded, side.specs)))


def _meaning(side: Side) -> Hashable:
    return tuple(whole(meaning(spec)) for spec in side.specs)
