"""Room: runtime. `Guard` and what belongs to it are the product's public interface.

They are loaded when they are first used: the audit log is of use without them.
"""

from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from wilkc.runtime import guard  # noqa: PLC0415  # see above

    return getattr(guard, name)
