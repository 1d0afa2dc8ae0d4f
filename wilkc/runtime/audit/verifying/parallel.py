"""Reading segments in several processes. Layer: runtime. Reads files; starts processes.

A worker walks one segment from its header and believes what the header says is before it.
The one who asked walks the header itself, so that nothing is believed in the end, and takes
over where the worker stood. A segment with any fault is read again alone: what is reported
does not depend on how many processes read. Who observes the events gets them from the very bytes
that the worker walked.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections import deque
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.ids import SortedIds
from wilkc.runtime.audit.line import EventLine, read_line
from wilkc.runtime.audit.verifying.reading import check_blobs, pruning_of
from wilkc.runtime.audit.walk import Walk, walk_from

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from wilkc.runtime.audit.verifying.reading import Reading

MAX_SHARED_BYTES: Final = 1 << 30
"""A larger file is read alone: what a worker gathers of it would not stay small."""
_AHEAD: Final = 2
_LF: Final = b"\n"


@dataclass(frozen=True, slots=True)
class Task:
    """A segment for a worker."""

    path: Path
    wanted: frozenset[int]
    signatures: Literal["all", "sample", "none"]


@dataclass(frozen=True, slots=True)
class Walked:
    """A segment without a fault.

    Attributes:
        header: its first line.
        end: where the walk ended.
        ids: of its events, as one sorted run.
        prunings: what its records say was pruned.
        size: bytes of its lines; a writer may have added more since.
        digest: SHA-256 of these bytes.
    """

    header: bytes
    end: Walk
    ids: bytes
    prunings: tuple[tuple[int, int, str], ...]
    size: int
    digest: bytes


def walk_segment(task: Task) -> Walked | None:
    """Walk one segment; None if anything is wrong with it."""
    try:
        if task.path.stat().st_size > MAX_SHARED_BYTES:
            return None
        return _walk(task)
    except (OSError, VerificationError):
        return None


def adopt(reading: Reading, walked: Walked) -> bool:
    """Take over what a worker walked, if it begins where the reading stands."""
    walk = reading.walk
    if not isinstance(walk.ids, SortedIds):
        return False
    held, walk.ids = walk.ids, SortedIds()
    walk.begin_segment()
    try:
        walk.take(walked.header)
    except VerificationError:
        return False
    finally:
        walk.ids = held
    walk.adopt(walked.end)
    held.add_run(walked.ids)
    reading.prunings += walked.prunings
    return True


def observe(path: Path, reading: Reading, walked: Walked) -> bool:
    """Show an adopted segment to the observers; whether it still is what the worker walked.

    Raises:
        OSError: it cannot be read.
    """
    if not reading.observers:
        return True
    digest = hashlib.sha256()
    with path.open("rb") as file, suppress(ValueError):
        for frame in read_frames(file):
            if frame.offset >= walked.size:
                break
            digest.update(frame.line + _LF)
            line = read_line(frame.line)
            if isinstance(line, EventLine):
                reading.show(path, frame.offset, line)
    if digest.digest() == walked.digest:
        return True
    reading.stop("TAMPERED", f"`{path.name}` changed while it was read", path.name, 0)
    return False


@contextmanager
def walking(tasks: list[Task], jobs: int) -> Iterator[Iterator[Walked | None]]:
    """What workers find of each segment, in order; None where it is to be read alone."""
    # A fresh interpreter for each: a process with threads cannot be forked safely.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context)
    try:
        yield _in_order(pool, tasks, jobs * _AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, tasks: list[Task], ahead: int) -> Iterator[Walked | None]:
    pending: deque[Future[Walked | None]] = deque()
    rest = iter(tasks)
    try:
        for task in rest:
            pending.append(pool.submit(walk_segment, task))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenExecutor:
        # A worker was killed: everything else is read alone.
        while True:
            yield None


def _walk(task: Task) -> Walked | None:
    ids, prunings, digest = SortedIds(), [], hashlib.sha256()
    walk, header, size = None, b"", 0
    with task.path.open("rb") as file:
        for frame in read_frames(file):
            if not frame.ended:
                return None
            digest.update(frame.line + _LF)
            size = frame.offset + len(frame.line) + 1
            if walk is None:
                header = frame.line
                walk = walk_from(header)
                walk.ids, walk.wanted, walk.signatures = ids, task.wanted, task.signatures
            line = walk.take(frame.line)
            if line is not None:
                if line.event["sealed"] and check_blobs(task.path.parent, line.event):
                    return None
                pruning = pruning_of(line.event)
                prunings += [pruning] if pruning else []
    if walk is None:
        return None
    walk.ids, walk.intents, walk.closed = SortedIds(), {}, set()
    run = ids.run()
    ids.close()
    return Walked(header, walk, run, tuple(prunings), size, digest.digest())
