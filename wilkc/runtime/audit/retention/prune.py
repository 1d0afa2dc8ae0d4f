"""Taking away whole segments that are past their time, without taking away any proof.

Layer: runtime. The steps, each of which may be the last before a crash; run again they go on:

    1. the whole log is verified, which tells what is held, what was pruned before, and whether
       the clock can be believed; then each segment again, as it is judged: what was tampered
       with is evidence, and stays
    2. `system.pruned` is on record, covered by a checkpoint; that of each earlier pruning
       which the segment holds is written anew, as every stub needs one, and so is what it says
       of the settings in force, which reports could else not judge
    3. the stub is durable: its leaves, then header, seal and last checkpoint
    4. the names of its blobs are noted
    5. the segment is unlinked
    6. its blobs are unlinked, and the note

Leaves and the signed checkpoint prove what they proved before: every old root still follows.
A segment without a seal, held, with an action that still runs, or with a record on which an
erasure rests is passed over.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.encoding import to_base64
from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.listing import segment_records
from wilkc.runtime.audit.own import SETTINGS_RESOURCE, WILK
from wilkc.runtime.audit.retention.known import PRUNED, Seen, read_known
from wilkc.runtime.audit.retention.reading import read_segment
from wilkc.runtime.audit.retention.stub import (
    blobs_left,
    note_blobs,
    only_one,
    remove_blobs,
    remove_segment,
    stub_firsts,
    write_stub,
)

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.logger import AuditLogger

DECLARED: Final = "config.modify"
"""Type of the record that says how a log is written."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """A segment that was pruned: its first and its last record."""

    first: int
    last: int


def prune(logger: AuditLogger, *, elsewhere: int | None = None) -> tuple[Pruning, ...]:
    """Prune every segment that is due; safe to repeat, also after a crash.

    The caller has seen that the clock can be believed, as far as that shows before the log is
    opened; what its records say of it is looked at here.

    Args:
        logger: the opened log, shared or not: other writers go on meanwhile.
        elsewhere: number of events that are known to be kept elsewhere, too; nothing after
            them goes. None where that does not matter.

    Returns:
        What was pruned, the oldest first.

    Raises:
        UsageError: the log cannot be read.
        VerificationError: the log does not verify; nothing more is pruned.
        GateError: the clock cannot be believed.
        UnavailableError: the disk refuses, or another process prunes; run it again.
    """
    try:
        with only_one(logger.means):
            done = tuple(_prune(logger, elsewhere))
    except OSError as error:
        raise unavailable(error, logger.means.directory) from error
    if done:
        # A backup takes what is sealed: it must not lack the record that speaks for the stubs.
        logger.roll_due(at_once=True)
    return done


def prunable(logger: AuditLogger) -> tuple[Pruning, ...]:
    """What `prune` would prune now, by its time alone: holds and running actions may keep it."""
    before = _horizon(logger)
    return tuple(
        Pruning(first, following - 1)
        for first, following, path in _closed(logger.means.directory)
        if _begins_before(path, before)
    )


def _prune(logger: AuditLogger, elsewhere: int | None) -> list[Pruning]:
    means, before = logger.means, _horizon(logger)
    left = blobs_left(means.directory)
    due = _due(means.directory, before, elsewhere)
    if not due and not left:
        return []
    # Before anything is written: where the state is lost, what still runs is not known.
    before_all = logger.oldest_pending()
    known = read_known(logger, left, [following for _, following, _ in due])  # (1)
    known.clock.require(means.clock)
    remove_blobs(means, left - known.needed)  # (6) of a crash
    done: list[Pruning] = []
    book = known.holds.book()
    for first, following, path in due:
        seen = Seen(book)
        segment = read_segment(path, seen.take)
        if segment.first != first or segment.seal is None or segment.newest >= before:
            continue
        root = segment.walk.tree.root()
        if segment.walk.seq != following or known.roots.get(following) != root:
            raise VerificationError(f"TAMPERED: `{path.name}` is not the segment that belongs here")
        running = (before_all, logger.oldest_pending())
        if seen.kept or any(one is not None and one < following for one in running):
            continue
        if known.keys.keep(first, following, means.now()):
            continue
        pruning = Pruning(first, following - 1)
        details = {"first": pruning.first, "last": pruning.last, "root": to_base64(root)}
        for one in (details, *seen.prunings):
            if known.recorded.get((one["first"], one["last"]), -1) < following:
                _record(logger, PRUNED, f"log:{logger.origin}", one)  # (2)
        if known.declared is not None and first <= known.declared[0] < following:
            _record(logger, DECLARED, SETTINGS_RESOURCE, known.declared[1])
        logger.checkpoint()
        write_stub(means, segment)  # (3)
        note_blobs(means, segment)  # (4)
        remove_segment(means, segment)  # (5)
        remove_blobs(means, segment.blobs)  # (6)
        done.append(pruning)
        known.keys.let_go(first, following)
        book = book.without(seen.holds)
    return done


def _record(logger: AuditLogger, kind: str, resource: str, details: dict[str, Any]) -> None:
    logger.system(Event(type=kind, resource=resource, actor=WILK, details=details, clear=True))


def _closed(directory: Path) -> list[tuple[int, int, Path]]:
    """Every segment but the last: its first event, that of the next one, its file."""
    segments = dict(list_segments(directory))
    firsts = sorted({*segments, *stub_firsts(directory)})
    return [
        (first, following, segments[first])
        for first, following in pairwise(firsts)
        if first in segments
    ]


def _horizon(logger: AuditLogger) -> str:
    """Records before this time are past their retention."""
    means = logger.means
    now = datetime.fromtimestamp(means.clock.wall_us() / 1_000_000, UTC)
    with suppress(OverflowError):
        then = now - timedelta(days=means.settings.retention_days)
        return f"{then:%Y-%m-%dT%H:%M:%S}.000000Z"
    return ""


def _begins_before(path: Path, before: str) -> bool:
    record = next(segment_records(path), None)
    return record is not None and record["ts"] < before


def _due(directory: Path, before: str, elsewhere: int | None) -> list[tuple[int, int, Path]]:
    """The closed segments that are past their time, as far as they are kept elsewhere."""
    due = []
    for first, following, path in _closed(directory):
        if not _begins_before(path, before) or (elsewhere is not None and following > elsewhere):
            break
        due.append((first, following, path))
    return due
