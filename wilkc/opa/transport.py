"""Asking the decision point about actions. Layer: opa; standard library only.

Every failure is a denial, never an exception: who asks cannot forget to handle it. Accepted
is only an answer that is whole, in time and of an announced revision.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.contract import Decision, Request, denial
from wilkc.opa.answers import Revisions, read_decision, read_decisions
from wilkc.opa.channel import Channel
from wilkc.opa.config import MAX_BODY_BYTES
from wilkc.opa.denials import (
    LATE_ANSWER,
    ODD_ANSWER,
    UNKNOWN_REVISION,
    NoAnswerError,
    no_answer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

DEFAULT_SECONDS: Final = 1.0
MAX_ANSWER_BYTES: Final = 65_536
MAX_BATCH: Final = 1000
"""Requests in one body, as the decision rule accepts."""
BATCH_SECONDS: Final = 10.0
MAX_BATCH_ANSWER_BYTES: Final = 16 * 2**20
_QUERY: Final = "?provenance=true&strict-builtin-errors=true"
ONE_DECISION: Final = f"/v1/data/wilk/decision{_QUERY}"
"""Where one decision is asked for."""
_MANY: Final = f"/v1/data/wilk/decisions{_QUERY}"
_FRAME: Final = len(b'{"input":{"requests":[]}}')
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Transport:
    """A decision point behind a unix socket.

    Safe for threads and forks: each thread of each process keeps one connection of its own.

    Args:
        socket: path of the socket.
        revisions: which revisions may answer.
        seconds: time for one answer, by this process's clock.
    """

    def __init__(
        self, socket: Path, revisions: Revisions, *, seconds: float = DEFAULT_SECONDS
    ) -> None:
        self._channel = Channel(socket)
        self._revisions = revisions
        self._seconds = seconds

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """The decision on one request, or a denial that says why there is none.

        Args:
            request: the question.
            seconds: time for the answer, if not the usual.
        """
        body = body_of(request)
        if isinstance(body, Decision):
            return body
        left = self._seconds if seconds is None else seconds
        try:
            answer = self._channel.ask(ONE_DECISION, body, seconds=left, limit=MAX_ANSWER_BYTES)
            return read_decision(*answer, self._revisions)
        except NoAnswerError as error:
            # Whoever answers oddly is left: next is asked who stands at the path by then.
            self._channel.close()
            return no_answer(error)

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        """The decisions on any number of requests, in order, all by one revision.

        A batch that fails as a whole is asked again one by one, so that one request which
        the policy cannot judge does not deny the others.
        """
        for _ in range(2):
            answers = self._decide_chunks(requests)
            if len({answer.revision for answer in answers if answer.revision}) <= 1:
                return answers
        changing = NoAnswerError(UNKNOWN_REVISION, "the policy changes while the batch is judged")
        return [no_answer(changing)] * len(requests)

    def close(self) -> None:
        """Close this thread's connection."""
        self._channel.close()

    def _decide_chunks(self, requests: Sequence[Request]) -> list[Decision]:
        answers: list[Decision | None] = [None] * len(requests)
        encoded: list[tuple[int, bytes]] = []
        for place, request in enumerate(requests):
            try:
                body = _encode(request.as_input())
            except (TypeError, ValueError, RecursionError):
                answers[place] = _unreadable()
                continue
            if _FRAME + len(body) > MAX_BODY_BYTES:
                answers[place] = _too_large()
            else:
                encoded.append((place, body))
        late: Decision | None = None
        for chunk in _chunks(encoded):
            # Waiting as long again for every further chunk would keep the caller for minutes.
            decided = [late] * len(chunk) if late else self._decide_chunk(chunk)
            if decided is None:
                decided = self._one_by_one([requests[place] for place, _ in chunk])
            for (place, _), answer in zip(chunk, decided, strict=True):
                answers[place] = answer
            late = decided[-1] if decided[-1].detail == LATE_ANSWER else None
        return [answer or _unreadable() for answer in answers]

    def _one_by_one(self, requests: Sequence[Request]) -> list[Decision]:
        """The answers that come within the time of a batch; the others are late."""
        deadline = time.monotonic() + BATCH_SECONDS
        late = NoAnswerError(
            LATE_ANSWER, f"the decision point did not answer all within {BATCH_SECONDS:g} s"
        )
        return [
            self.decide(request) if time.monotonic() < deadline else no_answer(late)
            for request in requests
        ]

    def _decide_chunk(self, chunk: Sequence[tuple[int, bytes]]) -> list[Decision] | None:
        """The answers, or None where asking one by one may do better."""
        body = b'{"input":{"requests":[%s]}}' % b",".join(text for _, text in chunk)
        try:
            answer = self._channel.ask(
                _MANY, body, seconds=BATCH_SECONDS, limit=MAX_BATCH_ANSWER_BYTES
            )
            return read_decisions(*answer, self._revisions, count=len(chunk))
        except NoAnswerError as error:
            return None if error.detail == ODD_ANSWER else [no_answer(error)] * len(chunk)


def body_of(request: Request) -> bytes | Decision:
    """What is sent to ask one request, or the denial of one that cannot be sent."""
    try:
        body = _encode({"input": request.as_input()})
    except (TypeError, ValueError, RecursionError):
        return _unreadable()
    return body if len(body) <= MAX_BODY_BYTES else _too_large()


def _encode(value: Any) -> bytes:
    """Text that is not valid Unicode is refused: OPA would read it as another text."""
    return _ENCODER.encode(value).encode("utf-8")


def _chunks(encoded: Sequence[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    chunk: list[tuple[int, bytes]] = []
    size = _FRAME
    for place, body in encoded:
        if chunk and (size + len(body) + 1 > MAX_BODY_BYTES or len(chunk) == MAX_BATCH):
            yield chunk
            chunk, size = [], _FRAME
        chunk.append((place, body))
        size += len(body) + 1
    if chunk:
        yield chunk


def _unreadable() -> Decision:
    return denial("VALIDATION_ERROR", "malformed_request", "the request has no form in JSON")


def _too_large() -> Decision:
    return denial(
        "VALIDATION_ERROR",
        "request_too_large",
        f"the request has more than {MAX_BODY_BYTES} bytes",
    )
