"""What a version of the policies would have said to recorded requests. Layer: cli."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wilkc.cli.library import CAPABILITIES, read_library
from wilkc.cli.replaying import replay
from wilkc.cli.review.reviewing import understand
from wilkc.compiler import assemble
from wilkc.core.contract import Condition, Decision, RuleRef
from wilkc.opa.evaluating import open_evaluator
from wilkc.opa.obtain import find_opa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.cli.replaying import Log
    from wilkc.cli.review.model import Review
    from wilkc.core.contract import Request


def with_replay(review: Review, log: Log) -> Review:
    """The review with what its new version would have said to the requests of a log, by OPA.

    Raises:
        UnavailableError: there is no OPA, or it fails: nothing is guessed in its place.
        VerificationError: the log does not hang together.
    """
    plan = understand(review.new.version, {}).plan
    files, _ = assemble(plan, read_library())
    with open_evaluator(find_opa().path, files, CAPABILITIES) as evaluator:

        def ask(requests: Sequence[Request]) -> list[Decision]:
            return [_decision(answer) for answer in evaluator.answers(requests)]

        return replace(review, replay=replay(log, ask))


def _decision(answer: Mapping[str, Any]) -> Decision:
    context = answer["context"]
    rule = context["rule"]
    return Decision(
        allow=answer["decision"],
        reason=context["reason"],
        detail=context["detail"],
        message=context["message"],
        rule=RuleRef(**rule) if rule else None,
        conditions=tuple(Condition(**one) for one in context["conditions"]),
    )
