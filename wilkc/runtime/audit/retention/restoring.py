"""Seeing that a backup would bring everything back. Layer: runtime.

The copy is verified like a log, and one envelope of each data key is opened: a copy whose
keys are gone restores no content. That the host's own keys open it says nothing of the day on
which the host is gone, so only a check with restored keys counts as a trial.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention.checked import note_in_order
from wilkc.runtime.audit.sealing import open_member
from wilkc.runtime.audit.verification import verify
from wilkc.runtime.audit.verifying.options import Options

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.logger import AuditLogger
    from wilkc.runtime.audit.record import Status
    from wilkc.runtime.audit.verification import Verification, VerifiedEvent
    from wilkc.runtime.keys import KeyStore

VERIFIED: Final = "verify.done"
ACCEPTING: Final = Options(accept_pruned=True)
"""What retention took away on record is in order here."""
DESTROYED: Final = "key.destroyed"


@dataclass(frozen=True, slots=True)
class Restorable:
    """What a backup was found to be.

    Attributes:
        found: the verification of its files.
        opened: data keys by which content opened.
        erased: data keys that are on record as destroyed.
        lost: data keys by which content does not open, and no record says why.
    """

    found: Verification
    opened: tuple[str, ...]
    erased: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether all of it would come back."""
        return self.found.ok and not self.lost


def check_restore(source: Path, root: str, keys: KeyStore, log: Path) -> Restorable:
    """Verify a backup, and open one envelope of each data key.

    Args:
        source: the backup.
        root: verifier key of the log's root.
        keys: the keys that are to open it, best those that were backed up.
        log: the log itself, whose records may say that a key was destroyed later.

    Raises:
        UsageError: a place is not there, or the root key is malformed.
    """
    samples: dict[str, tuple[dict[str, Any], str]] = {}

    def sample(event: VerifiedEvent) -> None:
        for path, envelope in event.record["sealed"].items():
            samples.setdefault(envelope["kid"], (event.record, path))

    # A copy holds what is sealed: that its last seal names a successor is no fault of it.
    options = replace(ACCEPTING, sealed_only=True)
    found = verify(source, root, live=True, observer=sample, options=options)
    opened, shut = [], []
    for kid, (record, path) in sorted(samples.items()):
        try:
            open_member(record, path, keys, source)
        except VerificationError:
            shut.append(kid)
        else:
            opened.append(kid)
    gone = _destroyed(log, root) if shut else set()
    return Restorable(
        found=found,
        opened=tuple(opened),
        erased=tuple(kid for kid in shut if kid in gone),
        lost=tuple(kid for kid in shut if kid not in gone),
    )


def record_restore_check(logger: AuditLogger, restorable: Restorable, *, restored: bool) -> None:
    """Put on record that a backup was checked, and what came of it.

    Args:
        logger: the opened log.
        restorable: what was found.
        restored: whether it was opened by keys that were restored from a copy of them. With
            the log's own it is a warning at best: no rule takes that for a trial.

    Raises:
        UnavailableError: it cannot be recorded.
        VerificationError: the log was tampered with, or a key is missing.
    """
    found = restorable.found
    details = {
        "erased": len(restorable.erased),
        "keys": "restored" if restored else "own",
        "kind": "restore",
        "lost": len(restorable.lost),
        "opened": len(restorable.opened),
        "root": found.root,
        "size": found.size,
        "verdict": found.verdict,
    }
    logger.system(
        Event(
            type=VERIFIED,
            resource=f"log:{logger.origin}",
            actor=WILK,
            status=_status(restorable, restored=restored),
            details=details,
            clear=True,
        )
    )
    if restorable.ok:
        note_in_order(logger.means, "restore")


def _status(restorable: Restorable, *, restored: bool) -> Status:
    if not restorable.ok:
        return "failure"
    return "success" if restored else "warning"


def _destroyed(log: Path, root: str) -> set[str]:
    """The data keys that a log says were destroyed; none where it does not verify."""
    gone: set[str] = set()

    def take(event: VerifiedEvent) -> None:
        action = event.record["action"]
        kids = action["details"].get("kids", [])
        own = action["type"] == DESTROYED and event.record["phase"] == "system"
        if own and isinstance(kids, list):
            gone.update(kid for kid in kids if isinstance(kid, str))

    return gone if verify(log, root, live=True, observer=take, options=ACCEPTING).ok else set()
