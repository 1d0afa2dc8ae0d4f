"""Copies of the keys that are taken away, and what is on record about them. Layer: runtime.

A copy opens what was sealed before it was taken, erased persons included, so each is on
record before it exists, and an erasure waits until it is gone.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.keeping.ledger import DESTROYED, EXPORTED, read_ledger
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.segment import segment_first
from wilkc.runtime.audit.verifying.stubs import is_stub
from wilkc.runtime.keys import export_keys, later, refuse_inside
from wilkc.runtime.keys.passphrase import require_long

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wilkc.runtime.audit.logger import AuditLogger, Receipt

_ID_BYTES: Final = 8


def export_copy(
    logger: AuditLogger,
    target: Path,
    passphrase: bytes,
    *,
    days: int,
    forbidden: Sequence[Path] = (),
) -> str:
    """Write an encrypted copy of the keys; it is on record before it exists.

    Args:
        logger: the log.
        target: a file that is not there yet.
        passphrase: what it opens with.
        days: after how many days it will have been removed, as whoever keeps it says.
        forbidden: directories it must not lie in beside the log's and the keys' own: where
            the log's backups are.

    Returns:
        The name of the copy.

    Raises:
        UsageError: it lies where it must not, is there already, or cannot be written.
        UnavailableError: it could not be recorded; nothing was written.
        VerificationError: a key is missing.
    """
    means = logger.means
    refuse_inside(target, (means.directory, means.keys.directory, *forbidden))
    _refuse_backup(target)
    if target.exists() or target.is_symlink():
        raise UsageError(f"`{target}` is already there")
    if days < 1:
        raise UsageError("a copy of the keys is kept for a day at least")
    name = f"export-{os.urandom(_ID_BYTES).hex()}"
    require_long(passphrase)
    details = {
        "expires": later(means.now(), days),
        "export": name,
        "ring": means.keys.ring.version,
    }
    _record(logger, EXPORTED, name, details)
    # Only now: what an erasure takes away before its own record is in no copy recorded later.
    data = export_keys(means.keys, name, passphrase)
    try:
        means.disk.put_file(target, data)
    except OSError as error:
        raise UsageError(
            f"cannot write `{target}`: {error.strerror}",
            help_text=f"`{name}` is on record all the same; see `wilkc keys confirm-destroyed`",
        ) from error
    return name


def _refuse_backup(target: Path) -> None:
    """Require that no log and no backup of one is around: who gets one must not get both."""
    for folder in target.resolve().parents:
        with suppress(OSError):
            names = (path.name for path in folder.glob("seg-*"))
            if any(segment_first(name) is not None or is_stub(name) for name in names):
                raise UsageError(
                    f"`{target}` would lie in `{folder}`, which holds segments of a log",
                    help_text="keep the keys apart from what they open, better on another disk",
                )


def confirm_destroyed(logger: AuditLogger, name: str) -> Receipt:
    """Put on record that a person says a copy of the keys is gone.

    Raises:
        UsageError: no such copy is on record, or it was confirmed before.
        UnavailableError: it could not be recorded.
    """
    if name not in read_ledger(logger.means.directory).exports:
        raise UsageError(
            f"no copy of the keys `{name}` is on record as kept",
            help_text="see them by `wilkc keys list`",
        )
    details = {"export": name, "state": "confirmed"}
    return _record(logger, DESTROYED, name, details)


def _record(logger: AuditLogger, kind: str, name: str, details: Mapping[str, Any]) -> Receipt:
    event = Event(type=kind, resource=f"export:{name}", actor=WILK, details=details, clear=True)
    return logger.system(event)
