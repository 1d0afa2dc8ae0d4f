"""Ways in which conditions can hold together. Layer: language (pure).

Attributes are independent of each other, so every kind of value of one meets every kind of
value of the others; ways in which the same conditions hold are one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.language.when.model import OF_THE_AGENT, joined
from wilkc.language.when.tests import Present
from wilkc.language.when.times import UNFOUND
from wilkc.language.when.values import TooManyError, kinds_of_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.core.contract import Json
    from wilkc.language.when.model import When
    from wilkc.language.when.tests import Held, Test


_MOST_OF_TWO: Final = 9
MOST_OF_ONE: Final = 3
"""Ways of one condition: it holds, does not hold, or is not shown to."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which conditions hold together.

    Attributes:
        shown: attribute to a value with which it comes about; one that is not there is missing.
        found: whether the values are such a way; else no instant was found for it, and there
            may be none.
    """

    shown: Mapping[str, Json] = field(default_factory=dict)
    found: bool = True


def ways(unshown: Mapping[When, Held], most: int, *, found: bool) -> dict[tuple[Held, ...], Way]:
    """What of each condition is known, to a way in which that comes about.

    Args:
        unshown: each condition, and what it counts for where a request does not show it: so
            that conditions of allows alone, or of blocks alone, have two states and not three.
        most: ways that are listed.
        found: whether values are wanted; without, those of times are left out.

    Raises:
        TooManyError: there are more.
    """
    whens = tuple(unshown)
    known: dict[tuple[Held, ...], Way] = {tuple(True for _ in whens): Way()}
    for attribute, tests in _by_attribute(whens).items():
        kinds = kinds_of_values(attribute, tests, found=found)
        longer: dict[tuple[Held, ...], Way] = {}
        for states, way in known.items():
            for marks, value in kinds.items():
                held = dict(zip(tests, marks, strict=True))
                joint = _joint(states, unshown, attribute, held)
                if joint not in longer or not longer[joint].found:
                    longer[joint] = _with(way, attribute, value)
            if len(longer) > most:
                raise TooManyError
        known = longer
    return known


def example(when: When) -> Mapping[str, Json]:
    """Values with which a condition holds, without those of its agent; none if none is found."""
    way = ways({when: None}, MOST_OF_ONE, found=True).get((True,), Way())
    shown = way.shown if way.found else {}
    return {name: value for name, value in shown.items() if name not in OF_THE_AGENT}


def implies(one: When, other: When, *, unshown: bool) -> bool:
    """Whether the other condition counts whenever the one does.

    Args:
        one: the narrower one, if so.
        other: the wider one.
        unshown: what both count for where a request does not show them.
    """
    if one == other:
        return True
    try:
        states = ways({one: unshown, other: unshown}, _MOST_OF_TWO, found=False)
    except TooManyError:
        return False
    return (True, False) not in states


def always(attribute: str, test: Test) -> bool:
    """Whether a test holds of every value of its type; that there is one is no such test."""
    try:
        kinds = kinds_of_values(attribute, [test], found=False)
    except TooManyError:
        return False
    return not isinstance(test, Present) and (False,) not in kinds


def _by_attribute(whens: Sequence[When]) -> dict[str, list[Test]]:
    """Attribute to its tests, each once, sorted."""
    found: dict[str, set[Test]] = defaultdict(set)
    for when in whens:
        for attribute, test in when.tests:
            found[attribute].add(test)
    return {attribute: sorted(found[attribute], key=repr) for attribute in sorted(found)}


def _joint(
    states: Sequence[Held], unshown: Mapping[When, Held], attribute: str, held: Mapping[Test, Held]
) -> tuple[Held, ...]:
    """The states of conditions when one more attribute is known."""
    return tuple(
        joined(
            (state, *(_or(held[test], otherwise) for name, test in when.tests if name == attribute))
        )
        for state, (when, otherwise) in zip(states, unshown.items(), strict=True)
    )


def _or(held: Held, otherwise: Held) -> Held:
    return otherwise if held is None else held


def _with(way: Way, attribute: str, value: Json) -> Way:
    if value is UNFOUND:
        return Way(way.shown, found=False)
    if value is None:
        return way
    return Way({**way.shown, attribute: value}, way.found)
