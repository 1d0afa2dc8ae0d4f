"""Room: runtime. `Guard` and what belongs to it are the product's public interface.

They are loaded when they are first used, see `wilkc.core.lazily`: the audit log is of use without
them.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.lazily import attribute

if TYPE_CHECKING:
    from wilkc.runtime.guard import (
        Action,
        CommandResult,
        Decision,
        Guard,
        PermissionDenied,
        PermissionResult,
        Recorder,
        SecurityContext,
        SecurityError,
        SharedLog,
        UnsafeNoRecord,
        validate_operation,
        validate_permission,
    )

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
_HOMES: Final = {"guard": tuple(__all__)}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
