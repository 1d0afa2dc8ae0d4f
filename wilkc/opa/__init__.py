"""Room: opa. The sidecar that decides, and the way to ask it."""

from wilkc.opa.announcement import Announced
from wilkc.opa.denials import NO_ANSWER_DETAILS, NoAnswerError, is_answer, no_answer
from wilkc.opa.sidecar import Sidecar, SidecarSettings
from wilkc.opa.transport import Transport

__all__ = [
    "NO_ANSWER_DETAILS",
    "Announced",
    "NoAnswerError",
    "Sidecar",
    "SidecarSettings",
    "Transport",
    "is_answer",
    "no_answer",
]
