"""Every example is asked of both versions, by the evaluator and by OPA. Layer: cli.

A comparison says that one version grants a request and the other does not. Whether it is so
does not rest on the comparison: the reference evaluator decides the request by both plans,
and OPA by what both compile to. An example that is not confirmed is a defect of Wilk.

OPA looks at every entry of both versions. Beside it the evaluator is given those entries only
that can bear on a request, as it is when the comparison asks; without OPA it is given all, so
that nothing rests on the choice of entries alone.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wilkc.cli.library import CAPABILITIES, read_library
from wilkc.cli.review.words import counted
from wilkc.compiler import DATA_FILE, assemble
from wilkc.core.errors import UnavailableError, WilkError
from wilkc.opa.evaluating import OTHER_FILE, open_evaluator
from wilkc.opa.obtain import find_opa
from wilkc.plan import NarrowSpec, Plan, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.analyze.difference import Change, Comparison, Kind
    from wilkc.core.contract import Json, Request
    from wilkc.opa.obtain import OpaBinary

_WANTED: Final[dict[Kind, tuple[bool, bool]]] = {
    "newly_allowed": (False, True),
    "newly_denied": (True, False),
}
"""What the old and the new version must answer."""


class UnconfirmedError(WilkError):
    """A version does not answer as the comparison says: a defect of Wilk."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came of asking.

    Attributes:
        examples: how many were asked.
        by_opa: whether OPA was asked as well.
        versions: of the policies, of which each was asked.
    """

    examples: int
    by_opa: bool
    versions: int = 2

    def __str__(self) -> str:
        if not self.examples:
            return "no example to confirm"
        what = (
            "the one example" if self.examples == 1 else f"all {counted(self.examples, 'example')}"
        )
        where = " on both versions" if self.versions > 1 else ""
        if self.by_opa:
            return f"{what} confirmed by the evaluator and by OPA{where}"
        return f"{what} confirmed by the evaluator{where} (there is no OPA here)"

    def as_json(self) -> dict[str, Json]:
        """The `confirmed` member of `wilkc diff -f json`."""
        return {"examples": self.examples, "by": ["evaluator", *(["opa"] if self.by_opa else [])]}


def confirm(comparison: Comparison, old: Plan, new: Plan) -> Confirmation:
    """Ask both versions for every example.

    Raises:
        UnconfirmedError: an answer is not what the comparison says; the message holds the
            request.
        UnavailableError: OPA fails, or `WILK_OPA` names one that cannot be used.
    """
    examples = [
        (change, change.witness)
        for group in comparison.groups
        for change in group.changes
        if change.witness is not None
    ]
    requests = [request for _, request in examples]
    changes = [change for change, _ in examples]
    plans = (only_asking(old, requests), only_asking(new, requests))
    opa = asked_opa() if requests else None
    judge = _decide_all if opa is None else _decide_all_narrowed
    _require("the evaluator", changes, requests, *(judge(plan, requests) for plan in plans))
    if opa is not None:
        _require("OPA", changes, requests, *_asked_of_opa(opa, plans, requests))
    return Confirmation(len(requests), by_opa=opa is not None)


def _decide_all(plan: Plan, requests: Sequence[Request]) -> list[Json]:
    return [decide(plan, request).as_json() for request in requests]


def _decide_all_narrowed(plan: Plan, requests: Sequence[Request]) -> list[Json]:
    """What the evaluator says by the entries that can bear on each request."""
    narrow = {name: NarrowSpec(spec) for name, spec in plan.specs.items()}
    answers = []
    for request in requests:
        names = plan.agents.get(request.agent, ())
        specs = {name: narrow[name].near(request) for name in names}
        answers.append(decide(replace(plan, specs=specs), request).as_json())
    return answers


def _asked_of_opa(
    opa: OpaBinary, plans: tuple[Plan, Plan], requests: Sequence[Request]
) -> tuple[Sequence[Json], Sequence[Json]]:
    """What OPA answers by what each plan compiles to."""
    library = read_library()
    (files, _), (other, _) = (assemble(plan, library) for plan in plans)
    files[OTHER_FILE] = other[DATA_FILE]
    with open_evaluator(opa.path, files, CAPABILITIES) as evaluator:
        return evaluator.answers_of_both(requests)


def asked_opa() -> OpaBinary | None:
    """The OPA that confirms, or None where there is none and nobody named one."""
    try:
        return find_opa()
    except UnavailableError:
        # Whoever says where OPA is wants it asked.
        if os.environ.get("WILK_OPA"):
            raise
        return None


def only_asking(plan: Plan, requests: Sequence[Request]) -> Plan:
    """The plan of the agents that ask: no other has a part in their answers."""
    asking = {request.agent for request in requests}
    agents = {name: specs for name, specs in plan.agents.items() if name in asking}
    wanted = {name for specs in agents.values() for name in specs}
    specs = {name: spec for name, spec in plan.specs.items() if name in wanted}
    return replace(plan, specs=specs, agents=agents)


def _require(
    who: str,
    changes: Sequence[Change],
    requests: Sequence[Request],
    old: Sequence[Json],
    new: Sequence[Json],
) -> None:
    for change, request, before, after in zip(changes, requests, old, new, strict=True):
        given = (before["decision"], after["decision"])
        wanted = _WANTED.get(change.kind)
        right = given == wanted if wanted else _obligations(before) != _obligations(after)
        if not right:
            asked = json.dumps(request.as_input(), ensure_ascii=True, sort_keys=True)
            raise UnconfirmedError(
                f"an example of `{change.kind}` is not confirmed by {who}: old version "
                f"{_word(before)}, new version {_word(after)}: {asked}",
                help_text="this is a defect of Wilk; please report the request and both specs",
            )


def _obligations(answer: Json) -> Json:
    return [answer["decision"], answer["context"]["conditions"]]


def _word(answer: Json) -> str:
    return "allows" if answer["decision"] else "denies"
