"""How much a record matters. Layer: runtime. Pure.

The seed level is the rule of the permission model's authors. It makes every plain refusal
critical, so that one agent probing paths would page people all night; the graded level
refines that one case. Bursts are a matter of alert rules, not of a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wilkc.core.contract import Decision
    from wilkc.runtime.audit.record import Risk, Status

_BLOCKING: Final = frozenset({"blocked"})
_HIGH_REASONS: Final = frozenset({"NO_PERMISSIONS", "VALIDATION_ERROR"})
_CRITICAL_TYPES: Final = frozenset({"key.missing", "system.lost"})
_HIGH_ERRORS: Final = frozenset({"outcome_unknown"})


def seed_level(kind: str, status: Status) -> Risk:
    """The level by type and status alone.

    A denied intent is asked as `permission.check`, which is what the permission model's own
    engine would have logged.
    """
    if status == "failure" and "permission" in kind:
        return "critical"
    if "auth.failure" in kind:
        return "high"
    if "delete" in kind or "modify" in kind:
        return "medium"
    return "low"


def graded_level(
    kind: str, status: Status, decision: Decision | None = None, error: str | None = None
) -> Risk:
    """The level by what was denied and why; the first that fits.

    Args:
        kind: action type.
        status: of the result.
        decision: of an intent.
        error: error code of the result.
    """
    if kind in _CRITICAL_TYPES:
        return "critical"
    if kind == "auth.failure" or error in _HIGH_ERRORS:
        return "high"
    if decision is not None and not decision.allow:
        grave = decision.detail in _BLOCKING or decision.reason in _HIGH_REASONS
        return "high" if grave else "medium"
    if "delete" in kind or "modify" in kind or status == "warning":
        return "medium"
    return "low"
