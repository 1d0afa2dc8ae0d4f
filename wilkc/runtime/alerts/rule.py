"""What a rule is. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from wilkc.runtime.alerts.model import Finding, Number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.alerts.model import Severity
    from wilkc.runtime.alerts.seen import Seen


class Rule(Protocol):
    """Looks at what happens, in order, and says what people should know."""

    @property
    def id(self) -> str:
        """Its name, `A1` to `A15`."""
        ...

    def look(self, seen: Seen) -> Iterable[Finding]:
        """What follows from one more thing that happened."""
        ...

    def as_json(self) -> Any:
        """What must be kept to go on later; of bounded size."""
        ...

    def load(self, stored: Any) -> None:
        """Go on from what was kept.

        Raises:
            ValueError: it is not what this rule keeps.
        """
        ...


def found(  # noqa: PLR0913  # members of one finding
    rule: str,
    severity: Severity,
    title: str,
    seen: Seen,
    *,
    seqs: tuple[int, ...] = (),
    resource_type: str | None = None,
    **numbers: int | str,
) -> Finding:
    """A finding about one thing that happened.

    Args:
        rule: whose.
        severity: how urgent.
        title: a fixed sentence.
        seen: what raised it.
        seqs: records that it rests on; empty for this one alone.
        resource_type: what it is about; None takes that of the record.
        numbers: what it was found by.
    """
    own = () if seen.seq is None else (seen.seq,)
    return Finding(
        rule=rule,
        severity=severity,
        title=title,
        agent=seen.agent,
        resource_type=seen.resource_type if resource_type is None else resource_type,
        ref=seen.ref,
        seqs=seqs or own,
        at_us=seen.at_us,
        numbers=tuple(Number(name, value) for name, value in sorted(numbers.items())),
    )
