"""The rules that one record alone decides: A3 to A5, A7, A8, A10 to A12, A14. Pure.

Layer: runtime. None looks at records of alerts but A11, or an alert would raise the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.rule import found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wilkc.runtime.alerts.model import Finding, Severity
    from wilkc.runtime.alerts.seen import Seen

ALERT_ROOM: Final = "alert."
DELIVERY: Final = "A11"
_GRAVE: Final = frozenset({"high", "critical"})
_UNAVAILABLE: Final = frozenset({"fact.log_unavailable", "fact.disk_low", "system.lost"})
_KEYS: Final = frozenset({"fact.key_problem", "key.missing", "key.overdue"})
_KILLS: Final = frozenset({"limit", "timeout", "policy_violation"})
_VERIFIED: Final = frozenset({"OK", "OK_UNANCHORED"})


@dataclass(frozen=True, slots=True)
class Single:
    """A rule that keeps nothing.

    Attributes:
        id: its name.
        title: what it says.
        severity: by what it saw.
        matches: whether it speaks.
    """

    id: str
    title: str
    severity: Callable[[Seen], Severity]
    matches: Callable[[Seen], bool]

    def look(self, seen: Seen) -> Iterable[Finding]:
        """A finding if it matches."""
        if self.matches(seen):
            yield found(self.id, self.severity(seen), self.title, seen, kind=seen.kind)

    def as_json(self) -> Any:
        """Nothing."""
        return None

    def load(self, stored: Any) -> None:
        """Nothing was kept."""
        if stored is not None:
            raise ValueError(f"rule {self.id} keeps nothing")


def _grave(seen: Seen) -> bool:
    return seen.risk in _GRAVE and not seen.kind.startswith(ALERT_ROOM)


def _poisoned(seen: Seen) -> bool:
    return seen.kind in _UNAVAILABLE or seen.kind == "system.recovered"


def _unverified(seen: Seen) -> bool:
    if seen.kind == "fact.log_not_ok":
        return True
    if seen.kind != "verify.done":
        return False
    # What names no verdict is not taken for a good one.
    return seen.details.get("verdict") not in _VERIFIED or seen.status == "failure"


def _key(seen: Seen) -> bool:
    overdue = seen.kind == "compliance.violation" and seen.details.get("rule") == "R8"
    return seen.kind in _KEYS or overdue


def _delivery(seen: Seen) -> bool:
    # An alert about alerts that failed would itself fail, and so on without end.
    return seen.kind == "alert.failed" and seen.details.get("rule") != DELIVERY


def _policy(seen: Seen) -> bool:
    rolled_back = seen.kind == "compliance.violation" and seen.details.get("rule") == "R2"
    return seen.kind == "policy.rejected" or rolled_back


def _sandbox(seen: Seen) -> bool:
    killed = seen.phase == "outcome" and seen.error in _KILLS
    return seen.kind == "sandbox.violation" or killed


def _risk(seen: Seen) -> Severity:
    return "critical" if seen.risk == "critical" else "high"


def _key_severity(seen: Seen) -> Severity:
    return "high" if seen.kind in {"key.overdue", "compliance.violation"} else "critical"


def _sandbox_severity(seen: Seen) -> Severity:
    return "critical" if seen.kind == "sandbox.violation" else "high"


def _recovered(seen: Seen) -> Severity:
    return "high" if seen.kind == "system.recovered" else "critical"


SINGLE: Final = (
    Single("A3", "a record of high or critical risk", _risk, _grave),
    Single("A4", "the audit log was not available, or its disk is low", _recovered, _poisoned),
    Single("A5", "the audit log does not verify", lambda _: "critical", _unverified),
    Single(
        "A7",
        "an agent that no policy knows asked for something",
        lambda _: "high",
        lambda seen: seen.denied and seen.reason == "NO_PERMISSIONS",
    ),
    Single("A8", "a key is overdue or missing, or the key ring went back", _key_severity, _key),
    Single(
        "A10",
        "it is not known what became of an action",
        lambda _: "high",
        lambda seen: seen.error == "outcome_unknown",
    ),
    Single(DELIVERY, "an alert could not be delivered", lambda _: "high", _delivery),
    Single("A12", "a policy bundle was rejected or rolled back", lambda _: "high", _policy),
    Single("A14", "a sandbox was violated, or ended its command", _sandbox_severity, _sandbox),
)
