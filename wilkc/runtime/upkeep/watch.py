"""Judging what was written, and telling people, as it happens. Layer: runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.alerts import Watcher
from wilkc.runtime.alerts.noticing import trouble_of
from wilkc.runtime.alerts.settings import FILE
from wilkc.runtime.audit.lock import BUSY
from wilkc.runtime.compliance import detect

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.alerts.seen import Fact
    from wilkc.runtime.guard.recording import SharedLog

SECONDS: Final = 1.0
"""Between two looks at a log that does not grow."""


class Watch:
    """The rules and the alerts of one log; one thread calls, any thread may say `stands`.

    Args:
        log: writes what they find, always as the log is told to be written now: else each of
            their records would end a segment of those who write otherwise.
        directory: of the log.
        keys: its key directory.
        alerts: the folder of its alerts.
    """

    def __init__(self, log: SharedLog, directory: Path, keys: Path, alerts: Path) -> None:
        self._log = log
        self._directory = directory
        self._keys = keys
        self._alerts = alerts
        self._watcher: Watcher | None = None
        self._judged: tuple[str, int] | None = None
        self._standing: frozenset[Fact] = frozenset()
        self.trouble: Fact | None = None
        """Why the log takes no records, as far as was tried last; None while it does."""

    @property
    def tells(self) -> bool:
        """Whether there is somebody to tell."""
        return (self._alerts / FILE).exists()

    def try_log(self) -> None:
        """See whether the log could take a record; nothing is put on record for that.

        Nobody else may write for hours: a key ring that is gone, or was put back as it was,
        would else be found by whoever is denied.

        Raises:
            VerificationError: the log was tampered with, or a key is missing.
            UnavailableError: the log or a key cannot be read, or the log not be written.
        """
        try:
            logger = self._log.logger()
            logger.means.keys.refresh()
            logger.checkpoint()
        except (UnavailableError, VerificationError) as error:
            if BUSY in error.message:
                return  # Its owner takes records, and says what is wrong with it.
            self.trouble = trouble_of(error)
            raise
        self.trouble = None

    def judge(self) -> None:
        """Put violations by new records on record.

        Raises:
            WilkError: they could not be judged; the next time goes on where this one was.
        """
        place = self._end()
        if place == self._judged:
            return
        detect(self._log.logger(), self._directory, self._keys)
        self._judged = place

    def tell(self) -> None:
        """Raise alerts by new records, and deliver what is due.

        Raises:
            WilkError: there are no settings, or another watcher is at work.
            OSError: the outbox cannot be written.
        """
        if self._watcher is None:
            if not self.tells:
                return
            self._watcher = Watcher(self._directory, self._alerts, self._log, noticed=self)
        self._watcher.outside = self._standing
        self._watcher.catch_up()

    def stands(self, facts: frozenset[Fact]) -> None:
        """What holds now beside what the log says."""
        self._standing = facts

    def close(self) -> None:
        """Keep the place, and let go of the folder of alerts."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.close()

    def _end(self) -> tuple[str, int]:
        """Name and size of the newest segment: what changes with every record."""
        newest = max(self._directory.glob("seg-*.jsonl"), default=None)
        return ("", 0) if newest is None else (newest.name, newest.stat().st_size)
