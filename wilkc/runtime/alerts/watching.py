"""Watching a log: new records to alerts, alerts to people. Layer: runtime.

One step: read what is new, run the rules, put each alert into the outbox, keep the place,
and only then tell anybody. Killed between any two of these, the next step begins before the
first that was not finished: no alert is lost, and one that is told twice has the same id.

Nothing here is on the way of a decision. A guard gives a watcher a thread; else a process of
its own, or cron, runs it.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, suppress
from itertools import islice
from typing import TYPE_CHECKING, Final, Self

from wilkc.core.errors import UnavailableError, UsageError, VerificationError, WilkError
from wilkc.runtime.alerts.channel import open_channels
from wilkc.runtime.alerts.delivering import Deliverer
from wilkc.runtime.alerts.kept import load_kept, save_kept
from wilkc.runtime.alerts.listing import told_before
from wilkc.runtime.alerts.lock import take_lock
from wilkc.runtime.alerts.outbox import Outbox
from wilkc.runtime.alerts.seen import DAY_US, SECOND_US, Fact, fact, seen_in
from wilkc.runtime.alerts.settings import FILE, read_settings
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.following import follow
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import refuse_inside

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from pathlib import Path

    from wilkc.core.audit_settings import RiskProfile
    from wilkc.runtime.alerts.channel import Channel
    from wilkc.runtime.alerts.delivering import Recorder
    from wilkc.runtime.alerts.model import Alert
    from wilkc.runtime.alerts.noticing import Noticed

MAX_RECORDS: Final = 2000
"""Records of one step, so that alerts go out between two."""
STEP_SECONDS: Final = 1.0
KEEP_US: Final = 5 * SECOND_US
AGAIN_US: Final = DAY_US
"""A fact that holds on is told again after a day."""
OUTSIDE: Final[frozenset[Fact]] = frozenset({"fact.report_overdue"})
"""Facts that somebody else looks after."""
_NOTICED: Final = "noticed"
MIN_FREE_BYTES: Final = 256 << 20


class Watcher:
    """Watches one log, until it is closed.

    Args:
        directory: of the log.
        folder: of its alerts, which holds `alerts.toml`.
        recorder: writes records; None leaves them owed.
        noticed: the log of a guard in this process, or who tries the log; what is wrong with
            it is told, too.
        disk: where to write; the real disk if left out.
        clock: the time; the host's if left out.
        channels: by name; those of `alerts.toml` if left out.
        min_free_bytes: of the log's disk, under which people are told.
        profile: by which levels of risk are computed anew; None takes those on record.

    Raises:
        UsageError: there are no settings or no log, or the folder lies in the log.
        VerificationError: the log cannot be read from its beginning.
        UnavailableError: another watcher is at work, or the folder cannot be written.
    """

    def __init__(  # noqa: PLR0913  # where, and with what
        self,
        directory: Path,
        folder: Path,
        recorder: Recorder | None = None,
        *,
        noticed: Noticed | None = None,
        disk: Disk | None = None,
        clock: Clock | None = None,
        channels: Mapping[str, Channel] | None = None,
        min_free_bytes: int = MIN_FREE_BYTES,
        profile: RiskProfile | None = None,
    ) -> None:
        refuse_inside(folder, [directory])
        self._directory = directory
        self._folder = folder
        self._disk = disk or Disk()
        self._clock = clock or Clock()
        self._min_free_bytes = min_free_bytes
        self._noticed = noticed
        self._profile = profile
        self.outside: frozenset[Fact] = frozenset()
        """What holds now beside what the log says; people are told of it as of other facts."""
        self._saved_us = 0
        self._unsaved = False
        self._settings = read_settings(folder / FILE)
        self._outbox = Outbox(folder, self._disk)
        origin = _origin(directory)
        with ExitStack() as undone:
            try:
                self._outbox.make()
                self._lock: int | None = take_lock(folder)
                # Whoever tries again would find the folder taken by itself.
                undone.callback(os.close, self._lock)
                self._kept = load_kept(folder)
            except OSError as error:
                raise UnavailableError(
                    f"cannot use the alerts at `{folder}`: {error.strerror}"
                ) from error
            # Read only where there is no memory of what was told.
            self._known: frozenset[str] | None = None if self._kept.fresh else frozenset()
            channels = channels or open_channels(self._settings, folder)
            self._deliverer = Deliverer(self._outbox, channels, recorder, origin)
            undone.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Keep the place, and let go of the folder."""
        if self._lock is None:
            return
        try:
            # What is not kept is read again, and gives the same alerts.
            with suppress(OSError):
                self._save(self._clock.wall_us())
        finally:
            os.close(self._lock)
            self._lock = None

    def step(self) -> int:
        """Deal with what is new and what is due; how many records were read.

        Raises:
            OSError: the outbox or the state cannot be written; the next step tries again.
        """
        now = self._clock.wall_us()
        try:
            count = self._judge(now)
        except OSError:
            # The rules have seen what could not be put down. They forget it, to see it again.
            self._kept = load_kept(self._folder)
            raise
        self._deliverer.step(now)
        return count

    def _judge(self, now_us: int) -> int:
        """Put down what is new, and keep the place behind it."""
        # With a full outbox the log waits, and keeps what it has.
        if self._outbox.full():
            return 0
        count, raised = self._read(now_us)
        raised += self._watch_disk(now_us)
        raised += self._watch_log(now_us)
        raised += self._watch_outside(now_us)
        for alert in self._kept.engine.close(now_us):
            raised += self._put(alert, now_us, final=True)
        self._unsaved |= bool(count or raised)
        if raised or not 0 <= now_us - self._saved_us < KEEP_US:
            self._save(now_us)
        return count

    def _save(self, now_us: int) -> None:
        if self._unsaved:
            save_kept(self._folder, self._kept, self._disk)
            self._saved_us, self._unsaved = now_us, False

    def catch_up(self) -> None:
        """Step until everything that is new was read.

        Raises:
            OSError: the outbox or the state cannot be written.
        """
        while self.step() >= MAX_RECORDS:
            pass

    def run(
        self,
        stop: threading.Event,
        seconds: float = STEP_SECONDS,
        *,
        patience: float | None = None,
    ) -> None:
        """Step until told to stop; a step that fails is tried again.

        Args:
            stop: ends it.
            seconds: between two steps while nothing is new.
            patience: seconds for which every step may fail; None for ever.

        Raises:
            OSError, WilkError: what the last step failed by, where that is over.
        """
        since: float | None = None
        while not stop.is_set():
            try:
                busy, since = self.step() >= MAX_RECORDS, None
            except (OSError, WilkError):
                busy, now = False, time.monotonic()
                since = now if since is None else since
                if patience is not None and now - since >= patience:
                    raise
            if not busy:
                stop.wait(seconds)

    def _read(self, now_us: int) -> tuple[int, int]:
        kept, count, raised = self._kept, 0, 0
        try:
            # Who begins now has missed nothing of what was pruned before.
            new = follow(self._directory, kept.cursor, over_pruned=kept.fresh)
            for step in islice(new, MAX_RECORDS):
                for alert in kept.engine.take(seen_in(step.record, self._profile)):
                    raised += self._put(alert, now_us, final=False)
                kept.cursor = step.cursor
                count += 1
            kept.standing.pop("fact.log_not_ok", None)
            kept.standing.pop("fact.log_unavailable", None)
        except VerificationError:
            raised += self._stands("fact.log_not_ok", now_us)
        except UsageError:
            raised += self._stands("fact.log_unavailable", now_us)
        return count, raised

    def _watch_disk(self, now_us: int) -> int:
        try:
            low = self._disk.free_bytes(self._directory) < self._min_free_bytes
        except OSError:
            return 0  # reading the log says so, too
        if low:
            return self._stands("fact.disk_low", now_us)
        self._kept.standing.pop("fact.disk_low", None)
        return 0

    def _watch_log(self, now_us: int) -> int:
        trouble = None if self._noticed is None else self._noticed.trouble
        if trouble is None:
            # Where the log itself is read all the same, only what a guard noticed is over.
            self._kept.standing.pop(_NOTICED, None)
            return 0
        told = self._kept.standing.get(_NOTICED)
        if told is not None and 0 <= now_us - told < AGAIN_US:
            return 0
        self._kept.standing[_NOTICED] = now_us
        return self._tell(trouble, now_us)

    def _watch_outside(self, now_us: int) -> int:
        for kind in OUTSIDE - self.outside:
            self._kept.standing.pop(kind, None)
        return sum(self._stands(kind, now_us) for kind in sorted(self.outside))

    def _stands(self, kind: Fact, now_us: int) -> int:
        """Tell of a fact, unless it was told and still holds."""
        told = self._kept.standing.get(kind)
        if told is not None and 0 <= now_us - told < AGAIN_US:
            return 0
        self._kept.standing[kind] = now_us
        return self._tell(kind, now_us)

    def _tell(self, kind: Fact, now_us: int) -> int:
        alerts = self._kept.engine.take(fact(kind, now_us, "log:audit"))
        return sum(self._put(alert, now_us, final=False) for alert in alerts)

    def _put(self, alert: Alert, now_us: int, *, final: bool) -> int:
        # What a first look at an old log finds is learnt from, and nobody is woken for it.
        if self._known is None:
            self._known = told_before(self._directory)
        stale = self._kept.fresh and now_us - alert.last_us > DAY_US
        if stale or alert.id in self._known:
            return 0
        return self._outbox.put(alert, self._settings, now_us, final=final)


def _origin(directory: Path) -> str:
    return next((str(step.record["log"]) for step in follow(directory)), "")
