"""Putting drafts on stable storage, for all threads of a process. Layer: runtime."""

from __future__ import annotations

import os
import threading
from collections import Counter
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from wilkc.core.errors import UnavailableError
from wilkc.runtime.audit.commit_queue import CommitQueue, Ticket
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.audit.own import own_record
from wilkc.runtime.audit.sampling import LeftOut
from wilkc.runtime.audit.sealing import seal_draft
from wilkc.runtime.audit.segment import LOST
from wilkc.runtime.audit.state import stored_pending
from wilkc.runtime.audit.writer import LogWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.runtime.audit.drafts import Drafted
    from wilkc.runtime.audit.means import Means
    from wilkc.runtime.audit.note import Checkpoint
    from wilkc.runtime.audit.record import Draft


class Store:
    """A log as its callers fill it: what could not be recorded is counted, and recorded later.

    Args:
        means: what writing the log takes.
        origin: name of the log.
        shared: whether other processes write between this one's records.
    """

    def __init__(self, means: Means, origin: str, *, shared: bool) -> None:
        self._means = means
        self._origin = origin
        self._shared = shared
        self._left_out = LeftOut()
        self._writer = LogWriter(means, self._left_out)
        self._queue = CommitQueue(self._commit, means.settings.wait_ms / 1000)
        self._counting = threading.Lock()
        self._lost: Counter[tuple[str, str]] = Counter()
        self._process = os.getpid()

    def open(self) -> None:
        """Take a log that is not shared.

        Raises:
            VerificationError: the log was tampered with or cut, or a key is missing.
            UnavailableError: another process holds the log, or it cannot be written.
        """
        if not self._shared:
            self._writer.open(self._means.settings.wait_ms)

    def put(self, drafted: Sequence[Drafted], *, essential: bool) -> Sequence[tuple[Draft, int]]:
        """Store records, at most as many as fit in one write.

        Args:
            drafted: the records in order.
            essential: whether to store them though the disk is almost full.

        Returns:
            The records and their numbers.

        Raises:
            UnavailableError: they are not stored, or it is not known whether they are.
            VerificationError: the log was tampered with, or a key is missing.
            ValueError: a record cannot be encoded; nothing was stored.
        """
        ticket = Ticket(drafted, essential=essential)
        try:
            self._queue.put(ticket)
        except UnavailableError:
            if not ticket.taken:
                self._count_lost([ticket])
            raise
        return ticket.stored or ()

    def roll(self) -> None:
        """End the current segment and begin the next one.

        Raises:
            UnavailableError: it cannot be written.
        """
        self._queue.alone(self._writer.roll)

    def checkpoint(self) -> Checkpoint:
        """Cover everything with a checkpoint, and publish it; what it says.

        Raises:
            UnavailableError: it cannot be written.
            VerificationError: the log was tampered with or cut, or a key is missing.
        """
        covered: list[Checkpoint] = []
        self._queue.alone(lambda: covered.append(self._checkpoint()))
        return covered[0]

    def _checkpoint(self) -> Checkpoint:
        if not self._shared:
            return self._writer.checkpoint()
        self._writer.open(self._means.settings.wait_ms)
        try:
            return self._writer.checkpoint()
        finally:
            self._writer.close(for_good=False)

    def oldest_pending(self) -> int | None:
        """Number of the oldest action whose outcome is still to come, or None."""
        if not self._shared:
            return self._writer.oldest_pending()
        stored = stored_pending(self._means.directory)
        if stored is None:
            return 0  # Nobody knows, so all of the log may still be needed.
        return min((one.seq for one in stored[0]), default=None)

    def roll_due(self, *, at_once: bool) -> bool:
        """End the segment if its size, age or settings say so, or at once; whether it was.

        Raises:
            UnavailableError: it cannot be written.
        """
        rolled: list[bool] = []
        self._queue.alone(lambda: rolled.append(self._roll_due(at_once=at_once)))
        return rolled[0]

    def _roll_due(self, *, at_once: bool) -> bool:
        if not self._shared:
            return self._writer.roll_due(at_once=at_once)
        self._writer.open(self._means.settings.wait_ms)
        try:
            return self._writer.roll_due(at_once=at_once)
        finally:
            self._writer.close(for_good=False)

    def leave_out(self, draft: Draft) -> None:
        """Count a record that sampling leaves out, instead of storing it."""
        self._left_out.add(draft, self._means.now())

    def close(self) -> None:
        """Tell what could not be recorded, cover everything, and let go of the log.

        Raises:
            VerificationError: it was let go of, and what was lost could not be told, as the log
                was tampered with or a key is missing.
        """
        self._queue.alone(self._close)

    def _close(self) -> None:
        try:
            # What is not told now stays untold; the log itself lacks nothing by that.
            with suppress(UnavailableError):
                self._tell_all()
        finally:
            self._writer.close()

    def _tell_all(self) -> None:
        # A forked process has a copy of counts that its parent tells.
        own = os.getpid() == self._process
        if self._shared and own and (self._left_out or self._lost):
            self._writer.open(self._means.settings.wait_ms)
        lost, told = self._lost_record()
        if told and own:
            self._writer.append(lost, checkpoint=self._shared)
            self._settle_lost(told)

    def _commit(self, batch: Sequence[Ticket]) -> None:
        try:
            if self._shared:
                self._writer.open(self._means.settings.wait_ms)
            try:
                self._write(batch)
            finally:
                if self._shared:
                    self._writer.close(for_good=False)
        except ValueError as error:
            self._commit_apart(batch, error)
        except OSError as error:
            self._fail(batch, unavailable(error, self._means.directory))
        except BaseException as error:  # noqa: BLE001  # raised where the caller waits
            self._fail(batch, error)

    def _commit_apart(self, batch: Sequence[Ticket], error: ValueError) -> None:
        """One that cannot be encoded takes none of the others with it."""
        if len(batch) == 1:
            self._fail(batch, error)
            return
        for ticket in batch:
            self._commit([ticket])

    def _write(self, batch: Sequence[Ticket]) -> None:
        if not self._writer.has_room():
            self._fail(
                [ticket for ticket in batch if not ticket.essential],
                UnavailableError("audit_unavailable: the audit log's disk is almost full"),
            )
            batch = [ticket for ticket in batch if ticket.essential]
            if not batch:
                return
        means, origin = self._means, self._origin
        drafts = [[seal_draft(means, origin, one) for one in ticket.drafted] for ticket in batch]
        lost, told = self._lost_record()
        every = [*lost, *chain.from_iterable(drafts)]
        numbers = iter(self._writer.append(every, checkpoint=self._shared)[len(lost) :])
        if told:
            self._settle_lost(told)
        abandoned = [
            draft.id
            for ticket, stored in zip(batch, drafts, strict=True)
            if not self._queue.settle(ticket, [(draft, next(numbers)) for draft in stored])
            for draft in stored
        ]
        if abandoned:
            self._writer.refuse(abandoned)

    def _fail(self, batch: Sequence[Ticket], error: BaseException) -> None:
        if isinstance(error, UnavailableError):
            self._count_lost(batch)
        for ticket in batch:
            self._queue.fail(ticket, error)

    def _count_lost(self, batch: Sequence[Ticket]) -> None:
        with self._counting:
            for ticket in batch:
                for one in ticket.drafted:
                    decision = one.draft.decision
                    reason = decision["reason"] if decision else one.draft.phase
                    self._lost[one.draft.type, reason] += 1

    def _settle_lost(self, told: Counter[tuple[str, str]]) -> None:
        with self._counting:
            self._lost -= told

    def _lost_record(self) -> tuple[list[Draft], Counter[tuple[str, str]] | None]:
        """The record of what was lost, if anything was, and what it tells of."""
        if not self._lost:
            return [], None
        with self._counting:
            told = self._lost.copy()
        by = [
            {"count": count, "reason": reason, "type": kind}
            for (kind, reason), count in sorted(told.items())
        ]
        record = own_record(
            self._means.new_id(),
            LOST,
            f"log:{self._origin}",
            {"by": by, "count": told.total()},
            status="failure",
            risk="critical",
        )
        return [record], told
