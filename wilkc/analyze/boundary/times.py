"""Times around the ends of conditions, for requests on which these bear. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wilkc.language.when import EARLIEST
from wilkc.plan import Plan, decide, moments, perhaps, surely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.core.contract import Request
    from wilkc.language.when import When
    from wilkc.plan import SpecPlan


def in_time(
    agent: str, spec: SpecPlan, requests: Iterable[Request], most: int
) -> Iterator[Request]:
    """The requests as they are, and those on which conditions bear at every edge of time."""
    times = tuple(edge_times(spec.whens))
    for request in requests:
        yield request
        if most >= len(times) and _bears(agent, spec, request):
            most -= len(times)
            for time in times:
                yield replace(request, context={**request.context, "time": time})


def edge_times(whens: Iterable[When]) -> Iterator[str]:
    """The last instant before each end or beginning of a condition, and that instant itself."""
    for moment in moments(whens):
        if moment != EARLIEST:
            before = datetime.fromisoformat(moment) - timedelta(seconds=1)
            yield f"{before.isoformat()}.999999999Z"
        yield f"{moment}Z"


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
