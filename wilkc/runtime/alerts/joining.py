"""Equal findings within five minutes become one alert with a count. Layer: runtime. Pure.

The first goes at once. When the window is over and there were more, the total is told once
under the same id. A flood of names becomes one alert about several agents.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.closed_json import from_json, to_json
from wilkc.runtime.alerts.model import MAX_SEQS, WINDOW_US, Alert, alert_of

if TYPE_CHECKING:
    from wilkc.runtime.alerts.model import Finding

MAX_OPEN: Final = 50
"""Windows of one rule that are open at once; what more there is shares one."""
SEVERAL: Final = "several agents"


@dataclass(slots=True)
class Joins:
    """The windows that are open."""

    _open: dict[tuple[str, ...], Alert] = field(default_factory=dict)
    _by_rule: Counter[str] = field(default_factory=Counter)
    _over: list[Alert] = field(default_factory=list)

    def add(self, finding: Finding) -> Alert | None:
        """The alert of a finding, or None where one is open that counts it too."""
        alert = alert_of(finding)
        # A critical finding does not hide behind an alert that is less.
        key: tuple[str, ...] = (alert.rule, alert.severity, alert.agent, alert.resource_type)
        if key not in self._open and self._by_rule[alert.rule] >= MAX_OPEN:
            key = (alert.rule, alert.severity)
            alert = replace(alert, agent=SEVERAL, resource_type="", numbers=())
        opened = self._open.get(key)
        if opened is not None and alert.first_us - opened.first_us < WINDOW_US:
            self._open[key] = replace(
                opened,
                count=opened.count + 1,
                last_us=max(opened.last_us, alert.last_us),
                seqs=tuple(sorted({*opened.seqs, *alert.seqs}))[-MAX_SEQS:],
            )
            return None
        if opened is None:
            self._by_rule[alert.rule] += 1
        else:
            self._over.append(opened)
        self._open[key] = alert
        return alert

    def close(self, now_us: int) -> list[Alert]:
        """The totals of windows that are over, of those that count more than one."""
        # A clock that was set back must not keep a window open.
        over = [
            key for key, alert in self._open.items() if not 0 <= now_us - alert.first_us < WINDOW_US
        ]
        closed = [self._open.pop(key) for key in over]
        self._by_rule -= Counter(alert.rule for alert in closed)
        closed, self._over = [*self._over, *closed], []
        return [alert for alert in closed if alert.count > 1]

    def as_json(self) -> list[Any]:
        """What must be kept to go on later."""
        opened = [[list(key), to_json(alert)] for key, alert in self._open.items()]
        return [opened, [to_json(alert) for alert in self._over]]

    def load(self, stored: list[Any]) -> None:
        """Go on from what was kept."""
        opened, over = stored
        self._open = {tuple(key): from_json(Alert, alert, "alert") for key, alert in opened}
        self._over = [from_json(Alert, alert, "alert") for alert in over]
        self._by_rule = Counter(key[0] for key in self._open)
