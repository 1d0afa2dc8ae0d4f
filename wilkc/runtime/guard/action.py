"""One action from permission to outcome, as a context manager. Layer: runtime."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from wilkc.runtime.guard.conditions import fulfilled
from wilkc.runtime.guard.denied import PermissionDenied
from wilkc.runtime.guard.hits import give_back

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from wilkc.core.contract import Decision, Request
    from wilkc.runtime.guard.pool import Pool
    from wilkc.runtime.guard.recording import Status
    from wilkc.runtime.guard.steps import Prepared, Question, Settled

CANCELLED: Final = "cancelled"
"""The error of a grant whose asker went away before it could act."""


class Decider(Protocol):
    """Decides, in one way of waiting or the other."""

    pool: Pool

    def decide(self, question: Question, *, enforced: bool) -> tuple[Prepared, Settled]:
        """The answer, on record."""
        ...

    async def decide_async(self, question: Question, *, enforced: bool) -> tuple[Prepared, Settled]:
        """The same without blocking the loop."""
        ...


class Action:
    """An action that runs only where it is permitted, between its intent and its outcome.

    Made by `Guard.action`; to be entered once, by `with` or by `async with`.

    Attributes:
        details: to be filled in with what became of it, for the record of the outcome.
        recorded: whether the outcome is on record; False until the end.
    """

    def __init__(self, decider: Decider, question: Question) -> None:
        self.details: dict[str, Any] = {}
        self.recorded = False
        self._decider = decider
        self._question = question
        self._begun: tuple[Prepared, Settled] | None = None

    @property
    def decision(self) -> Decision:
        """The grant, with the conditions that the caller promised to fulfil."""
        return self._held()[1].decision

    @property
    def request(self) -> Request:
        """What was judged, in canonical form."""
        return self._held()[0].request

    @property
    def path(self) -> str:
        """For files: the real path that was judged, to be acted on in place of the one given."""
        return self._held()[0].real or ""

    def __enter__(self) -> Self:
        self._require_fresh()
        self._take(self._decider.decide(self._question, enforced=True))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.recorded = self._end(error)()

    async def __aenter__(self) -> Self:
        self._require_fresh()
        self._take(await self._decider.decide_async(self._question, enforced=True))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.recorded = await self._decider.pool.run(self._end(error))

    def _held(self) -> tuple[Prepared, Settled]:
        if self._begun is None:
            raise RuntimeError("the action has not begun")
        return self._begun

    def _require_fresh(self) -> None:
        if self._begun is not None:
            raise RuntimeError("an action can be begun only once")

    def _take(self, begun: tuple[Prepared, Settled]) -> None:
        if not begun[1].decision.allow:
            raise PermissionDenied(begun[1].decision) from None
        self._begun = begun

    def _end(self, error: BaseException | None) -> Callable[[], bool]:
        _, settled = self._held()
        return lambda: record_end(settled, error, self.details)


def record_end(settled: Settled, error: BaseException | None, details: dict[str, Any]) -> bool:
    """Record how an action ended; whether that could be recorded."""
    status: Status = "success" if error is None else "failure"
    code = None if error is None else type(error).__name__.lower()
    text = None if error is None else str(error)
    try:
        if settled.intent is not None:
            told = {**details, **fulfilled(settled.decision)}
            settled.intent.outcome(status, error=code, error_text=text, details=told)
    except Exception:  # noqa: BLE001  # the act is done; the caller learns that it is not on record
        return False
    return settled.intent is not None


def abandon(settled: Settled) -> None:
    """End the record of a grant that nobody will act on: who asked was cancelled."""
    give_back(settled.refund)
    if settled.decision.allow and settled.intent is not None:
        # What is not closed now is closed by the log's next recovery.
        with suppress(Exception):
            settled.intent.outcome("failure", error=CANCELLED)
