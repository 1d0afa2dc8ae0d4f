"""No answer, and the denial that it means. Layer: opa (pure)."""

from __future__ import annotations

from typing import Final

from wilkc.core.contract import Decision, denial
from wilkc.core.errors import UnavailableError

NO_DECISION_POINT: Final = "no_decision_point"
LATE_ANSWER: Final = "late_answer"
ODD_ANSWER: Final = "odd_answer"
UNKNOWN_REVISION: Final = "unknown_revision"
NO_REVOCATIONS: Final = "revocations_unavailable"
"""It was not even asked: nobody could say whether the agent is revoked."""
NO_ANSWER_DETAILS: Final = frozenset(
    {NO_DECISION_POINT, LATE_ANSWER, ODD_ANSWER, UNKNOWN_REVISION, NO_REVOCATIONS}
)
"""Detail codes of denials that nobody decided: the decision point gave no answer."""


class NoAnswerError(UnavailableError):
    """The decision point gave no answer that can be acted on.

    Args:
        detail: one of `NO_ANSWER_DETAILS`.
        message: one sentence for a person or a model.
    """

    def __init__(self, detail: str, message: str) -> None:
        super().__init__(message)
        self.detail = detail


def no_answer(error: NoAnswerError) -> Decision:
    """The denial that a missing answer means."""
    return denial("VALIDATION_ERROR", error.detail, error.message)


def is_answer(decision: Decision) -> bool:
    """Whether somebody decided, be it yes or no."""
    return decision.detail not in NO_ANSWER_DETAILS
