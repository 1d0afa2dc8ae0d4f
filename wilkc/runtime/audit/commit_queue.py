"""Records of several threads in one write. Layer: runtime.

Who comes while nobody writes, writes at once. Who comes meanwhile waits in a queue, which a
thread empties that lives as long as there is one: all that wait share a write and a sync. No
waiting thread leads the others, since the lead would be passed on by a `threading.Lock`, which
is unfair and lets callers starve.

A grant whose record took longer than a caller waits is none, whoever wrote it. Who waits for
others is let go then; who writes himself is held by the disk for as long as that takes, and is
refused afterwards: no thread stands by for that, which would cost each record a change of
threads.
"""

from __future__ import annotations

import copy
import math
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wilkc.runtime.audit.drafts import Drafted
    from wilkc.runtime.audit.record import Draft

MAX_BATCH: Final = 256
"""Records in one write."""
MAX_QUEUED: Final = 10_000
"""Records that may wait; beyond, callers are refused at once."""


@dataclass(eq=False, slots=True)
class Ticket:
    """Some records of one caller, stored together or not at all.

    Attributes:
        drafted: the records in order.
        essential: whether to store them though the disk is almost full.
        taken: whether a writer has begun with them.
        stored: the records and their numbers in the log; None unless they are on stable storage.
        error: why they are not.
        waiting: held by whoever waits; given back once one of these two is known, and the
            writer has let go of the log. None where nobody waits.
        due: the time (`time.monotonic`) until which a grant among them counts.
        abandoned: whether the caller has given up on them, or is told so.
    """

    drafted: Sequence[Drafted]
    essential: bool
    taken: bool = False
    stored: Sequence[tuple[Draft, int]] | None = None
    error: BaseException | None = None
    waiting: threading.Lock | None = None
    due: float = math.inf
    abandoned: bool = False


class CommitQueue:
    """Who may write, and who waits for it.

    Args:
        commit: stores the records of some tickets, and settles or fails every one of them.
        wait_seconds: how long a caller waits, and how old a grant may be as it is stored.
    """

    def __init__(self, commit: Callable[[Sequence[Ticket]], None], wait_seconds: float) -> None:
        self._commit = commit
        self._wait_seconds = wait_seconds
        self._mutex = threading.Lock()
        # Held by whoever writes; given back only under the mutex, and only with nobody waiting.
        self._turn = threading.Lock()
        self._queue: deque[Ticket] = deque()
        self._queued = 0
        self._process = os.getpid()

    def put(self, ticket: Ticket) -> None:
        """Have the records of a ticket stored; they are on stable storage when this returns.

        Raises:
            UnavailableError: they are not stored, or it is not known whether they are.
            VerificationError: the log was tampered with, or a key is missing.
            ValueError: a record cannot be encoded; none of the ticket's is stored.
        """
        if os.getpid() != self._process:
            # Another thread may have held the mutex when this process was forked.
            raise UnavailableError("audit_unavailable: a forked process has no writer")
        ticket.due = time.monotonic() + self._wait_seconds
        with self._mutex:
            at_once = self._turn.acquire(blocking=False)
            waiting = None if at_once else self._enqueue(ticket)
        if waiting is None:
            ticket.taken = True
            try:
                self._commit([ticket])
            finally:
                self._pass_on()
        elif not waiting.acquire(timeout=self._wait_seconds):
            self._give_up(ticket)
        if ticket.error is not None:
            # A copy: several threads must not write their traces into one exception.
            raise copy.copy(ticket.error)
        if ticket.abandoned:
            raise UnavailableError("audit_unavailable: the record took too long to be written")

    def settle(self, ticket: Ticket, stored: Sequence[tuple[Draft, int]]) -> bool:
        """Note that the records are on stable storage; the caller hears of it after the commit.

        Returns:
            False if the caller has given up, and takes the answer for a denial; or if it is
            too late for a grant, and the caller is told so.
        """
        late = time.monotonic() > ticket.due and any(_grants(one.draft) for one in ticket.drafted)
        with self._mutex:
            ticket.abandoned |= late
            if not ticket.abandoned:
                ticket.stored = stored
            return not ticket.abandoned

    def fail(self, ticket: Ticket, error: BaseException) -> None:
        """Note that the records are not stored, or may not be."""
        with self._mutex:
            if ticket.stored is None:
                ticket.error = error

    def alone(self, work: Callable[[], None]) -> None:
        """Do something to the log while no record is being written."""
        self._turn.acquire()
        try:
            work()
        finally:
            self._pass_on()

    def _enqueue(self, ticket: Ticket) -> threading.Lock:
        if self._queued + len(ticket.drafted) > MAX_QUEUED:
            raise UnavailableError("audit_unavailable: too many records wait to be written")
        # A lock instead of an event: it takes a seventh of the time.
        waiting = ticket.waiting = threading.Lock()
        waiting.acquire()
        self._queue.append(ticket)
        self._queued += len(ticket.drafted)
        return waiting

    def _give_up(self, ticket: Ticket) -> None:
        with self._mutex:
            if ticket.stored is not None or ticket.error is not None:
                return
            if not ticket.taken:
                self._queue.remove(ticket)
                self._queued -= len(ticket.drafted)
            ticket.abandoned = True
        raise UnavailableError("audit_unavailable: other records are still being written")

    def _pass_on(self) -> None:
        """Give the turn back, or to a thread that writes for those who wait."""
        with self._mutex:
            if not self._queue:
                self._turn.release()
                return
        try:
            threading.Thread(target=self._drain, name="wilk-audit").start()
        except RuntimeError:  # no more threads: those who wait must not wait for ever
            self._drain()

    def _drain(self) -> None:
        while True:
            with self._mutex:
                if not self._queue:
                    self._turn.release()
                    return
                batch = self._take()
            self._commit(batch)
            for ticket in batch:
                if ticket.waiting is not None:
                    ticket.waiting.release()

    def _take(self) -> list[Ticket]:
        batch = [self._queue.popleft()]
        count = len(batch[0].drafted)
        while self._queue and count + len(self._queue[0].drafted) <= MAX_BATCH:
            batch.append(self._queue.popleft())
            count += len(batch[-1].drafted)
        self._queued -= count
        for ticket in batch:
            ticket.taken = True
        return batch


def _grants(draft: Draft) -> bool:
    """Whether a record is of an answer that lets something happen."""
    return draft.decision is not None and draft.decision["allow"] is not False
