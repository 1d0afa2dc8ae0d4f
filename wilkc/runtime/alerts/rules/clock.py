"""A9: the wall clock was set. Layer: runtime. Pure.

Within one boot the wall clock and the kernel's count since its start go on together. Where
they part by more than a second, somebody set the clock, by hand or by a time service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.rule import found
from wilkc.runtime.alerts.seen import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.alerts.model import Finding
    from wilkc.runtime.alerts.seen import Seen

_TITLE: Final = "the wall clock was set by more than a second"
_RECORDED: Final = "system.clock_step"


@dataclass(slots=True)
class ClockStep:
    """The rule, with the last record's times."""

    id: str = "A9"
    _boot: str = ""
    _apart_us: int = 0

    def look(self, seen: Seen) -> Iterable[Finding]:
        """A finding where the two clocks part."""
        if not seen.boot:
            return
        apart = seen.at_us - seen.mono_us
        step = apart - self._apart_us if seen.boot == self._boot else 0
        self._boot, self._apart_us = seen.boot, apart
        if abs(step) > SECOND_US or seen.kind == _RECORDED:
            yield found(self.id, "medium", _TITLE, seen, resource_type="clock", step_us=step)

    def as_json(self) -> Any:
        """The last record's times."""
        return [self._boot, self._apart_us]

    def load(self, stored: Any) -> None:
        """Take up the last record's times."""
        self._boot, self._apart_us = str(stored[0]), int(stored[1])
