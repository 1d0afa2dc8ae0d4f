"""From the body of a message to the body of its answer. Layer: adapters; no HTTP.

Nothing is decided here: a request goes to the decision point, and what it says is handed on,
except that a grant with conditions which nobody promised to fulfil is a denial. Whatever goes
wrong on the way to a decision is a denial too, with `context.error` beside the reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from wilkc.adapters.authzen.callers import Anybody
from wilkc.adapters.authzen.evaluations import cut, read_batch
from wilkc.adapters.authzen.vocabulary import Vocabulary, read_question
from wilkc.core.contract import Decision, Request, denial
from wilkc.core.errors import RequestError
from wilkc.core.strict_json import decode_json
from wilkc.language.instants import time_text
from wilkc.opa import is_answer
from wilkc.runtime.guard.conditions import unfulfilled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from wilkc.adapters.authzen.callers import Caller
    from wilkc.core.contract import Json

BAD_REQUEST: Final = 400
INTERNAL_ERROR: Final = 500
_MALFORMED: Final = "malformed_request"
_CALLERS_FAULTS: Final = frozenset({_MALFORMED, "text_not_unicode"})
ANYBODY: Final[Caller] = Anybody()


class DecisionPoint(Protocol):
    """Who decides; a failure to do so is a denial, never an exception."""

    def decide(self, request: Request) -> Decision:
        """The decision on one request."""
        ...

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        """The decisions on any number of requests, in order."""
        ...


class Service:
    """Answers evaluations through a decision point.

    Args:
        point: who decides.
        vocabulary: which words of callers are understood.
        fulfilled: types of conditions that the callers promise to fulfil.
    """

    def __init__(
        self,
        point: DecisionPoint,
        vocabulary: Vocabulary = Vocabulary(),  # noqa: B008  # frozen
        fulfilled: AbstractSet[str] = frozenset(),
    ) -> None:
        self._point = point
        self._vocabulary = vocabulary
        self._fulfilled = fulfilled

    def evaluation(self, body: bytes, caller: Caller = ANYBODY) -> Json:
        """The answer to one access evaluation.

        Args:
            body: the evaluation.
            caller: who asks.

        Raises:
            RequestError: the body is not one; the caller's error.
        """
        return self._single(_object(body), caller)

    def evaluations(self, body: bytes, caller: Caller = ANYBODY) -> Json:
        """The answer to several access evaluations, or to one where there is no list of them.

        An evaluation that cannot be read is denied in its place.

        Raises:
            RequestError: the body as a whole is malformed; the caller's error.
        """
        raw = _object(body)
        batch = read_batch(raw)
        if batch is None:
            return self._single(raw, caller)
        questions = [self._question(one, caller) for one in batch.evaluations]
        decisions = cut(self._decide(questions), batch.semantic)
        return {"evaluations": [_answer(decision) for decision in decisions]}

    def _single(self, raw: Json, caller: Caller) -> Json:
        question = _permitted(read_question(raw, self._vocabulary), caller)
        if isinstance(question, Decision):
            return _answer(question)
        return _answer(self._checked(self._point.decide(_timed(question))))

    def _question(self, raw: Json, caller: Caller) -> Request | Decision:
        try:
            return _permitted(read_question(raw, self._vocabulary), caller)
        except RequestError as error:
            return denial("VALIDATION_ERROR", error.detail, error.message)

    def _decide(self, questions: Sequence[Request | Decision]) -> list[Decision]:
        requests = [_timed(one) for one in questions if isinstance(one, Request)]
        decided = iter(self._point.decide_many(requests) if requests else ())
        return list(self._in_order(questions, decided))

    def _in_order(
        self, questions: Sequence[Request | Decision], decided: Iterator[Decision]
    ) -> Iterator[Decision]:
        for question in questions:
            yield question if isinstance(question, Decision) else self._checked(next(decided))

    def _checked(self, decision: Decision) -> Decision:
        """A grant whose conditions nobody fulfils would be one without conditions."""
        for condition in decision.conditions if decision.allow else ():
            if condition.type not in self._fulfilled:
                return unfulfilled(decision, condition, "callers here do not promise to fulfil")
        return decision


def _permitted(question: Request | Decision, caller: Caller) -> Request | Decision:
    """The question, or the denial of one that the caller may not ask."""
    if isinstance(question, Decision):
        return question
    return caller.refusal(question) or question


def _timed(request: Request) -> Request:
    """The request at the time of this host: a caller's clock would choose its own permissions."""
    now = time_text(datetime.now(UTC))
    return replace(request, context={**request.context, "time": now})


def _object(body: bytes) -> dict[str, Json]:
    try:
        raw = decode_json(body)
    except ValueError as error:
        raise RequestError(_MALFORMED, f"the body is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise RequestError(_MALFORMED, "the body must be an object")
    return raw


def _answer(decision: Decision) -> Json:
    answer = decision.as_json()
    if decision.detail in _CALLERS_FAULTS:
        answer["context"]["error"] = {"status": BAD_REQUEST, "message": decision.message}
    elif not is_answer(decision):
        answer["context"]["error"] = {"status": INTERNAL_ERROR, "message": decision.message}
    return answer
