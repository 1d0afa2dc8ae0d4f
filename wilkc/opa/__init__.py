"""Room: opa. The sidecar that decides, and the way to ask it.

They are loaded when they are first used: whoever runs OPA once needs no HTTP.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

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
    "Announced": "announcement",
    "Sidecar": "sidecar",
    "SidecarSettings": "sidecar",
    "Transport": "transport",
}
_DENIALS: Final = "denials"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, _DENIALS)}"), name)
