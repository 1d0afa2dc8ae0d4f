"""The permission model's own calls, on top of a guard. Layer: runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wilkc.core.contract import Condition, Reason
    from wilkc.runtime.guard.context import SecurityContext
    from wilkc.runtime.guard.guard import Guard


@dataclass(frozen=True, slots=True)
class PermissionResult:
    """The permission model's answer.

    Attributes:
        allowed: whether the action may happen.
        reason: one of the five reasons.
        conditions: obligations of a grant.
        error: for `VALIDATION_ERROR`, what went wrong; else empty.
    """

    allowed: bool
    reason: Reason
    conditions: tuple[Condition, ...] = ()
    error: str = ""


def validate_permission(
    guard: Guard,
    agent_id: str,
    resource: str,
    action: str,
    context: SecurityContext | None = None,
) -> PermissionResult:
    """Whether an agent may do something: `validatePermission` of the permission model.

    Args:
        guard: who asks and records.
        agent_id: who acts; a context must name the same principal.
        resource: in the short form, for example `file:./src/a.ts`.
        action: for example `read`.
        context: where the request comes from.
    """
    found = guard.check(resource, action, agent=agent_id, security=context)
    error = found.message if found.reason == "VALIDATION_ERROR" else ""
    return PermissionResult(found.allow, found.reason, found.conditions, error)


def validate_operation(guard: Guard, context: SecurityContext, operation: str) -> bool:
    """Whether the principal may carry out an operation: `validateOperation` of the model.

    Args:
        guard: who asks and records.
        context: who acts, and whence.
        operation: the name of a tool, or `TYPE:REST ACTION`.
    """
    if ":" not in operation:
        return guard.check(f"tool:{operation}", "call", security=context).allow
    resource, _, action = operation.rpartition(" ")
    return guard.check(resource, action, security=context).allow
