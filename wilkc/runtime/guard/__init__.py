"""Enforcing decisions where actions happen. Room: runtime.

They are loaded when they are first used, see `wilkc.core.lazily`.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.contract import Decision
from wilkc.core.lazily import attribute

if TYPE_CHECKING:
    from wilkc.runtime.guard.action import Action
    from wilkc.runtime.guard.context import SecurityContext
    from wilkc.runtime.guard.denied import PermissionDenied
    from wilkc.runtime.guard.guard import Guard
    from wilkc.runtime.guard.recording import Recorder, SharedLog, UnsafeNoRecord
    from wilkc.runtime.guard.running import CommandResult
    from wilkc.runtime.guard.securely import SecurityError
    from wilkc.runtime.guard.seeds import PermissionResult, validate_operation, validate_permission

__all__ = [
    "Action",
    "CommandResult",
    "Decision",
    "Guard",
    "PermissionDenied",
    "PermissionResult",
    "Recorder",
    "SecurityContext",
    "SecurityError",
    "SharedLog",
    "UnsafeNoRecord",
    "validate_operation",
    "validate_permission",
]
_HOMES: Final = {
    "action": ("Action",),
    "context": ("SecurityContext",),
    "denied": ("PermissionDenied",),
    "guard": ("Guard",),
    "recording": ("Recorder", "SharedLog", "UnsafeNoRecord"),
    "running": ("CommandResult",),
    "securely": ("SecurityError",),
    "seeds": ("PermissionResult", "validate_operation", "validate_permission"),
}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
