"""A log with its alerts, for tests that watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.runtime.alerts import Watcher
from wilkc.runtime.audit import Actor, Event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.unit.runtime.alerts.conftest import Hand
    from tests.unit.runtime.audit.conftest import Log
    from wilkc.runtime.alerts import Channel
    from wilkc.runtime.audit import AuditLogger
    from wilkc.runtime.disk import Disk

ONE = '[channel.ops]\nkind = "webhook"\nurl = "https://x.example/"\nsecret_files = ["s"]\n'
TWO = ONE + ONE.replace("ops", "oncall")


@dataclass
class Site:
    """A log with its alerts."""

    log: Log
    folder: Path
    hand: Hand

    def watch(
        self,
        channels: Mapping[str, Channel],
        recorder: AuditLogger | None = None,
        disk: Disk | None = None,
    ) -> Watcher:
        return Watcher(
            self.log.directory, self.folder, recorder, disk=disk, clock=self.hand,
            channels=channels, min_free_bytes=0,
        )  # fmt: skip

    def settings(self, text: str) -> None:
        path = self.folder / "alerts.toml"
        path.write_text(text)
        path.chmod(0o600)

    def of_alerts(self) -> list[tuple[str, str]]:
        return [
            (one["action"]["type"], one["action"]["details"]["alert"])
            for one in self.log.records()
            if one["action"]["type"].startswith("alert.")
        ]

    def waiting(self) -> list[Path]:
        return sorted((self.folder / "outbox").glob("*.json"))


def violate(logger: AuditLogger, agent: str = "reviewer") -> int:
    event = Event(type="policy.rejected", resource="policy:x", actor=Actor("agent", agent))
    seq = logger.system(event).seq
    assert seq is not None
    return seq
