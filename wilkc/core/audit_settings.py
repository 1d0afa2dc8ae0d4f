"""Settings of the audit log: what the organisation's policy says and its writers obey.

Layer: core (leaf). The compiler puts them into a bundle, and the enforcement shim takes them
out of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from wilkc.core.canonical import digest
from wilkc.core.closed_json import from_json, to_json

MIB: Final = 1 << 20
AUDIT_MEMBER: Final = "wilk/audit.json"
"""The member of a bundle that holds the settings; a bundle without it leaves the defaults."""
ALL_PERMILLE: Final = 1000
DEFAULT_CLEAR_DETAILS: Final = (
    "action", "bytes", "count", "duration_us", "enforced", "exit_code", "fulfilled", "limit",
    "owner", "permission_source", "security_policy", "usage_permille", "violation_type",
)  # fmt: skip

Mode = Literal["event", "checkpoint"]
RiskProfile = Literal["graded", "seed"]
RecordClass = Literal["security", "access", "operation"]
DenialLevel = Literal["critical", "high"]
_CLASSES: Final[tuple[RecordClass, ...]] = ("security", "access", "operation")


@dataclass(frozen=True, slots=True)
class ContentDays:
    """For how many days the sealed content of each class can be opened.

    After them its key is destroyed, while the record stays. None stands for as long as the
    record is kept.
    """

    access: int | None = None
    operation: int | None = None
    security: int | None = None


@dataclass(frozen=True, slots=True)
class CategoryLevels:
    """The risk that a denial has at least, by type of resource; None lifts nothing.

    They are the levels of the core/runtime permission model: Critical, and High and Sensitive.
    """

    file: DenialLevel | None = None
    llm: DenialLevel | None = None
    network: DenialLevel | None = None
    shell: DenialLevel | None = None
    system: DenialLevel | None = None
    tool: DenialLevel | None = None

    def of(self, kind: str) -> DenialLevel | None:
        """The level of a type of resource, or None for one that no model names."""
        level: DenialLevel | None = getattr(self, kind) if kind in _LEVELLED else None
        return level


_LEVELLED: Final = frozenset(one.name for one in fields(CategoryLevels))


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """How a log is written. The first group is evidence: a change begins a new segment.

    Attributes:
        mode: `event` signs each record, `checkpoint` only the checkpoints.
        clear_details: members of details that stay readable without a key, beside those that
            Wilk itself writes and reads: `action`, `enforced`, `owner`, `fulfilled`.
        seal_resources: whether resources are sealed, leaving only their type.
        record_input: whether the decision's input is kept, sealed.
        risk_profile: `graded`, or `seed` for the rule of the permission model's authors.
        levels: risk that the graded profile gives a denial at least, by type of resource.
        retention_days: days that a record is kept at least.
        content_days: days that sealed content can be opened.
        key_rotation_days: days after which the key-encryption key is replaced.
        kek_overlap_days: days that the one before still opens what it wrapped.
        sample_permille: of 1,000 successes of class `operation` so many are kept.
        segment_bytes: size at which a segment ends.
        segment_seconds: age at which a segment ends.
        checkpoint_events: events after which a checkpoint is due in mode `event`.
        checkpoint_seconds: seconds after which one is due.
        wait_ms: how long a caller waits for its record; an allow whose record took longer is
            a denial.
        reserve_bytes: size of the file that is given up when the disk fills.
        min_free_bytes: free space under which no action is allowed.
    """

    mode: Mode = "event"
    clear_details: tuple[str, ...] = DEFAULT_CLEAR_DETAILS
    seal_resources: bool = False
    record_input: bool = True
    risk_profile: RiskProfile = "graded"
    levels: CategoryLevels = CategoryLevels()  # frozen
    retention_days: int = 2555
    content_days: ContentDays = ContentDays()  # frozen
    key_rotation_days: int = 90
    kek_overlap_days: int = 30
    sample_permille: int = ALL_PERMILLE
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
                "content_days": to_json(self.content_days),
                "kek_overlap_days": self.kek_overlap_days,
                "key_rotation_days": self.key_rotation_days,
                "levels": to_json(self.levels),
                "mode": self.mode,
                "record_input": self.record_input,
                "retention_days": self.retention_days,
                "risk_profile": self.risk_profile,
                "sample_permille": self.sample_permille,
                "seal_resources": self.seal_resources,
            }
        )

    def days_of_content(self, record_class: RecordClass) -> int:
        """Days that the sealed content of a class can be opened; never longer than its record."""
        said = getattr(self.content_days, record_class)
        return self.retention_days if said is None else min(said, self.retention_days)

    def as_json(self) -> dict[str, Any]:
        """The JSON form, as a bundle and a key directory hold it."""
        members: dict[str, Any] = to_json(self)
        return members

    @classmethod
    def from_json(cls, value: Any) -> AuditSettings:
        """Read the JSON form back.

        Raises:
            ValueError: a member is missing, unknown or of the wrong kind.
        """
        return from_json(cls, value, "audit")

    def check(self) -> None:
        """Require that every number is in its range.

        Raises:
            ValueError: one is not.
        """
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"`audit.{name}` is not from {least} to {most}")
        for record_class in _CLASSES:
            if self.days_of_content(record_class) < 1:
                raise ValueError(f"content of class `{record_class}` is kept for no day")


RANGES: Final[dict[str, tuple[int, int]]] = {
    "retention_days": (1, 36_500),
    "key_rotation_days": (1, 3650),
    # An erasure is complete only after the overlap, and is to be so within 30 days.
    "kek_overlap_days": (1, 30),
    "sample_permille": (0, ALL_PERMILLE),
    "segment_bytes": (64 * 1024, 1 << 40),
    "segment_seconds": (60, 31 * 86_400),
    "checkpoint_events": (1, 1_000_000),
    "checkpoint_seconds": (1, 3600),
    "wait_ms": (1, 60_000),
    "reserve_bytes": (0, 1 << 40),
    "min_free_bytes": (0, 1 << 50),
}
"""Least and most of each number, as specs and bundles may give it."""
