"""A1 and A6: too many of one kind within a time. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.rule import found
from wilkc.runtime.alerts.seen import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wilkc.runtime.alerts.model import Finding, Severity
    from wilkc.runtime.alerts.seen import Seen
    from wilkc.runtime.alerts.windows import Burst

FAILURES: Final = 3
FAILURE_SECONDS: Final = 300
DENIALS: Final = 20
DENIAL_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Counted:
    """A rule over a count by actor.

    Attributes:
        id: its name.
        title: what it says.
        severity: how urgent.
        counts: whether a thing is one of the counted.
        burst: the count and its window.
    """

    id: str
    title: str
    severity: Severity
    counts: Callable[[Seen], bool]
    burst: Burst

    def look(self, seen: Seen) -> Iterable[Finding]:
        """A finding where the mark is crossed."""
        if seen.seq is None or not self.counts(seen):
            return
        seqs = self.burst.add(seen.agent, seen.at_us, seen.seq)
        if seqs:
            yield found(
                self.id, self.severity, self.title, seen, seqs=seqs, kind=seen.kind,
                count=len(seqs), seconds=self.burst.window_us // SECOND_US,
            )  # fmt: skip

    def as_json(self) -> Any:
        """The counts."""
        return self.burst.as_json()

    def load(self, stored: Any) -> None:
        """Take up the counts."""
        self.burst.load(stored)


def is_failure(seen: Seen) -> bool:
    """Whether somebody failed to prove who they are."""
    return seen.kind == "auth.failure"


def is_denial(seen: Seen) -> bool:
    """Whether an agent was told no."""
    return seen.denied
