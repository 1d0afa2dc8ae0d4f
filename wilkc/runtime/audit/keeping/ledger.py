"""What a log says of its keys. Layer: runtime. Reads files.

Nothing is verified here: opening the log for writing has compared it with what this host
signed, and `verify` reads it all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.retention.scan import found_records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CREATED: Final = "key.created"
ROTATED: Final = "key.rotated"
DESTROYED: Final = "key.destroyed"
EXPORTED: Final = "key.exported"
REQUESTED: Final = "erasure.requested"
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
        kids: ids of the data keys.
        keks: ids of the keys that had wrapped them, and must be destroyed.
        providers: ids of the provider's keys that must be destroyed.
        seq: number of the record by which the keys were gone; None before.
        since: time of that record.
        complete: whether nothing opens the content any more.
    """

    id: str
    subject: str
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
        gone: ids of data keys that are on record as destroyed.
        exports: copies of the keys that are not confirmed gone, by name.
        erasures: all shreddings in order, by name.
    """

    named: set[tuple[str, str]] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    exports: dict[str, Export] = field(default_factory=dict)
    erasures: dict[str, Erasure] = field(default_factory=dict)


def read_ledger(directory: Path) -> Ledger:
    """Sum up a log's records about keys.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a record is malformed.
    """
    ledger = Ledger()
    for record in found_records(directory, _MARKS):
        kind = record["action"]["type"]
        if kind in _TYPES and record["phase"] == "system":
            try:
                _take(ledger, kind, record)
            except (KeyError, TypeError) as error:
                raise VerificationError(
                    f"the key record {record['seq']} is malformed: {error}"
                ) from error
    return ledger


def _take(ledger: Ledger, kind: str, record: Mapping[str, Any]) -> None:
    details = record["action"]["details"]
    if "kid" in details:
        ledger.named.add((kind, details["kid"]))
    if kind == EXPORTED:
        one = Export(details["export"], record["seq"], details["expires"])
        ledger.exports[one.id] = one
    elif kind == REQUESTED:
        erasure = Erasure(details["erasure"], details["subject"], tuple(details["kids"]))
        ledger.erasures[erasure.id] = erasure
    elif kind == DESTROYED:
        ledger.gone.update(details.get("kids", ()))
        if "export" in details:
            ledger.exports.pop(details["export"], None)
        if "erasure" in details:
            _advance(ledger.erasures[details["erasure"]], record)


def _advance(erasure: Erasure, record: Mapping[str, Any]) -> None:
    details = record["action"]["details"]
    if details["state"] == "complete":
        erasure.complete = True
        return
    erasure.kids = tuple(details["kids"])
    erasure.keks, erasure.providers = tuple(details["keks"]), tuple(details["providers"])
    erasure.seq, erasure.since = record["seq"], record["ts"]
