"""What a launch needs from outside. Layer: runtime. Protocols only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.core.contract import Decision, Json, Request
    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.usage import Traffic

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


class NetworkWay(Protocol):
    """The way out of one launch."""

    def listen(self, pid: int, document: Mapping[str, Json]) -> None:
        """Let processes of the sandbox connect.

        Args:
            pid: the blocked process inside.
            document: bubblewrap's status document about it.

        Raises:
            SandboxRefusedError: it cannot be made.
        """
        ...

    def close(self) -> None:
        """End it, with all connections; never raises."""
        ...

    def traffic(self) -> Traffic:
        """What it has carried so far."""
        ...

    def brake(self, on: bool, /) -> None:  # noqa: FBT001  # the one thing that it is told
        """Halve the rate, or restore it."""
        ...

    def record(self) -> dict[str, Json]:
        """What it carried; `limit_exceeded` tells whether it had to stop."""
        ...


class Egress(Protocol):
    """Makes the way out of a launch whose plan restricts the network."""

    def open(self, job: Job, uid: int) -> NetworkWay:
        """Prepare it, from the thread that launches, before anything is started.

        Args:
            job: what is launched.
            uid: whom the command runs as.

        Raises:
            SandboxRefusedError: it cannot be had.
        """
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
