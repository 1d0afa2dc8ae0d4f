"""What a launch needs from outside. Layer: runtime. Protocols only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Decision, Request

MAX_BATCH = 1000
"""Requests in one batch, as the decision rule accepts."""


class DecisionPoint(Protocol):
    """Answers requests; every failure to answer is an answer of no, never an exception."""

    def decide(self, request: Request) -> Decision:
        """The decision on one request."""
        ...

    def decide_many(self, requests: Sequence[Request]) -> Sequence[Decision]:
        """The decisions on at most `MAX_BATCH` requests, in order, by one revision."""
        ...


def decide_all(point: DecisionPoint, requests: Sequence[Request]) -> list[Decision]:
    """The decisions on any number of requests, in order.

    Raises:
        ValueError: the decision point gave another number of answers than it was asked for.
    """
    answers: list[Decision] = []
    for start in range(0, len(requests), MAX_BATCH):
        answers.extend(point.decide_many(requests[start : start + MAX_BATCH]))
    if len(answers) != len(requests):
        raise ValueError("the decision point gave another number of answers than it was asked for")
    return answers
