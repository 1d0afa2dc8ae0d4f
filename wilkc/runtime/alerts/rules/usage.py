"""A2: a resource is used to 80 percent of its limit. Layer: runtime. Pure.

Samples of usage stand in clear in `system.usage`, each resource as `{usage, limit, …}`. A
crossing is told once, and again only after usage fell below 70 percent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.numbers import whole_number
from wilkc.runtime.alerts.rule import found
from wilkc.runtime.alerts.windows import Marks
from wilkc.runtime.audit.actions import USAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.runtime.alerts.model import Finding
    from wilkc.runtime.alerts.seen import Seen

MARK_PERMILLE: Final = 800
REARM_PERMILLE: Final = 700
_TITLE: Final = "a resource is used to 80 percent of its limit"
_RESOURCES: Final = ("cpu", "memory", "disk", "network", "connections")


@dataclass(frozen=True, slots=True)
class Usage:
    """The rule, with the crossings it told."""

    id: str = "A2"
    marks: Marks = field(default_factory=Marks)

    def look(self, seen: Seen) -> Iterable[Finding]:
        """A finding for each resource that crosses its mark."""
        if seen.phase == "outcome" and seen.about is not None:
            self.marks.forget(f"{seen.about} ")
        if seen.kind != USAGE:
            return
        of = seen.about or seen.agent
        for name, used, limit in _samples(seen.details):
            permille = used * 1000 // limit
            if self.marks.crosses(f"{of} {name}", permille, MARK_PERMILLE, REARM_PERMILLE):
                yield found(
                    self.id, "medium", _TITLE, seen, resource_type=name,
                    limit=limit, usage=used, usage_permille=permille,
                )  # fmt: skip

    def as_json(self) -> Any:
        """The crossings."""
        return self.marks.as_json()

    def load(self, stored: Any) -> None:
        """Take up the crossings."""
        self.marks.load(stored)


def _samples(details: Any) -> Iterator[tuple[str, int, int]]:
    """Name, usage and limit of each resource that has both."""
    for name in _RESOURCES:
        sample = details.get(name)
        if not isinstance(sample, dict):
            continue
        used, limit = whole_number(sample.get("usage")), whole_number(sample.get("limit"))
        if used is not None and limit is not None and limit > 0 and used >= 0:
            yield name, used, limit
