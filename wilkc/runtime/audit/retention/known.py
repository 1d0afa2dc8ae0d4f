"""What a log says that decides about pruning, from records that verify. Layer: runtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.own import SETTINGS_RESOURCE
from wilkc.runtime.audit.retention.clock import ClockReader
from wilkc.runtime.audit.retention.holds import PLACED, HoldReader
from wilkc.runtime.audit.retention.key_matters import KeyMatters
from wilkc.runtime.audit.trusted import read_trusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.audit.logger import AuditLogger
    from wilkc.runtime.audit.retention.holds import HoldBook

PRUNED: Final = "system.pruned"
PRUNED_MARK: Final = b'"type":"system.pruned"'
"""Stands in the line of every record of a pruning."""


@dataclass(slots=True)
class Known:
    """What a log says, all of which verifies.

    Attributes:
        left: blobs that a crash may have left.
        needed: those of them that records refer to.
        holds: what is said of holds.
        clock: what the clocks said.
        keys: what is said of erasures and of copies of the keys.
        recorded: prunings on record: first and last event of each to the number of its last
            record.
        declared: number and details of the record that says last how the log is written.
        roots: size to root, where segments end.
    """

    left: frozenset[str]
    needed: set[str] = field(default_factory=set)
    holds: HoldReader = field(default_factory=HoldReader)
    clock: ClockReader = field(default_factory=ClockReader)
    keys: KeyMatters = field(default_factory=KeyMatters)
    recorded: dict[tuple[int, int], int] = field(default_factory=dict)
    declared: tuple[int, dict[str, Any]] | None = None
    roots: Mapping[int, bytes] = field(default_factory=dict)

    def take(self, record: Mapping[str, Any]) -> None:
        """Look at the next record."""
        self.holds.take(record)
        self.clock.take(record)
        self.keys.take(record)
        if record["sealed"] and self.left:
            self.needed |= self.left & {one["blob"] for one in record["sealed"].values()}
        if _is_pruning(record):
            details = record["action"]["details"]
            self.recorded[details["first"], details["last"]] = record["seq"]
        elif record["action"]["resource"] == SETTINGS_RESOURCE and record["phase"] == "system":
            self.declared = record["seq"], record["action"]["details"]


def read_known(logger: AuditLogger, left: frozenset[str], sizes: list[int]) -> Known:
    """What a log says, once all of it verifies; see `read_trusted`.

    Args:
        logger: the opened log.
        left: blobs that a crash may have left.
        sizes: where segments end.
    """
    known = Known(left)
    known.roots = read_trusted(logger, known.take, sizes)
    return known


@dataclass(slots=True)
class Seen:
    """What the records of one segment mean for its pruning.

    Attributes:
        book: of holds.
        kept: whether one of them must stay.
        prunings: what they say was pruned, as said again: it must stay on record.
        holds: those of holds.
    """

    book: HoldBook
    kept: bool = False
    prunings: list[dict[str, Any]] = field(default_factory=list)
    holds: list[Mapping[str, Any]] = field(default_factory=list)

    def take(self, record: Mapping[str, Any]) -> None:
        """Look at the next record."""
        self.kept = self.kept or self.book.keeps(record)
        if _is_pruning(record):
            self.prunings.append({**record["action"]["details"], "again": True})
        elif record["action"]["type"] == PLACED:
            self.holds.append(record)


def _is_pruning(record: Mapping[str, Any]) -> bool:
    return bool(record["action"]["type"] == PRUNED and record["phase"] == "system")
