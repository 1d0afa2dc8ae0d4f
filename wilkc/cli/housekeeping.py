"""Whatever is due about a log, in one call. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.cli.recording import hold_log, open_recorder
from wilkc.cli.shipping import shipped_events
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.keeping import keep_keys, work_due
from wilkc.runtime.audit.retention import House, clock_doubt, confirm_clock, keep_house

if TYPE_CHECKING:
    from wilkc.runtime.audit.retention.housekeeping import Chores


@dataclass(frozen=True, slots=True)
class Housed:
    """A log and what its housekeeping needs, as the command line says it.

    Attributes:
        directory: of the log.
        keys: its keys; None takes those beside it.
        provider: what wraps them; None takes the file beside them.
        root: verifier key of the log's root; None verifies nothing.
        backup: where the backup is kept up to date; None makes none.
    """

    directory: str
    keys: str | None = None
    provider: str | None = None
    root: str | None = None
    backup: str | None = None


def do_chores(housed: Housed, *, clock_is_right: bool = False) -> Chores:
    """Do what is due; other processes may write to the log meanwhile.

    Args:
        housed: the log.
        clock_is_right: whether a person says so where the clock moved by a day.

    Raises:
        UsageError: a place is not there, or the root key is malformed.
        VerificationError: the log was tampered with, or a key is missing.
        UnavailableError: the disk refuses, or another process holds the log; run it again.
    """
    directory, keys, provider = housed.directory, housed.keys, housed.provider
    doubt = clock_doubt(Path(directory), Clock())
    with open_recorder(directory, keys, provider) as logger:
        if doubt is not None and clock_is_right:
            confirm_clock(logger)
            doubt = None
        rotation = work_due(logger.means)
        house = House(
            root=housed.root,
            backup=Path(housed.backup) if housed.backup else None,
            doubt=doubt,
            elsewhere=shipped_events(directory),
        )
        chores = keep_house(logger, house)
    if rotation:
        with hold_log(directory, keys, provider) as own:
            chores.done += keep_keys(own, may_destroy=doubt is None)
    return chores
