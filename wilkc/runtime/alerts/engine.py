"""All rules over what happens, in order, and what must be kept between. Layer: runtime. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.joining import Joins
from wilkc.runtime.alerts.rules import make_rules

if TYPE_CHECKING:
    from wilkc.runtime.alerts.model import Alert
    from wilkc.runtime.alerts.seen import Seen

FORMAT: Final = "wilk.alerts/v1"


class Engine:
    """The rules and the windows that are open. The same input gives the same alerts."""

    def __init__(self) -> None:
        self._rules = make_rules()
        self._joins = Joins()

    def take(self, seen: Seen) -> list[Alert]:
        """The alerts that one more thing raises."""
        raised = (self._joins.add(finding) for rule in self._rules for finding in rule.look(seen))
        return [alert for alert in raised if alert is not None]

    def close(self, now_us: int) -> list[Alert]:
        """The totals of windows that are over."""
        return self._joins.close(now_us)

    def as_json(self) -> dict[str, Any]:
        """What must be kept to go on later."""
        return {
            "joins": self._joins.as_json(),
            "rules": {rule.id: rule.as_json() for rule in self._rules},
            "v": FORMAT,
        }

    def load(self, stored: Any) -> None:
        """Go on from what was kept.

        Raises:
            ValueError: it was kept by another version, or is damaged.
        """
        try:
            if stored["v"] != FORMAT:
                raise ValueError(f"the state is of another format than `{FORMAT}`")
            if set(stored["rules"]) != {rule.id for rule in self._rules}:
                raise ValueError("the state is of other rules")
            for rule in self._rules:
                rule.load(stored["rules"][rule.id])
            self._joins.load(stored["joins"])
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError("the state is damaged") from error
