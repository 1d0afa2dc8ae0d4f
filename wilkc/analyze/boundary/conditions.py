"""Requests around the edges of conditions, where these bear on an answer. Layer: analyze (pure)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any, Final

from wilkc.language.when import MOST_OF_ONE, edge_values, showing, ways
from wilkc.plan import Plan, decide, perhaps, surely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wilkc.core.contract import Json, Request
    from wilkc.language.when import Test, When
    from wilkc.plan import SpecPlan

_SHARE: Final = 4
"""Of what may be added, the edges take this part at most: several requests meet them."""
_FIRST: Final = 16
"""Edges of each condition that come before any further ones of others."""


def under_conditions(
    agent: str, spec: SpecPlan, requests: Iterable[Request], most: int
) -> Iterator[Request]:
    """The requests as they are, and those on which conditions bear at every edge of these.

    Args:
        agent: who asks.
        spec: what the requests are about, without conditions on the agent.
        requests: without what conditions test.
        most: how many may be added.
    """
    edges = tuple(islice(_edges(spec.whens), most // _SHARE))
    for request in requests:
        yield request
        if edges and most >= len(edges) and _bears(agent, spec, request):
            most -= len(edges)
            yield from (showing(request, shown) for shown in edges)


def _edges(whens: Sequence[When]) -> Iterator[Mapping[str, Json]]:
    """What requests may show: for each condition, all its tests but one holding.

    Of the one, both sides of every edge, the missing value and such of other types.
    """
    seen: set[str] = set()
    each = [_around(when) for when in whens]
    for shown in chain.from_iterable(_in_turn(each)):
        if repr(shown) not in seen:
            seen.add(repr(shown))
            yield shown


def _in_turn(each: Sequence[Iterable[Any]]) -> Iterator[Iterable[Any]]:
    """A few of each, then the rest: what is cut off is cut off everywhere."""
    held = [iter(one) for one in each]
    yield from (list(islice(one, _FIRST)) for one in held)
    yield from held


def _around(when: When) -> Iterator[Mapping[str, Json]]:
    held = {states[0]: way for states, way in ways({when: None}, MOST_OF_ONE, found=True).items()}
    if True not in held or not held[True].found:
        return
    holding = held[True].shown
    yield holding
    tests: dict[str, list[Test]] = defaultdict(list)
    for attribute, test in when.tests:
        tests[attribute].append(test)
    # By turns, so that what is cut off is cut off of the attribute with the most edges.
    by_turns = zip_longest(
        *([(name, value) for value in edge_values(name, some)] for name, some in tests.items())
    )
    for attribute, value in filter(None, chain.from_iterable(by_turns)):
        others = {name: held for name, held in holding.items() if name != attribute}
        yield others if value is None else {**others, attribute: value}


def _bears(agent: str, spec: SpecPlan, request: Request) -> bool:
    """Whether it counts for a request which of the conditions hold."""
    answers = {
        decide(Plan({spec.name: one}, {agent: (spec.name,)}), request).rule
        for one in (
            replace(spec, permissions=counted(spec.permissions), whens=())
            for counted in (perhaps, surely)
        )
    }
    return len(answers) > 1
