"""How much a record matters. Layer: runtime. Pure.

The seed level is the rule of the permission model's authors. It makes every plain refusal
critical, so that one agent probing paths would page people all night; the graded level
refines that one case. Bursts are a matter of alert rules, not of a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.record import RISKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.audit_settings import DenialLevel, RiskProfile
    from wilkc.core.contract import Decision
    from wilkc.runtime.audit.record import Risk, Status

_BLOCKING: Final = frozenset({"blocked"})
_HIGH_REASONS: Final = frozenset({"NO_PERMISSIONS", "VALIDATION_ERROR"})
_CRITICAL_TYPES: Final = frozenset({"key.missing", "system.lost"})
_CRITICAL_ERRORS: Final = frozenset({"chain_wrong", "escape", "signature_wrong"})
"""Codes of a program that left its sandbox, and of a bundle or log that was forged."""
_HIGH_TYPES: Final = frozenset({"auth.failure", "sandbox.violation"})
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
    kind: str,
    status: Status,
    decision: Decision | None = None,
    error: str | None = None,
    lift: DenialLevel | None = None,
) -> Risk:
    """The level by what was denied and why; the first that fits.

    Args:
        kind: action type.
        status: of the result.
        decision: of an intent.
        error: error code of the result.
        lift: what the permission model says that a denial of this category has at least.
    """
    denied = decision is not None and not decision.allow
    detail = (decision.detail, decision.reason) if decision is not None and denied else None
    level = _graded(kind, status, detail, error)
    if denied and lift is not None:
        return max(level, lift, key=RISKS.index)
    return level


def level_of(record: Mapping[str, Any], profile: RiskProfile | None = None) -> Risk:
    """The level of a record, as it was written or by another profile.

    What a caller insisted on is kept by the graded profile, and not known to the other. The
    levels of categories stand in no record: a record of the graded profile keeps its lift.

    Args:
        record: of any log.
        profile: by which the level is computed anew; None takes the one on record.
    """
    written: Risk = record["security"]["risk_level"]
    if profile is None:
        return written
    kind, status = record["action"]["type"], record["result"]["status"]
    decision = record["decision"]
    denied = decision is not None and not decision["allow"]
    if profile == "seed":
        return seed_level("permission.check" if denied else kind, status)
    if "security_violation" in record["security"]["compliance_tags"]:
        return "high"
    detail = (decision["detail"], decision["reason"]) if denied else None
    level = _graded(kind, status, detail, record["result"]["error"])
    # The seed profile makes every denial critical, which says nothing of a lift.
    lifted = denied and written != seed_level("permission.check", status)
    return max(level, written, key=RISKS.index) if lifted else level


def _graded(kind: str, status: Status, denial: tuple[str, str] | None, error: str | None) -> Risk:
    """By a denial's detail and reason, or None for what is none."""
    if kind in _CRITICAL_TYPES or error in _CRITICAL_ERRORS:
        return "critical"
    if kind in _HIGH_TYPES or error in _HIGH_ERRORS:
        return "high"
    if denial is not None:
        detail, reason = denial
        return "high" if detail in _BLOCKING or reason in _HIGH_REASONS else "medium"
    if "delete" in kind or "modify" in kind or status == "warning":
        return "medium"
    return "low"
