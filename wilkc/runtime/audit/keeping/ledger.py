"""What a log says of its keys. Layer: runtime. Reads files.

`read_ledger` verifies nothing, and is for showing. What destroys keys for what the log says of
them reads it by `trusted_ledger`: else who can write the log's directory could have any key
destroyed by a record that says it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.retention.scan import found_records
from wilkc.runtime.audit.trusted import read_trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wilkc.runtime.audit.logger import AuditLogger

CREATED: Final = "key.created"
ROTATED: Final = "key.rotated"
DESTROYED: Final = "key.destroyed"
EXPORTED: Final = "key.exported"
REQUESTED: Final = "erasure.requested"
BEGUN: Final = "begun"
"""State of a destruction that is on record before it happens."""
_TYPES: Final = (CREATED, ROTATED, DESTROYED, EXPORTED, REQUESTED)
_MARKS: Final = tuple(b'"type":"' + kind.encode() + b'"' for kind in _TYPES)


@dataclass(frozen=True, slots=True)
class Export:
    """A copy of the keys that was taken away.

    Attributes:
        id: its name.
        seq: number of its record.
        expires: when whoever keeps it has said to have removed it.
    """

    id: str
    seq: int
    expires: str


@dataclass(slots=True)
class Erasure:
    """One shredding.

    Attributes:
        id: its name.
        subject: token of the person.
        requested: number of the record that it began with, or the first that was not pruned.
        kids: ids of the data keys.
        keks: ids of the keys that had wrapped them, and must be destroyed.
        providers: ids of the provider's keys that must be destroyed.
        seq: number of the record by which the keys were gone; None before.
        since: time of that record.
        complete: whether nothing opens the content any more.
    """

    id: str
    subject: str
    requested: int
    kids: tuple[str, ...] = ()
    keks: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    seq: int | None = None
    since: str = ""
    complete: bool = False


@dataclass(slots=True)
class Ledger:
    """The records about keys, summed up.

    Attributes:
        named: (type, key id) of every key record.
        begun: ids of provider's keys that are going to be destroyed, as far as is on record.
        gone: ids of data keys that are on record as destroyed.
        exports: copies of the keys that are not confirmed gone, by name.
        erasures: all shreddings in order, by name.
    """

    named: set[tuple[str, str]] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    exports: dict[str, Export] = field(default_factory=dict)
    erasures: dict[str, Erasure] = field(default_factory=dict)


def read_ledger(directory: Path) -> Ledger:
    """Sum up a log's records about keys, which are not verified.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a record is malformed.
    """
    ledger = Ledger()
    for record in found_records(directory, _MARKS):
        _look_at(ledger, record)
    return ledger


def trusted_ledger(
    logger: AuditLogger, sees: Callable[[Mapping[str, Any]], None] | None = None
) -> Ledger:
    """Sum up a log's records about keys, once all of the log verifies.

    Args:
        logger: the opened log.
        sees: called with each record, too.

    Raises:
        UsageError: the log cannot be read.
        VerificationError: the log does not verify, or a record is malformed.
        UnavailableError: it cannot be covered by a checkpoint.
    """
    ledger = Ledger()

    def take(record: Mapping[str, Any]) -> None:
        _look_at(ledger, record)
        if sees is not None:
            sees(record)

    read_trusted(logger, take)
    return ledger


def _look_at(ledger: Ledger, record: Mapping[str, Any]) -> None:
    kind = record["action"]["type"]
    if kind in _TYPES and record["phase"] == "system":
        try:
            _take(ledger, kind, record)
        except (KeyError, TypeError) as error:
            raise VerificationError(
                f"the key record {record['seq']} is malformed: {error}"
            ) from error


def _take(ledger: Ledger, kind: str, record: Mapping[str, Any]) -> None:
    details = record["action"]["details"]
    if details.get("state") == BEGUN:
        ledger.begun.add(details["kid"])
        return
    if "kid" in details:
        ledger.named.add((kind, details["kid"]))
        ledger.begun.discard(details["kid"])
    if kind == EXPORTED:
        one = Export(details["export"], record["seq"], details["expires"])
        ledger.exports[one.id] = one
    elif kind == REQUESTED:
        kids = tuple(details["kids"])
        erasure = Erasure(details["erasure"], details["subject"], record["seq"], kids)
        ledger.erasures[erasure.id] = erasure
    elif kind == DESTROYED:
        ledger.gone.update(details.get("kids", ()))
        if "export" in details:
            ledger.exports.pop(details["export"], None)
        if "erasure" in details:
            _advance(_erasure(ledger, record), record)


def _erasure(ledger: Ledger, record: Mapping[str, Any]) -> Erasure:
    """The erasure that a record is about, also where the ones before it were pruned."""
    details = record["action"]["details"]
    return ledger.erasures.setdefault(
        details["erasure"],
        Erasure(details["erasure"], details["subject"], record["seq"], tuple(details["kids"])),
    )


def _advance(erasure: Erasure, record: Mapping[str, Any]) -> None:
    details = record["action"]["details"]
    if details["state"] == "complete":
        erasure.complete = True
        return
    erasure.kids = tuple(details["kids"])
    erasure.keks, erasure.providers = tuple(details["keks"]), tuple(details["providers"])
    erasure.seq, erasure.since = record["seq"], record["ts"]
