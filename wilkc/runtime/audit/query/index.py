"""The index of a log: where records with some clear members are. Layer: runtime.

It can be rebuilt from the log at any time and is never the record: SQLite's own journal has
lost data before. It is stamped with the size and the root of what it was built from, and goes
on from there; a log that is another one than it was built from is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.encoding import from_base64, is_hex
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.audit.following import START, Cursor, follow
from wilkc.runtime.audit.line import NO_LINE
from wilkc.runtime.audit.query.database import ORDERS, opened_to_write
from wilkc.runtime.audit.query.filters import rank
from wilkc.runtime.audit.segment import stored_frontier
from wilkc.runtime.audit.tree import HASH_BYTES, Frontier, frontier_of, leaf_hash

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wilkc.runtime.audit.following import Followed

INDEX: Final = "index.sqlite"
FORMAT: Final = "wilk.audit.index/v1"
_BATCH: Final = 20_000
_INSERT: Final = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was built from.

    Attributes:
        cursor: the place in the log up to which it was read.
        tree: over all events before; the leaves of pruned ones are unknown to it.
    """

    cursor: Cursor = START
    tree: Frontier | None = None


def update_index(directory: Path, path: Path) -> Stamp:
    """Bring an index up to what the log holds now; memory does not grow with the log.

    Args:
        directory: of the log, which is read and not verified.
        path: of the index.

    Returns:
        What the index is built from.

    Raises:
        UsageError: there is no log, or the index cannot be written.
        VerificationError: the log is not the one that the index was built from, or a line
            does not follow from the one before.
    """
    with opened_to_write(path) as base:
        base.execute("BEGIN IMMEDIATE")
        stamp = _read_stamp(base, path)
        try:
            stamp = _extend(base, directory, stamp)
        except VerificationError as error:
            base.execute("ROLLBACK")
            raise VerificationError(
                error.message,
                help_text=f"verify the log; if it is in order, remove `{path}`",
            ) from error
        base.execute("COMMIT")
        return stamp


def _extend(base: sqlite3.Connection, directory: Path, stamp: Stamp) -> Stamp:
    cursor, tree = stamp.cursor, stamp.tree
    rows: list[tuple[object, ...]] = []
    for one in follow(directory, cursor):
        leaf = leaf_hash(one.stored)
        if one.record["action"]["type"] == "system.header":
            # After pruning, a log is read from a later segment on, which tells what is before.
            roots = one.record["action"]["details"]["frontier"]
            tree = _tree(one.record["seq"], roots)
        tree = tree.append(leaf) if tree is not None else None
        rows.append(_row(one, leaf))
        cursor = one.cursor
        if len(rows) >= _BATCH:
            base.executemany(_INSERT, rows)
            rows.clear()
            _write_stamp(base, Stamp(cursor, tree))
            base.execute("COMMIT")
            base.execute("BEGIN IMMEDIATE")
    base.executemany(_INSERT, rows)
    for order in ORDERS:
        base.execute(order)
    stamp = Stamp(cursor, tree)
    _write_stamp(base, stamp)
    return stamp


def _row(one: Followed, leaf: bytes) -> tuple[object, ...]:
    record, decision = one.record, one.record["decision"]
    return (
        record["seq"],
        one.cursor.segment,
        one.offset,
        leaf,
        record["ts"],
        record["actor"]["id"],
        record["action"]["type"],
        None if decision is None else int(decision["allow"]),
        rank(record["security"]["risk_level"]),
        record["subject"],
    )


def _tree(seq: int, roots: list[str]) -> Frontier:
    return frontier_of(seq, [from_base64(root, length=HASH_BYTES) for root in roots])


def _write_stamp(base: sqlite3.Connection, stamp: Stamp) -> None:
    cursor, tree = stamp.cursor, stamp.tree
    value = {
        "frontier": list(stored_frontier(tree)) if tree else [],
        "last": cursor.last,
        "offset": cursor.offset,
        "root": tree.root().hex() if tree else "",
        "segment": cursor.segment,
        "seq": cursor.seq,
        "v": FORMAT,
    }
    base.execute("INSERT OR REPLACE INTO stamp VALUES (1, ?)", (encode_subset(value).decode(),))


def _read_stamp(base: sqlite3.Connection, path: Path) -> Stamp:
    row = base.execute("SELECT text FROM stamp").fetchone()
    if row is None:
        return Stamp()
    try:
        value = parse_subset(row[0].encode())
        if value["v"] != FORMAT:
            raise ValueError("it is of another version")  # noqa: TRY301  # told like the others
        cursor = _cursor(value)
        return Stamp(cursor, _tree(cursor.seq, value["frontier"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"the stamp of the index `{path}` cannot be read: {error}",
            help_text="remove it to have it built anew",
        ) from error


def _cursor(value: dict[str, Any]) -> Cursor:
    """The place that a stamp names; the index may have come with the log."""
    seq, segment, offset, last = (value[name] for name in ("seq", "segment", "offset", "last"))
    if not all(type(number) is int and number >= 0 for number in (seq, segment, offset)):
        raise ValueError("it names no place")
    if not isinstance(last, str) or not is_hex(last, len(NO_LINE)):
        raise ValueError("it names no line")
    return Cursor(seq, segment, offset, last)
