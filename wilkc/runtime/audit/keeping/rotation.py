"""Rotating the keys of a log, with every step on record. Layer: runtime.

After each step what the ring has become is compared with what the log says, and what is
missing is written: so a crash between a step and its record loses neither. A mark in the key
directory tells that such a crash may have happened. At the end a new segment begins, whose
header names the ring's version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.keeping.ledger import CREATED, DESTROYED, ROTATED, Ledger, read_ledger
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.keys import (
    activate_kek,
    destroy_keks,
    destroy_provider_keys,
    overlap_end,
    prepare_kek,
    rotation_due,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.audit.logger import AuditLogger, Receipt
    from wilkc.runtime.audit.means import Means
    from wilkc.runtime.keys import Ring, Rotation, SegmentKey

MARK: Final = "unrecorded"
"""File of the key directory that stands while changes may not be on record."""


def work_due(means: Means, rotation: Rotation | None = None) -> bool:
    """Whether something is to be done: begun work, a rotation, a key to destroy."""
    ring, now, rotation = means.keys.ring, means.now(), rotation or means.rotation
    ends = (overlap_end(ring, key, rotation) for key in ring.keys)
    return (
        (means.keys.directory / MARK).exists()
        or rotation_due(ring, now, rotation)
        or any(end is not None and end <= now for end in ends)
        or len(means.keys.rings.provider.names) > 1
    )


def rotate(
    logger: AuditLogger,
    *,
    force: bool = False,
    may_destroy: bool = True,
    rotation: Rotation | None = None,
) -> tuple[str, ...]:
    """Do what is due, or rotate now; safe to repeat.

    Args:
        logger: the log, held by this process and not shared.
        force: whether to rotate before it is due.
        may_destroy: False where the clock is in doubt: then nothing is destroyed.
        rotation: how long keys are used; as the log's settings say if left out.

    Returns:
        What was put on record, for a person.

    Raises:
        UsageError: the log is shared.
        UnavailableError: it could not be recorded; run it again.
        VerificationError: a key is missing.
        OSError: the key directory cannot be written.
    """
    means, rotation = logger.means, rotation or logger.means.rotation
    ledger = begin_changes(logger)
    told = record_changes(logger, ledger)
    if force or rotation_due(means.keys.ring, means.now(), rotation):
        told += replace_kek(logger, ledger, rotation)
    if may_destroy:
        told += destroy_over(logger, ledger, rotation)
    end_changes(logger)
    return told


def replace_kek(logger: AuditLogger, ledger: Ledger, rotation: Rotation) -> tuple[str, ...]:
    """Steps 1 to 4: a new key-encryption key, everything wrapped by it, and the records."""
    means = logger.means
    prepare_kek(means.keys, means.now(), rotation)  # (1)
    told = record_changes(logger, ledger)
    activate_kek(means.keys, means.now(), ledger.gone)  # (2), (3)
    return told + record_changes(logger, ledger)  # (4)


def destroy_over(logger: AuditLogger, ledger: Ledger, rotation: Rotation) -> tuple[str, ...]:
    """Step 5: destroy keys whose overlap is over, and then the provider's old ones."""
    means = logger.means
    destroy_keks(means.keys, means.now(), rotation)
    told = record_changes(logger, ledger)
    if means.keys.ring.find("kek", "decrypt_only") is None:
        for name in destroy_provider_keys(means.keys):
            details = {"kid": name, "ring": means.keys.ring.version, "use": "provider"}
            _record(logger, DESTROYED, name, details)
            told += (f"destroyed {name}",)
    return told


def report_key(logger: AuditLogger) -> SegmentKey:
    """The key that signs reports and certificates, which the log vouches for by a record."""
    means = logger.means
    if means.keys.ring.find("report", "active") is None:
        ledger = begin_changes(logger)
        means.keys.signing_key("report", means.now())
        record_changes(logger, ledger)
        end_changes(logger)
    return means.keys.signing_key("report", means.now())


def begin_changes(logger: AuditLogger) -> Ledger:
    """Mark that changes may not be on record, and read what is."""
    means = logger.means
    means.disk.put_file(means.keys.directory / MARK, b"")
    return read_ledger(means.directory)


def end_changes(logger: AuditLogger) -> None:
    """Name the ring's version in a new segment, and take the mark away."""
    means = logger.means
    logger.roll()
    means.disk.unlink(means.keys.directory / MARK)
    means.disk.sync_directory(means.keys.directory)


def record_changes(logger: AuditLogger, ledger: Ledger) -> tuple[str, ...]:
    """Put on record what the ring has become and the log does not say yet."""
    told = []
    for kind, kid, details in _facts(logger.means.keys.ring):
        if (kind, kid) not in ledger.named:
            _record(logger, kind, kid, details)
            ledger.named.add((kind, kid))
            told.append(f"{kind.removeprefix('key.')} {details['use']} {kid}")
    return tuple(told)


def _facts(ring: Ring) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Everything about keys that a log has to say, but for the keys it began with."""
    before: str | None = None
    for key in ring.keys:
        if key.use not in {"kek", "report", "webhook"}:
            continue
        details = {"kid": key.kid, "ring": ring.version, "use": key.use}
        if key.use != "kek" or before is not None:
            due = {"rotate_after": key.rotate_after} if key.use == "kek" else {"public": key.public}
            yield CREATED, key.kid, details | due
            if key.use == "kek" and key.activated:
                yield ROTATED, key.kid, details | {"from": before}
        if key.state == "destroyed":
            yield DESTROYED, key.kid, details
        before = key.kid if key.use == "kek" else before


def _record(logger: AuditLogger, kind: str, kid: str, details: dict[str, Any]) -> Receipt:
    event = Event(type=kind, resource=f"key:{kid}", actor=WILK, details=details, clear=True)
    return logger.system(event)
