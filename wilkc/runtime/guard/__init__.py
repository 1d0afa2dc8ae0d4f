"""Enforcing decisions where actions happen. Room: runtime."""

from wilkc.core.contract import Decision
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
