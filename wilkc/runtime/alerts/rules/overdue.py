"""A15: no restore was tried for 90 days, or a report is overdue. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.rule import found
from wilkc.runtime.alerts.seen import DAY_US

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.alerts.model import Finding
    from wilkc.runtime.alerts.seen import Seen

RESTORE_DAYS: Final = 90
RESTORE_TITLE: Final = "no restore of the backup was tried for 90 days"
REPORT_TITLE: Final = "a scheduled report is overdue"


@dataclass(slots=True)
class Overdue:
    """The rule, with the time of the last check, or of the log's first record."""

    id: str = "A15"
    _since_us: int | None = None
    _told: bool = False

    def look(self, seen: Seen) -> Iterable[Finding]:
        """A finding at the first record after the time is over, once until the next check."""
        if seen.kind == "fact.report_overdue":
            yield found(self.id, "medium", REPORT_TITLE, seen, resource_type="report")
        if seen.seq is None:
            return
        if self._since_us is None or _is_trial(seen):
            self._since_us, self._told = seen.at_us, False
        days = (seen.at_us - self._since_us) // DAY_US
        if days >= RESTORE_DAYS and not self._told:
            self._told = True
            yield found(self.id, "medium", RESTORE_TITLE, seen, resource_type="backup", days=days)

    def as_json(self) -> Any:
        """The time of the last check, and whether its age was told."""
        return [self._since_us, self._told]

    def load(self, stored: Any) -> None:
        """Take up the time of the last check."""
        self._since_us, self._told = stored[0], bool(stored[1])


def _is_trial(seen: Seen) -> bool:
    """Whether a backup was restored: one that failed, or took the host's own keys, is none."""
    restored = seen.kind == "verify.done" and seen.details.get("kind") == "restore"
    return restored and seen.status == "success"
