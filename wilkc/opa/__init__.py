"""Room: opa. The sidecar that decides, and the way to ask it.

They are loaded when they are first used, see `wilkc.core.lazily`: whoever runs OPA once needs no
HTTP.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.lazily import attribute

if TYPE_CHECKING:
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
_HOMES: Final = {
    "announcement": ("Announced",),
    "denials": ("NO_ANSWER_DETAILS", "NoAnswerError", "is_answer", "no_answer"),
    "sidecar": ("Sidecar", "SidecarSettings"),
    "transport": ("Transport",),
}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
