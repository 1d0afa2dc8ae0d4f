"""Erasing a person by destroying the keys of what is sealed about them. Layer: runtime.

Five steps, each of which may be the last before a crash; run again they go on:

    1. `erasure.requested` is on record
    2. the data keys are written without the person
    3. the key-encryption key and the provider's key are replaced
    4. `key.destroyed`, state `pending`: from here nothing on this host opens the content
    5. `key.destroyed`, state `complete`, with a certificate: the replaced keys are destroyed,
       and no copy of the keys that was taken before step 4 is left, as far as is on record

A hold that was on record before step 1 forbids the erasure. One that is placed later comes too
late: what has durably begun is ended, or a person was told that it is when it is not.

Until step 5 an old copy of the key directory could still open the content. Chain, tree and
signatures are never touched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.keeping.certificate import Certificate, certificate_note
from wilkc.runtime.audit.keeping.ledger import (
    DESTROYED,
    REQUESTED,
    Erasure,
    read_ledger,
    trusted_ledger,
)
from wilkc.runtime.audit.keeping.rotation import (
    begin_changes,
    end_changes,
    record_changes,
    replace_kek,
    report_key,
)
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention import holds_on_subject
from wilkc.runtime.audit.retention.clock import ClockReader
from wilkc.runtime.audit.retention.stub import only_one
from wilkc.runtime.keys import rotate_provider

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.audit.keeping.ledger import Ledger
    from wilkc.runtime.audit.logger import AuditLogger
    from wilkc.runtime.audit.retention import Hold
    from wilkc.runtime.keys import Rotation

_ID_BYTES = 8
_DESTROYED_STATE = "destroyed"


@dataclass(frozen=True, slots=True)
class Pending:
    """What an erasure still waits for.

    Attributes:
        id: of the erasure.
        subject: token of the person.
        keys: ids of keys that are not destroyed yet.
        exports: names of copies that are neither expired nor confirmed gone.
    """

    id: str
    subject: str
    keys: tuple[str, ...]
    exports: tuple[str, ...]


def shred(
    logger: AuditLogger, person: str, reason: str, *, rotation: Rotation | None = None
) -> Pending:
    """Destroy the keys of everything that is sealed about a person.

    Erasures that a crash interrupted are ended first; after step 2 nothing links them to a
    person any more.

    Args:
        logger: the log, held by this process and not shared.
        person: id of the person, as callers of the log name them.
        reason: why, in free text, which is sealed.
        rotation: how long key-encryption keys are used; left out, as the log's settings say.

    Returns:
        The erasure, in state `pending`.

    Raises:
        UsageError: nothing is kept about the person, or the log is shared.
        VerificationError: a hold is in force, or a key is missing.
        UnavailableError: it could not be recorded; run it again.
        OSError: the key directory cannot be written.
    """
    means, rotation = logger.means, rotation or logger.means.rotation
    ended = resume_erasures(logger, rotation).ended
    token = means.keys.data.token(person)
    if token is None:
        if ended:
            return ended[-1]
        raise UsageError(
            "nothing is kept about such a person",
            help_text="name the person by the id that the records were made with",
        )
    # No hold may be placed between looking for one and having begun.
    with only_one(means, wait=True):
        held = holds_on_subject(logger, token)
        if held:
            raise VerificationError(
                f"records about this person are held by {_names(held)}",
                help_text="a hold ends by `wilkc audit hold release`",
            )
        ledger = begin_changes(logger, trusted=True)
        kids = means.keys.data.kids(token)
        details: dict[str, Any] = {
            "erasure": f"erasure-{os.urandom(_ID_BYTES).hex()}",
            "kids": list(kids),
            "subject": token,
        }
        seq = _record(logger, REQUESTED, token, details, secret={"reason": reason})  # (1)
    erasure = Erasure(details["erasure"], token, seq, kids)
    pending = _go_on(logger, ledger, erasure, rotation)
    end_changes(logger)
    return pending


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of erasures that a crash had interrupted.

    Attributes:
        ended: those whose keys are gone now.
        stopped: one line for each that was not gone on with, and why.
    """

    ended: tuple[Pending, ...] = ()
    stopped: tuple[str, ...] = ()


def resume_erasures(logger: AuditLogger, rotation: Rotation) -> Resumed:
    """End the steps of erasures that a crash interrupted.

    One that a hold forbade before it began is left alone and told of; the others go on.
    """
    # Only whether there is something to do; what is done is read from a log that verifies.
    if not _begun(read_ledger(logger.means.directory)):
        return Resumed()
    ledger = begin_changes(logger, trusted=True)
    ended, stopped = [], []
    for erasure in _begun(ledger):
        held = _held_before(logger, erasure)
        if held:
            stopped.append(f"{erasure.id}: the person was held by {_names(held)} before it began")
        else:
            ended.append(_go_on(logger, ledger, erasure, rotation))
    end_changes(logger)
    return Resumed(tuple(ended), tuple(stopped))


def pending_erasures(logger: AuditLogger) -> tuple[Pending, ...]:
    """The erasures that are not complete, and what each waits for."""
    ledger = read_ledger(logger.means.directory)
    begun = [one for one in ledger.erasures.values() if one.seq is not None and not one.complete]
    return tuple(_waits(logger, ledger, one) for one in begun)


def settle_erasures(logger: AuditLogger) -> tuple[str, ...]:
    """Step 5, where it is due: certify what nothing can open any more.

    Returns:
        The ids of the erasures that are complete now.

    Raises:
        GateError: the clock cannot be believed, by which copies of the keys expire.
        VerificationError: the log does not verify, or a key is missing.
        UnavailableError: it could not be recorded; run it again.
    """
    if not _over(logger, read_ledger(logger.means.directory)):
        return ()
    # A certificate is for what the log really says: a copy of the keys may be hidden from it, or
    # taken for expired by a clock that was set.
    clock = ClockReader()
    ledger = trusted_ledger(logger, clock.take)
    clock.require(logger.means.clock)
    done = _over(logger, ledger)
    for erasure in done:
        _complete(logger, erasure)
    return tuple(erasure.id for erasure in done)


def _begun(ledger: Ledger) -> list[Erasure]:
    """The erasures of which only step 1 is on record."""
    return [one for one in ledger.erasures.values() if one.seq is None and not one.complete]


def _over(logger: AuditLogger, ledger: Ledger) -> list[Erasure]:
    """The erasures that wait for nothing more."""
    begun = [one for one in ledger.erasures.values() if one.seq is not None and not one.complete]
    waits = ((one, _waits(logger, ledger, one)) for one in begun)
    return [one for one, waiting in waits if not waiting.keys and not waiting.exports]


def _held_before(logger: AuditLogger, erasure: Erasure) -> tuple[Hold, ...]:
    """The holds on a person that were in force before the erasure began and are still."""
    if not logger.means.keys.data.kids(erasure.subject):
        return ()  # Step 2 is done: nothing is left to be held.
    holds = holds_on_subject(logger, erasure.subject)
    return tuple(hold for hold in holds if hold.seq < erasure.requested)


def _go_on(logger: AuditLogger, ledger: Ledger, erasure: Erasure, rotation: Rotation) -> Pending:
    """Steps 2 to 4; data keys made since step 1 go as well."""
    means = logger.means
    kids = {*erasure.kids, *means.keys.data.kids(erasure.subject)}
    means.keys.forget(kids)  # (2)
    ledger.gone |= kids
    replace_kek(logger, ledger, rotation)  # (3)
    rotate_provider(means.keys, means.now())
    record_changes(logger, ledger)
    erasure.kids = tuple(sorted(kids))
    erasure.keks = tuple(
        key.kid
        for key in means.keys.ring.keys
        if key.use == "kek" and key.state not in {"active", _DESTROYED_STATE}
    )
    erasure.providers = means.keys.rings.provider.names[1:]
    details = {
        "certificate": None,
        "erasure": erasure.id,
        "keks": list(erasure.keks),
        "kids": list(erasure.kids),
        "providers": list(erasure.providers),
        "ring": means.keys.ring.version,
        "state": "pending",
        "subject": erasure.subject,
    }
    erasure.seq = _record(logger, DESTROYED, erasure.subject, details)  # (4)
    return _waits(logger, ledger, erasure)


def _waits(logger: AuditLogger, ledger: Ledger, erasure: Erasure) -> Pending:
    means, now = logger.means, logger.means.now()
    ring = {key.kid: key.state for key in means.keys.ring.keys}
    keks = [kid for kid in erasure.keks if ring.get(kid, _DESTROYED_STATE) != _DESTROYED_STATE]
    providers = set(erasure.providers) & set(means.keys.rings.provider.names)
    exports = [
        one.id
        for one in ledger.exports.values()
        if one.seq < (erasure.seq or 0) and one.expires > now
    ]
    return Pending(erasure.id, erasure.subject, (*keks, *sorted(providers)), tuple(sorted(exports)))


def _complete(logger: AuditLogger, erasure: Erasure) -> None:
    means = logger.means
    key = report_key(logger)
    # What the log's directory says of itself could be anything, and is not what is certified.
    end = logger.checkpoint()
    certificate = Certificate(
        origin=logger.origin,
        erasure=erasure.id,
        subject=erasure.subject,
        kids=erasure.kids,
        keks=erasure.keks,
        providers=erasure.providers,
        size=end.size,
        root=end.root,
        completed=means.now(),
    )
    details = {
        "certificate": certificate_note(certificate, key),
        "erasure": erasure.id,
        "kids": list(erasure.kids),
        "state": "complete",
        "subject": erasure.subject,
    }
    _record(logger, DESTROYED, erasure.subject, details)  # (5)


def _names(holds: Iterable[Hold]) -> str:
    return ", ".join(f"`{hold.id}`" for hold in holds)


def _record(
    logger: AuditLogger,
    kind: str,
    token: str,
    details: dict[str, Any],
    secret: dict[str, Any] | None = None,
) -> int:
    event = Event(
        type=kind,
        resource=f"subject:{token}",
        actor=WILK,
        details=details,
        clear=True,
        secret=secret or {},
    )
    return logger.system(event).seq
