"""Deciding only about agents that are not revoked. Layer: runtime.

The table of revocations is looked at before each question, so that what `wilkc identity revoke`
writes holds for the next one, in every process that looks. A look is one at the file's name a few
times a second, and none at the disk in between. A table that cannot be read is no answer.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Protocol

from wilkc.core.contract import denial
from wilkc.identity.clock import Clock
from wilkc.opa.denials import NO_REVOCATIONS, NoAnswerError, no_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Decision, Request
    from wilkc.identity import Revocations

AGENT_REVOKED: Final = "agent_revoked"


class Point(Protocol):
    """Who decides; a failure to do so is a denial, never an exception."""

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """The decision on one request, within so many seconds."""
        ...

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        """The decisions on any number of requests, in order."""
        ...

    def close(self) -> None:
        """Close this thread's connection."""
        ...


def agent_revoked(agent: str) -> Decision:
    """The denial of whatever a revoked agent asks for."""
    return denial("PERMISSION_DENIED", AGENT_REVOKED, f"the agent `{agent}` is revoked")


class Unrevoked:
    """A decision point that says no for revoked agents, and asks another one about the others.

    Args:
        point: the other one.
        revocations: what is revoked.
    """

    def __init__(self, point: Point, revocations: Revocations) -> None:
        self._point = point
        self._revocations = revocations
        self._clock = Clock()

    def refusal(self, request: Request) -> Decision | None:
        """The denial where the agent is revoked, or nobody can say whether it is; else None.

        It may look at the disk, and where hosts share what is revoked, ask their server.
        """
        try:
            revoked = self._revocations.is_revoked("agent", request.agent, self._clock.now())
        except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
            text = f"nobody can say whether the agent is revoked: {error}"
            return no_answer(NoAnswerError(NO_REVOCATIONS, text))
        return agent_revoked(request.agent) if revoked else None

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """See `Point`."""
        started = time.monotonic()
        refusal = self.refusal(request)
        if refusal is not None:
            return refusal
        return self._point.decide(request, seconds=time_left(seconds, started))

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        """See `Point`."""
        refused = [self.refusal(request) for request in requests]
        asked = [one for one, no in zip(requests, refused, strict=True) if no is None]
        answers = iter(self._point.decide_many(asked) if asked else ())
        return [next(answers) if no is None else no for no in refused]

    def close(self) -> None:
        """See `Point`."""
        self._point.close()


def time_left(seconds: float | None, started: float) -> float | None:
    """What is left of so many seconds since `started`: they are for both questions together."""
    return None if seconds is None else max(seconds - (time.monotonic() - started), 0)
