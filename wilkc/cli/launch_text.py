"""What `wilkc run` says of a launch while it runs. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.runtime.sandbox import Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.sandbox import Reached

_TOLD: Final = ("memory", "pids", "cpu", "disk", "network")


class Shown(Recorded):
    """Samples go on record; limits and alerts are shown on standard error."""

    def confined(self, limits: Mapping[str, Reached]) -> None:
        """Say how strongly each limit is kept."""
        parts = [f"{name} {limits[name].strength}" for name in _TOLD if name in limits]
        click.echo(f"wilkc: limits   {' · '.join(parts)}", err=True)

    def alert(self, alert: Mapping[str, Any]) -> None:
        """Say what was crossed."""
        text = f"wilkc: {alert['type']}: {alert['resource']}"
        if alert["usage"] is not None:
            text += f" at {alert['usage']}, threshold {alert['threshold']}"
        click.echo(text, err=True)
