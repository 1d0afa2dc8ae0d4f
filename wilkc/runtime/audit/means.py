"""What writing a log takes. Layer: runtime. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.runtime.audit.clock import record_id, timestamp
from wilkc.runtime.keys import Rotation

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.clock import Clock
    from wilkc.runtime.audit.settings import AuditSettings
    from wilkc.runtime.disk import Disk
    from wilkc.runtime.keys import KeyStore


@dataclass(frozen=True, slots=True)
class Means:
    """Everything that the parts of a writer share.

    Attributes:
        directory: of the log.
        keys: its opened key directory.
        settings: how to write.
        disk: where to.
        clock: the time of records.
    """

    directory: Path
    keys: KeyStore
    settings: AuditSettings
    disk: Disk
    clock: Clock

    @property
    def rotation(self) -> Rotation:
        """How long key-encryption keys are used, as the policy says."""
        return rotation_of(self.settings)

    @property
    def places(self) -> tuple[Path, ...]:
        """The log and its keys, and where by convention lies what unlocks those."""
        keys = self.keys.directory.absolute()
        return (self.directory, keys, keys.with_name(f"{keys.name}.provider"))

    def new_id(self) -> str:
        """A fresh record id."""
        return record_id(self.clock.wall_us())

    def now(self) -> str:
        """The time, as records write it."""
        return timestamp(self.clock.wall_us())


def rotation_of(settings: AuditSettings) -> Rotation:
    """How long key-encryption keys are used by settings of the log."""
    return Rotation(settings.key_rotation_days, settings.kek_overlap_days)
