"""Where alerts of a log lie, and how they are shown. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.cli.decision_text import printable

if TYPE_CHECKING:
    from wilkc.runtime.alerts import OpenAlert

_ID_DIGITS = 12


def alerts_path(audit: str, alerts: str | None) -> Path:
    """The folder of a log's alerts, as named or beside the log."""
    whole = Path(audit).absolute()
    return Path(alerts) if alerts else whole.with_name(f"{whole.name}.alerts")


def alert_text(alert: OpenAlert) -> str:
    """One alert on two lines: what it is, and what it was found by."""
    parts = [
        alert.id[:_ID_DIGITS],
        alert.at,
        f"{alert.severity:<8}",
        f"{alert.rule:<3}",
        f"{alert.agent:<12}",
        alert.title,
    ]
    records = ", ".join(map(str, alert.seqs)) or "none"
    numbers = [f"{name} {value}" for name, value in alert.numbers.items()]
    told = [f"told {name}" for name in alert.told]
    failed = [f"{name} failed: {code}" for name, code in alert.failed.items()]
    rest = [f"records {records}", *numbers, *told, *failed]
    return printable("  ".join(parts)) + "\n  " + printable(" · ".join(rest))
