"""Acknowledging an alert. Layer: runtime.

The word is left in a file first, durable, so that it counts whoever takes it up: this process,
or the watcher that is at work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.runtime.alerts.delivering import Deliverer
from wilkc.runtime.alerts.listing import OpenAlert, open_alerts
from wilkc.runtime.alerts.lock import watching
from wilkc.runtime.alerts.outbox import Outbox
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.alerts.delivering import Recorder

_HELP = "`wilkc audit alerts DIR` lists the open ones"


def find_open(directory: Path, folder: Path, beginning: str) -> OpenAlert:
    """The one open alert whose id begins so.

    Raises:
        UsageError: none does, or several do; or there is no log.
        VerificationError: a line of the log is no record.
        OSError: the outbox cannot be read.
    """
    found = [one for one in open_alerts(directory, folder) if one.id.startswith(beginning)]
    if not beginning or not found:
        raise UsageError(f"there is no open alert `{beginning}`", help_text=_HELP)
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} open alerts begin with `{beginning}`", help_text="give more of the id"
        )
    return found[0]


def acknowledge(folder: Path, alert_id: str, by: str, recorder: Recorder) -> bool:
    """Acknowledge an alert; whether that is on record already.

    Args:
        folder: of the log's alerts.
        alert_id: the whole id.
        by: who does.
        recorder: writes the record, unless a watcher is at work and will.

    Raises:
        UsageError: it is no alert's id.
        OSError: the folder cannot be written.
    """
    outbox = Outbox(folder, Disk())
    outbox.make()
    outbox.answer(alert_id, by)
    try:
        with watching(folder):
            deliverer = Deliverer(outbox, {}, recorder, "")
            deliverer.take_answers()
            return deliverer.record() and alert_id not in outbox.answers()
    except UnavailableError:
        return False
