"""One decision point and one record, in memory, for tests of what asks and records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wilkc.core.contract import Decision, denial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wilkc.core.contract import Request

Event = tuple[str, Any]


@dataclass
class Point:
    """Answers by the protocol of a connection, or by the type of anything else; or fails.

    Attributes:
        answers: what is answered; everything else is denied.
        error: raised instead of an answer.
        seconds: how long each question must say that it waits; None for any.
        events: receives every question, in order.
    """

    answers: dict[str, Decision] = field(default_factory=dict)
    error: Exception | None = None
    seconds: float | None = None
    events: list[Event] = field(default_factory=list)

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        assert self.seconds is None or seconds == self.seconds
        self.events.append(("decide", request))
        if self.error is not None:
            raise self.error
        key = request.properties.get("protocol", request.type)
        return self.answers.get(key, denial("PERMISSION_DENIED", "no_rule_matches", "no"))

    def decide_many(self, requests: Sequence[Request]) -> Sequence[Decision]:
        return [self.decide(request) for request in requests]

    @property
    def asked(self) -> list[Request]:
        return [told for kind, told in self.events if kind == "decide"]


@dataclass
class Notes:
    """Keeps what is recorded, in order.

    Attributes:
        failing: the phase that cannot be recorded, `intent` or `outcome`; empty for none.
        error: makes what is raised then.
        events: receives what is recorded.
    """

    failing: str = ""
    error: Callable[[], Exception] = lambda: OSError("no room")
    events: list[Event] = field(default_factory=list)

    def intent(self, request: Request, decision: Decision, **_: object) -> Noted:
        return Noted(self, self.take("intent", (request, decision)))

    def take(self, kind: str, what: Any) -> Any:
        """Write one thing down, or fail."""
        self.events.append((kind, what))
        if self.failing == kind:
            self.events.append(("lost", kind))
            raise self.error()
        return what

    def told(self, kind: str) -> list[Any]:
        """What was recorded of one kind."""
        lost = {at - 1 for at, (name, _) in enumerate(self.events) if name == "lost"}
        return [what for at, (name, what) in enumerate(self.events)
                if name == kind and at not in lost]  # fmt: skip

    @property
    def decisions(self) -> list[Decision]:
        return [decision for _, decision in self.told("intent")]

    @property
    def granted(self) -> list[Request]:
        return [request for request, decision in self.told("intent") if decision.allow]

    @property
    def denied(self) -> list[tuple[str, str]]:
        """Host and detail of each denied connection."""
        return [
            (request.properties["host"], decision.detail)
            for request, decision in self.told("intent")
            if not decision.allow
        ]

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        return self.told("outcome")


@dataclass(frozen=True)
class Noted:
    """The record of one intent."""

    notes: Notes
    what: tuple[Request, Decision]

    def outcome(
        self,
        status: str,
        *,
        error: str | None = None,
        error_text: str | None = None,
        details: Any = None,
    ) -> None:
        del error_text
        told = {"status": status, "error": error, **(details or {})}
        self.notes.take("outcome", told)

    def usage(self, sample: Any) -> None:
        self.notes.take("usage", sample)
