"""What it means that something cannot be recorded. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Decision, denial
from wilkc.core.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

AUDIT_UNAVAILABLE: Final = "audit_unavailable"


def unavailable(error: OSError, directory: Path) -> UnavailableError:
    """The refusal that an error of the disk means."""
    why = error.strerror or str(error)
    return UnavailableError(
        f"{AUDIT_UNAVAILABLE}: the audit log at `{directory}` cannot be written: {why}",
        help_text="nothing is allowed before it can be recorded; make room or give access",
    )


def unrecorded(decision: Decision) -> Decision:
    """The answer in place of a decision that cannot be recorded: always a denial."""
    return denial(
        "VALIDATION_ERROR",
        AUDIT_UNAVAILABLE,
        "the decision could not be recorded, so it is a denial",
        revision=decision.revision,
    )
