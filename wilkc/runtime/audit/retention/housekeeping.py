"""Doing for a log whatever is due. Layer: runtime.

Safe to repeat, and after a crash it goes on. Nothing here holds the log while it reads: a
writer at work is delayed by single records alone. Where the clock is in doubt nothing is
destroyed; the rest is done all the same.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import GateError, VerificationError
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention.backup import back_up
from wilkc.runtime.audit.retention.checked import is_due, note_in_order
from wilkc.runtime.audit.retention.expire import expire
from wilkc.runtime.audit.retention.prune import prune
from wilkc.runtime.audit.retention.restoring import (
    ACCEPTING,
    VERIFIED,
    check_restore,
    record_restore_check,
)
from wilkc.runtime.audit.verification import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wilkc.runtime.audit.logger import AuditLogger

VERIFY_DAYS: Final = 7
"""So often the whole log is verified."""
RESTORE_DAYS: Final = 30
"""So often the backup is checked, with the keys that are here; after 90 days without a trial by
restored ones a rule of the reports is violated."""


@dataclass(frozen=True, slots=True)
class House:
    """What housekeeping needs to know beside the log itself.

    Attributes:
        root: verifier key of the log's root; None verifies nothing.
        backup: where the backup is; None makes none.
        doubt: why the clock cannot be believed, or None.
        elsewhere: number of events that are kept elsewhere, too, see `prune`.
    """

    root: str | None = None
    backup: Path | None = None
    doubt: str | None = None
    elsewhere: int | None = None


@dataclass(slots=True)
class Chores:
    """What was done.

    Attributes:
        done: one line for each thing done.
        skipped: one line for each thing that was due and not done.
        bad: one line for each thing that was found wrong.
    """

    done: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    @contextmanager
    def going_on(self, what: str) -> Iterator[None]:
        """One chore; that it finds something that does not verify stops none of the others."""
        try:
            yield
        except GateError as error:
            self.skipped.append(f"{what}: {error.message}")
        except VerificationError as error:
            self.bad.append(f"{what}: {error.message}")


def keep_house(logger: AuditLogger, house: House) -> Chores:
    """Rotate, seal, expire, prune, back up, verify and check the backup, where it is due.

    Args:
        logger: the opened log, shared or not; keys are rotated by its only writer.
        house: what else is known.

    Raises:
        UsageError: a place is not there, or the root key is malformed.
        VerificationError: a record cannot be made, as the log was tampered with.
        UnavailableError: the disk refuses; run it again.
    """
    # Imported here: keeping reads the ledger through this package.
    from wilkc.runtime.audit.keeping import keep_keys, work_due  # noqa: PLC0415

    chores = Chores()
    if not logger.shared and work_due(logger.means):
        with chores.going_on("keys"):
            kept = keep_keys(logger, may_destroy=house.doubt is None)
            chores.done += kept.done
            chores.skipped += kept.stopped
    if logger.roll_due():
        chores.done.append("sealed a segment")
    _let_go(logger, house, chores)
    if house.backup is not None:
        _back_up(logger, house.backup, chores)
    if house.root is None:
        chores.skipped.append("verification: no root key was given")
    else:
        _verify(logger, house.root, chores)
        if house.backup is not None:
            _check_backup(logger, house.root, house.backup, chores)
    return chores


def _let_go(logger: AuditLogger, house: House, chores: Chores) -> None:
    if house.doubt is not None:
        chores.skipped.append(f"expiry and pruning: {house.doubt}")
        return
    with chores.going_on("expiry"):
        expiry = expire(logger)
        if expiry.destroyed:
            chores.done.append(f"destroyed {len(expiry.destroyed)} keys of content past its time")
        if expiry.held:
            chores.skipped.append(f"expiry of {len(expiry.held)} keys: under hold")
    with chores.going_on("pruning"):
        pruned = prune(logger, elsewhere=house.elsewhere)
        chores.done += [f"pruned records {one.first} to {one.last}" for one in pruned]


def _back_up(logger: AuditLogger, target: Path, chores: Chores) -> None:
    if not _has_sealed(logger.means.directory):
        chores.skipped.append("backup: nothing is sealed yet")
        return
    done = back_up(logger.means.directory, target, logger.means.disk)
    if done.copied or done.removed:
        chores.done.append(f"backed up {done.size} events, {done.copied} files copied")


def _verify(logger: AuditLogger, root: str, chores: Chores) -> None:
    if not is_due(logger.means, "log", VERIFY_DAYS):
        return
    found = verify(logger.means.directory, root, live=True, options=ACCEPTING)
    details = {
        "kind": "log", "root": found.root, "size": found.size, "verdict": found.verdict,
    }  # fmt: skip
    _record(logger, details, ok=found.ok)
    if found.ok:
        note_in_order(logger.means, "log")
    told = f"verified {found.size} events: {found.verdict}"
    (chores.done if found.ok else chores.bad).append(told)


def _check_backup(logger: AuditLogger, root: str, backup: Path, chores: Chores) -> None:
    if not is_due(logger.means, "restore", RESTORE_DAYS) or not backup.is_dir():
        return
    means = logger.means
    checked = check_restore(backup, root, means.keys, means.directory)
    # A trial with restored keys takes their passphrase, which nobody is here to give.
    record_restore_check(logger, checked, restored=False)
    told = f"checked the backup of {checked.found.size} events: {checked.found.verdict}"
    if checked.lost:
        told = f"{told}, content of {len(checked.lost)} keys is lost"
    (chores.done if checked.ok else chores.bad).append(told)


def _record(logger: AuditLogger, details: dict[str, Any], *, ok: bool) -> None:
    logger.system(
        Event(
            type=VERIFIED,
            resource=f"log:{logger.origin}",
            actor=WILK,
            status="success" if ok else "failure",
            details=details,
            clear=True,
        )
    )


def _has_sealed(directory: Path) -> bool:
    return len(list(directory.glob("seg-*.jsonl"))) > 1 or any(directory.glob("seg-*.pruned"))
