"""The rules A1 to A15, in their order. Room: runtime.

A13 is `wilkc.runtime.alerts.anomaly`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.alerts.anomaly import Anomaly
from wilkc.runtime.alerts.rules.bursts import (
    DENIAL_SECONDS,
    DENIALS,
    FAILURE_SECONDS,
    FAILURES,
    Counted,
    is_denial,
    is_failure,
)
from wilkc.runtime.alerts.rules.clock import ClockStep
from wilkc.runtime.alerts.rules.overdue import Overdue
from wilkc.runtime.alerts.rules.single import SINGLE
from wilkc.runtime.alerts.rules.usage import Usage
from wilkc.runtime.alerts.seen import SECOND_US
from wilkc.runtime.alerts.windows import Burst

if TYPE_CHECKING:
    from wilkc.runtime.alerts.rule import Rule

__all__ = ["RULE_COUNT", "make_rules"]

RULE_COUNT: Final = 15


def make_rules() -> tuple[Rule, ...]:
    """All rules, knowing nothing yet, `A1` first."""
    failures = Burst(FAILURES, FAILURE_SECONDS * SECOND_US)
    denials = Burst(DENIALS, DENIAL_SECONDS * SECOND_US)
    rules: list[Rule] = [
        Counted("A1", "repeated failures to sign in", "high", is_failure, failures),
        Usage(),
        Counted("A6", "an agent is refused again and again", "critical", is_denial, denials),
        ClockStep(),
        Anomaly(),
        Overdue(),
        *SINGLE,
    ]
    return tuple(sorted(rules, key=lambda rule: int(rule.id[1:])))
