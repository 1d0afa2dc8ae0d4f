"""Two sides at every time that tells their conditions apart. Layer: analyze (pure).

LANGUAGE.md section 12. Between two ends of conditions nothing changes, so two versions are
compared once for each such stretch of time, and once for requests that show no time: exactly, as
specs without conditions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wilkc.analyze.difference.model import Change
from wilkc.analyze.difference.sides import Side
from wilkc.plan import at_request, moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.difference.sides import Finding
    from wilkc.core.contract import Json

    Context = dict[str, Json]


def in_time(to: Side, base: Side) -> Iterator[tuple[Context, Side, Side]]:
    """A context that shows a time, or none, and both sides as they then are."""
    whens = {when for side in (to, base) for spec in side.specs for when in spec.whens}
    if not whens:
        yield {}, to, base
        return
    times = ({"time": f"{moment}Z"} for moment in moments(whens))
    for context in ({}, *times):
        yield context, _at(to, context), _at(base, context)


def stamped(findings: Iterable[Finding], context: Context) -> Iterator[Finding]:
    """The findings, their witnesses with the context under which they were found."""
    for one in findings:
        if context and isinstance(one, Change) and one.witness is not None:
            witness = replace(one.witness, context={**one.witness.context, **context})
            yield replace(one, witness=witness)
        else:
            yield one


def _at(side: Side, context: Context) -> Side:
    return Side(side.agent, tuple(at_request(spec, context) for spec in side.specs))
