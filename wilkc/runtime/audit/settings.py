"""Settings of the audit log. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.canonical import digest

if TYPE_CHECKING:
    from wilkc.runtime.audit.segment import Mode

MIB: Final = 1 << 20
DEFAULT_CLEAR_DETAILS: Final = (
    "action", "bytes", "count", "duration_us", "enforced", "exit_code", "fulfilled", "limit",
    "owner", "permission_source", "security_policy", "usage_permille", "violation_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """How a log is written. The first group is evidence: a change begins a new segment.

    Attributes:
        mode: `event` signs each record, `checkpoint` only the checkpoints.
        clear_details: members of details that stay readable without a key.
        seal_resources: whether resources are sealed, leaving only their type.
        record_input: whether the decision's input is kept, sealed.
        risk_profile: `graded`, or `seed` for the rule of the permission model's authors.
        segment_bytes: size at which a segment ends.
        segment_seconds: age at which a segment ends.
        checkpoint_events: events after which a checkpoint is due in mode `event`.
        checkpoint_seconds: seconds after which one is due.
        wait_ms: how long a caller waits for its record.
        reserve_bytes: size of the file that is given up when the disk fills.
        min_free_bytes: free space under which no action is allowed.
    """

    mode: Mode = "event"
    clear_details: tuple[str, ...] = DEFAULT_CLEAR_DETAILS
    seal_resources: bool = False
    record_input: bool = True
    risk_profile: Literal["graded", "seed"] = "graded"
    segment_bytes: int = 64 * MIB
    segment_seconds: int = 86_400
    checkpoint_events: int = 256
    checkpoint_seconds: int = 1
    wait_ms: int = 250
    reserve_bytes: int = 64 * MIB
    min_free_bytes: int = 256 * MIB

    def digest(self) -> str:
        """The digest of what is evidence, for the header of a segment."""
        return digest(
            {
                "clear_details": sorted(self.clear_details),
                "mode": self.mode,
                "record_input": self.record_input,
                "risk_profile": self.risk_profile,
                "seal_resources": self.seal_resources,
            }
        )
