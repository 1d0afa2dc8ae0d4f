"""What a policy answers now, as tests that notice when it changes. Layer: analyze (pure)."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal

from wilkc.analyze.boundary import boundary_requests
from wilkc.analyze.cases import UNSPOKEN, Case, run_case
from wilkc.analyze.short_form import short_form
from wilkc.plan import decide
from wilkc.spec import MatrixRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.analyze.mutation import Survivor
    from wilkc.core.contract import Json
    from wilkc.plan import Plan

MAX_EACH: Final = 2
"""Rows of one agent and action that one entry, or one reason without an entry, decides."""
MAX_AGENT: Final = 400
"""Rows of one agent."""
MAX_ROWS: Final = 10_000
"""Rows of a matrix that is written."""


def witness_rows(plan: Plan, survivors: Sequence[Survivor] = ()) -> tuple[MatrixRow, ...]:
    """Requests at the edges of every rule with the answer of now, in a stable order.

    Only requests that the short form can say, and that say something about rules; of agents
    with the same specs one stands for all.

    Args:
        plan: what the policy means.
        survivors: mutants that no test notices yet; the requests that tell them apart are
            among the rows, so that one will.
    """
    rows: dict[MatrixRow, None] = {}
    for _, own in groupby(_edges(plan), key=lambda row: row.agent):
        rows.update(dict.fromkeys(list(own)[:MAX_AGENT]))
    rows.update(dict.fromkeys(_told_apart(plan, survivors)))
    return tuple(rows)[:MAX_ROWS]


def _edges(plan: Plan) -> Iterator[MatrixRow]:
    seen: Counter[tuple[str, ...]] = Counter()
    for request in boundary_requests(plan, "full"):
        decision = decide(plan, request)
        decided = decision.rule.id if decision.rule else decision.detail
        key = (request.agent, request.type, request.action, decided)
        if decision.reason in UNSPOKEN or seen[key] >= MAX_EACH:
            continue
        text = short_form(request)
        if text is not None:
            seen[key] += 1
            yield _row(request.agent, text, allow=decision.allow)


def _told_apart(plan: Plan, survivors: Iterable[Survivor]) -> Iterator[MatrixRow]:
    """The witnesses of survivors; one whose agent has other specs too may be answered by them."""
    for survivor in survivors:
        if survivor.witness is not None:
            agent, text = survivor.witness
            context = dict(survivor.context)
            span = survivor.entry.span
            case = Case(agent, text, not survivor.allowed, span, context=context)
            if not run_case(plan, case).problem:
                yield _row(agent, text, allow=case.allow, context=context)


def _row(
    agent: str, text: str, *, allow: bool, context: dict[str, Json] | None = None
) -> MatrixRow:
    expect: Literal["allow", "deny"] = "allow" if allow else "deny"
    return MatrixRow(agent=agent, request=text, expect=expect, context=context or None)
