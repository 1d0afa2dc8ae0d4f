"""Opening a log to keep its keys: alone, and with the clock in mind. Layer: cli."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wilkc.cli.decision_text import printable
from wilkc.cli.recording import hold_log
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.keeping import keep_keys
from wilkc.runtime.audit.retention import clock_doubt, confirm_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.audit import AuditLogger


@dataclass(frozen=True, slots=True)
class Keeper:
    """A log that this process alone holds.

    Attributes:
        logger: the log.
        doubt: why the clock cannot be believed, or None.
    """

    logger: AuditLogger
    doubt: str | None

    def work(self, *, force: bool, confirmed: bool) -> tuple[str, ...]:
        """Rotate what is due, or at once; destroy what is over, unless the clock is in doubt."""
        may_destroy = confirmed or self.doubt is None
        if not may_destroy:
            click.echo(f"nothing is destroyed: {self.doubt}", err=True)
            click.echo("look at the clock, and confirm it by `--confirm-clock`", err=True)
        elif self.doubt is not None:
            confirm_clock(self.logger)
        kept = keep_keys(self.logger, force=force, may_destroy=may_destroy)
        for line in kept.stopped:
            click.echo(printable(f"not gone on with {line}"), err=True)
        return kept.done


@contextmanager
def open_keeper(directory: str, keys: str | None, provider: str | None) -> Iterator[Keeper]:
    """The log, held alone: no other process writes to it meanwhile.

    Raises:
        UsageError: there is no log.
        VerificationError: the log was tampered with or cut, or a key is missing.
        UnavailableError: another process holds it.
    """
    doubt = clock_doubt(Path(directory), Clock())
    with hold_log(directory, keys, provider) as logger:
        yield Keeper(logger, doubt)
