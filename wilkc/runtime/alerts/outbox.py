"""Alerts that are on their way, one file each. Layer: runtime.

A file is put there as a whole and durable before anything else happens with its alert, so that
a crash loses none; at worst one is told again, under the same id.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from wilkc.core.canonical import canonical_json
from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import is_hex
from wilkc.core.errors import UsageError
from wilkc.core.strict_json import decode_json
from wilkc.runtime.alerts.entry import Delivery, Entry, Note

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.alerts.model import Alert
    from wilkc.runtime.alerts.settings import AlertSettings
    from wilkc.runtime.disk import Disk

FORMAT: Final = "wilk.outbox/v1"
FOLDER: Final = "outbox"
ANSWERS: Final = "answers"
DAMAGED: Final = ".damaged"
MAX_ENTRIES: Final = 10_000
MAX_BY: Final = 160
_ENDING: Final = ".json"
_ID_DIGITS: Final = 64


class Outbox:
    """The folder of alerts that are on their way.

    Args:
        folder: of the alerts of one log.
        disk: where to write.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder / FOLDER
        self._answers = folder / ANSWERS
        self._disk = disk

    def make(self) -> None:
        """Make the folders that are missing.

        Raises:
            OSError: they cannot be made.
        """
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._disk.make_directory(self._folder)
        self._disk.make_directory(self._answers)

    def put(self, alert: Alert, settings: AlertSettings, now_us: int, *, final: bool) -> bool:
        """Put an alert there; whether it is new.

        Raises:
            OSError: it cannot be written.
        """
        # The total is raised, too: else nothing on record says which records were told by it.
        owed = (Note("alert.raised"),)
        channels = settings.first(alert.severity)
        deliveries = tuple(Delivery(channel) for channel in channels)
        entry = Entry(
            FORMAT, alert, final, now_us, deliveries, owed, "", settings.escalation
        )  # fmt: skip
        if self._path(entry.name).exists():
            return False
        self.save(entry)
        return True

    def save(self, entry: Entry) -> None:
        """Replace an entry, or remove it when nothing is left to do.

        Raises:
            OSError: it cannot be written.
        """
        path = self._path(entry.name)
        if entry.done:
            self._disk.unlink(path)
            self._disk.sync_directory(self._folder)
        else:
            self._disk.put_file(path, canonical_json(to_json(entry)))

    def entries(self) -> list[Entry]:
        """All entries, the oldest first; what is no entry is renamed to `.damaged`.

        Raises:
            OSError: they cannot be read.
        """
        found = []
        for path in sorted(self._folder.glob(f"*{_ENDING}")):
            entry = self._read(path)
            if entry is not None:
                found.append(entry)
        return sorted(found, key=lambda one: (one.created_us, one.name))

    def answer(self, alert_id: str, by: str) -> None:
        """Leave word that somebody acknowledged an alert.

        Raises:
            UsageError: it is no alert's id.
            OSError: it cannot be written.
        """
        if not is_hex(alert_id, _ID_DIGITS):
            raise UsageError(
                f"`{alert_id}` is no alert", help_text="`wilkc audit alerts` lists the open ones"
            )
        self._disk.put_file(self._answers / alert_id, by[:MAX_BY].encode())

    def answers(self) -> dict[str, str]:
        """Alert ids to who acknowledged them.

        Raises:
            OSError: they cannot be read.
        """
        return {
            path.name: path.read_text(encoding="utf-8", errors="replace")[:MAX_BY]
            for path in sorted(self._answers.iterdir())
            if is_hex(path.name, _ID_DIGITS)
        }

    def forget_answer(self, alert_id: str) -> None:
        """Remove a word that was taken up.

        Raises:
            OSError: it cannot be removed.
        """
        self._disk.unlink(self._answers / alert_id)

    def find(self, alert_id: str) -> Entry | None:
        """The entry of an alert, or None where it is on its way no more."""
        path = self._path(alert_id)
        return self._read(path) if path.exists() else None

    def full(self) -> bool:
        """Whether there are as many as there may be."""
        return sum(1 for _ in self._folder.glob(f"*{_ENDING}")) >= MAX_ENTRIES

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_ENDING}"

    def _read(self, path: Path) -> Entry | None:
        with suppress(ValueError):
            entry = from_json(Entry, decode_json(path.read_bytes()), "entry")
            if entry.v == FORMAT and entry.name == path.stem:
                return entry
        # One that cannot be read must not keep the others from people.
        self._disk.replace(path, path.with_suffix(DAMAGED))
        return None
