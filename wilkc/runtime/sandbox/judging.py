"""What a sample of usage means: alerts, slowing down, the end. Layer: runtime. No I/O.

A threshold is crossed once, and is armed again when usage has fallen well below it. What the
kernel enforces needs no judgement; what only samples keep ends the launch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.core.sandbox_plan import Limits, Quantity
    from wilkc.runtime.sandbox.usage import Usage

WARNING: Final = "resource_limit_warning"
MONITORING: Final = "resource_limit_monitoring"
FAILED: Final = "resource_monitoring_failed"
MONITOR: Final = "monitoring"
"""Named in the place of a resource where a launch ends because it cannot be watched."""

RESOURCES: Final = ("cpu", "memory", "disk", "network")
CALM_SAMPLES: Final = 3
"""Samples in a row under the threshold after which a launch is slowed down no more."""
_REARM: Final = (7, 8)
"""Of a threshold: 70 percent where that is 80."""
_ERROR: Final = (21, 20)
"""What is used per second is counted in steps and read a moment late: 5 percent are nothing."""
_STRIKES: Final = 2
"""Samples in a row above a limit on what is used per second."""
_FAILURES: Final = 2


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that people should know.

    Attributes:
        type: one of the three of this module.
        resource: what it is about.
        after_ms: when, from the start of the command; None where nothing was read.
        usage: what was used, in the unit of the limit; None where nothing was read.
        threshold: what was crossed; None where nothing was read.
    """

    type: str
    resource: str
    after_ms: int | None = None
    usage: int | None = None
    threshold: int | None = None

    def as_json(self) -> dict[str, Any]:
        """One entry of the record's `alerts`."""
        return {
            "type": self.type,
            "resource": self.resource,
            "after_ms": self.after_ms,
            "usage": self.usage,
            "threshold": self.threshold,
        }


@dataclass(frozen=True, slots=True)
class Ruling:
    """What follows from one sample.

    Attributes:
        alerts: to be told now.
        slow: resources whose soft limit is exceeded, or was a short time ago.
        end: the resource whose hard limit was exceeded, or empty.
    """

    alerts: tuple[Alert, ...] = ()
    slow: frozenset[str] = frozenset()
    end: str = ""


@dataclass(slots=True)
class Judge:
    """Judges the samples of one launch, in their order.

    Attributes:
        limits: of the plan.
        unkept: resources whose limit the kernel keeps not at all or in part.
    """

    limits: Limits
    unkept: frozenset[str]
    _crossed: set[tuple[str, str]] = field(default_factory=set)
    _slow: dict[str, int] = field(default_factory=dict)
    _strikes: dict[str, int] = field(default_factory=dict)
    _failures: int = 0

    def take(self, usage: Usage) -> Ruling:
        """Judge a sample."""
        # Where only samples keep a limit, a value that cannot be read is a limit not kept.
        blind = [
            name
            for name, quantity in self._quantities()
            if self._by_samples(name, quantity) and usage.value(name, quantity) is None
        ]
        if blind:
            return self.failed(blind[0])
        self._failures = 0
        return self._weigh(usage)

    def at_end(self, usage: Usage) -> Ruling:
        """Judge the last sample, of which parts are always missing: nothing runs any more."""
        return self._weigh(usage)

    def _weigh(self, usage: Usage) -> Ruling:
        alerts: list[Alert] = []
        end = "cpu" if self._time_is_up(usage) else ""
        for name, quantity in self._quantities():
            value = usage.value(name, quantity)
            if value is None:
                continue
            alerts += self._alerts(name, quantity, value, usage.after_ms)
            self._weigh_soft(name, quantity, value)
            if not end and self._exceeded(name, quantity, value):
                end = name
        return Ruling(tuple(alerts), frozenset(self._slow), end)

    def failed(self, resource: str = "") -> Ruling:
        """A sample that could not be taken."""
        self._failures += 1
        kept = any(self._by_samples(name, quantity) for name, quantity in self._quantities())
        blind = kept and self._failures >= _FAILURES
        alert = Alert(FAILED, resource or MONITOR)
        return Ruling((alert,), frozenset(self._slow), MONITOR if blind else "")

    def _quantities(self) -> Iterator[tuple[str, Quantity]]:
        return ((name, getattr(self.limits, name)) for name in RESOURCES)

    def _by_samples(self, name: str, quantity: Quantity) -> bool:
        return name in self.unkept and quantity.enforcement == "hard" and quantity.unit != "weight"

    def _time_is_up(self, usage: Usage) -> bool:
        most = self.limits.cpu_time_ms
        return most is not None and usage.cpu_ms is not None and usage.cpu_ms > most

    def _alerts(self, name: str, quantity: Quantity, value: int, after_ms: int) -> Iterator[Alert]:
        softly = quantity.enforcement == "monitoring"
        for mark, threshold, kind in (
            ("warning", quantity.warning, WARNING),
            ("max", quantity.max, MONITORING if softly else WARNING),
        ):
            over = value >= threshold if mark == "warning" else value > threshold
            if mark == "max" and quantity.enforcement == "hard":
                continue
            if over and (name, mark) not in self._crossed:
                self._crossed.add((name, mark))
                yield Alert(kind, name, after_ms, value, threshold)
            elif value < threshold * _REARM[0] // _REARM[1]:
                self._crossed.discard((name, mark))

    def _weigh_soft(self, name: str, quantity: Quantity, value: int) -> None:
        if quantity.enforcement != "soft":
            return
        if value > quantity.max:
            self._slow[name] = 0
        elif name in self._slow:
            self._slow[name] = self._slow[name] + 1 if value < quantity.warning else 0
            if self._slow[name] >= CALM_SAMPLES:
                del self._slow[name]

    def _exceeded(self, name: str, quantity: Quantity, value: int) -> bool:
        if not self._by_samples(name, quantity):
            return False
        if quantity.unit == "bytes":
            return value > quantity.max
        over = value * _ERROR[1] > quantity.max * _ERROR[0]
        self._strikes[name] = self._strikes.get(name, 0) + 1 if over else 0
        return self._strikes[name] >= _STRIKES
