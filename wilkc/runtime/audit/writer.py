"""The one writer of a log. Layer: runtime.

What it acknowledges is on stable storage. After any error of a write or a sync the segment is
poisoned: nobody is acknowledged, and before the next record the log is recovered and goes on
in a new segment.

A change to the next segment happens in five steps, each of which may be the last before a
crash: (1) the next key is durable; (2) seal and checkpoint by the old key; (3) the next file
with header and checkpoint by the new key; (4) the old key is destroyed; (5) publish.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from wilkc.core.audit_settings import ALL_PERMILLE
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.audit.clock import boot_id
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.audit.files import CHECKPOINT, STATE
from wilkc.runtime.audit.held import compare_size, held_path, read_held
from wilkc.runtime.audit.lock import WriterLock
from wilkc.runtime.audit.note import Checkpoint
from wilkc.runtime.audit.orphans import ending_records
from wilkc.runtime.audit.own import own_record, refused_outcome, unknown_outcome
from wilkc.runtime.audit.recover import recover
from wilkc.runtime.audit.sampling import success_is_left_out
from wilkc.runtime.audit.segment import RECOVERED
from wilkc.runtime.audit.space import Space
from wilkc.runtime.audit.state import Pending, pending_of_draft, resume, state_text
from wilkc.runtime.audit.tip import Tip, begin_segment
from wilkc.runtime.disk import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.runtime.audit.means import Means
    from wilkc.runtime.audit.record import Draft
    from wilkc.runtime.audit.recover import Recovered
    from wilkc.runtime.audit.sampling import LeftOut
    from wilkc.runtime.audit.segment import Seal
    from wilkc.runtime.audit.state import Open
    from wilkc.runtime.keys import SegmentKey

_PUBLISH_SECONDS: Final = 1.0


class LogWriter:
    """Writes one log while it holds the log's lock. One thread at a time."""

    def __init__(self, means: Means, left_out: LeftOut) -> None:
        self._means = means
        self._left_out = left_out
        self._lock = WriterLock(means.directory, means.disk)
        self._space = Space(means.directory, means.settings, means.disk)
        self._tip: Tip | None = None
        self._pending: dict[str, Pending] = {}
        self._refused: set[str] = set()
        self._published = float("-inf")
        self._told = ""
        self._covered = time.monotonic()
        self._process = 0
        self._boot = boot_id()

    def open(self, wait_ms: int) -> None:
        """Take the lock and bring the log into a state that can be appended to.

        Args:
            wait_ms: how long to wait for another writer.

        Raises:
            UnavailableError: another writer holds it, or the disk refuses.
            VerificationError: the log was tampered with or cut, or a key is missing.
        """
        try:
            self._lock.take(wait_ms)
            self._process = os.getpid()
            self._means.keys.refresh()
            self._take_up()
        except OSError as error:
            self.abandon()
            raise unavailable(error, self._means.directory) from error
        except BaseException:
            self.abandon()
            raise

    def append(self, drafts: Sequence[Draft], *, checkpoint: bool = False) -> list[int]:
        """Store records; they are on stable storage when this returns.

        Args:
            drafts: the records in order.
            checkpoint: whether to follow them with a checkpoint in the same write.

        Returns:
            Their numbers.

        Raises:
            UnavailableError: they are not stored, or it is not known whether they are.
            VerificationError: the log was tampered with.
            ValueError: a record cannot be encoded; nothing was stored.
        """
        if os.getpid() != self._process:
            raise UnavailableError("audit_unavailable: a forked process has no writer")
        with self._sure(drafts):
            tip = self._tip or self._revive()
            if tip.is_due(self._means):
                tip = self._roll(tip)
            telling = self._left_out.telling(self._means, tip.resource, at_once=False)
            every = [*telling.records, *drafts]
            numbers = self._commit(tip, every, checkpoint=checkpoint)
            self._left_out.told(telling, self._means)
            return numbers[len(telling.records) :]

    def has_room(self) -> bool:
        """Whether the disk has room enough for actions to be allowed.

        Raises:
            OSError: the disk cannot be asked.
        """
        return self._space.enough()

    def refuse(self, intents: Sequence[str]) -> None:
        """Tell of stored intents that their caller was told otherwise, so nothing happened."""
        self._refused.update(intents)
        if self._tip is not None:
            # What fails is told when the log is next taken up.
            with suppress(UnavailableError), self._sure():
                self._close_orphans(self._tip)

    def roll(self) -> None:
        """End the segment and begin the next one now.

        Raises:
            UnavailableError: the disk refuses.
        """
        with self._sure():
            self._roll(self._tip or self._revive())

    def roll_due(self, *, at_once: bool) -> bool:
        """End the segment if its size, age or settings say so, or at once; whether it was.

        Raises:
            UnavailableError: the disk refuses.
        """
        with self._sure():
            tip = self._tip or self._revive()
            due = at_once or tip.is_due(self._means)
            if due:
                self._roll(tip)
            return due

    def checkpoint(self) -> Checkpoint:
        """Cover everything with a checkpoint, and publish it; what it says.

        Raises:
            UnavailableError: the disk refuses.
        """
        with self._sure():
            tip = self._tip or self._revive()
            self._commit(tip, (), checkpoint=True)
            self._publish(tip, force=True)
            return Checkpoint(tip.origin, tip.place.seq, tip.place.tree.root())

    def oldest_pending(self) -> int | None:
        """Number of the oldest action whose outcome is still to come, or None."""
        return min((one.seq for one in list(self._pending.values())), default=None)

    def close(self, *, for_good: bool = True) -> None:
        """Cover what was written with a checkpoint, remember the place, release the lock.

        Args:
            for_good: whether nothing follows, so that all that was left out is told now.
        """
        tip = self._tip
        try:
            if tip is not None and os.getpid() == self._process:
                # What is durable stays so; a log that was not closed is recovered next time.
                with suppress(OSError):
                    if for_good:
                        self._tell_left_out(tip)
                    self._commit(tip, (), checkpoint=True)
                    self._publish(tip, force=True)
                    self._write_state(tip)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of file and lock without writing anything."""
        try:
            self._drop_tip()
        finally:
            self._lock.release()

    # Committing.

    @contextmanager
    def _sure(self, drafts: Sequence[Draft] = ()) -> Iterator[None]:
        """Let go of the segment after an error or an interrupt: where it ends is not known.

        Args:
            drafts: records that may have reached the disk all the same.

        Raises:
            UnavailableError: the disk refused.
        """
        try:
            yield
        except ValueError:  # a record that cannot be encoded: nothing was written
            raise
        except BaseException as error:
            # Where they are stored, they are actions that never happened.
            self._refused.update(draft.id for draft in drafts if draft.expects_outcome())
            self._drop_tip()
            if isinstance(error, OSError):
                raise unavailable(error, self._means.directory) from error
            raise

    def _commit(self, tip: Tip, drafts: Sequence[Draft], *, checkpoint: bool) -> list[int]:
        due = checkpoint or self._checkpoint_due(tip, len(drafts))
        numbers = tip.commit(drafts, checkpoint=due)
        for ref in self._left_out.take_closed():
            self._pending.pop(ref, None)
        for draft, seq in zip(drafts, numbers, strict=True):
            if draft.phase == "outcome" and draft.ref:
                self._pending.pop(draft.ref, None)
            elif draft.expects_outcome():
                self._pending[draft.id] = pending_of_draft(draft, seq, self._boot)
        if due:
            self._covered = time.monotonic()
            self._publish(tip, force=False)
        return numbers

    def _tell_left_out(self, tip: Tip) -> None:
        telling = self._left_out.telling(self._means, tip.resource, at_once=True)
        if telling.records:
            self._commit(tip, telling.records, checkpoint=False)
            self._left_out.told(telling, self._means)

    def _checkpoint_due(self, tip: Tip, count: int) -> bool:
        settings = self._means.settings
        uncovered = tip.place.seq + count - tip.place.covered
        return (
            tip.header.mode == "checkpoint"
            or uncovered >= settings.checkpoint_events
            or time.monotonic() - self._covered >= settings.checkpoint_seconds
        )

    def _publish(self, tip: Tip, *, force: bool) -> None:
        """Put the newest checkpoint beside the log and beside the keys."""
        now = time.monotonic()
        # A record alone is covered as it is written, and once more as the log is let go.
        if not tip.note or tip.note == self._told:
            return
        if not (force or now - self._published >= _PUBLISH_SECONDS):
            return
        disk, note = self._means.disk, tip.note.encode()
        # The records are durable already: a failure here weakens nothing that was promised.
        with suppress(OSError):
            held = held_path(self._means.keys.directory, tip.origin)
            disk.put_file(held, note, durable="content")
            disk.put_file(place_of(self._means.directory, CHECKPOINT), note, durable="content")
            self._published, self._told = now, tip.note

    def _write_state(self, tip: Tip) -> None:
        text = state_text(tip.as_open(tuple(self._pending.values())))
        self._means.disk.put_file(place_of(self._means.directory, STATE), text, durable="no")

    # Taking up a log, at the beginning and after an error.

    def _take_up(self) -> None:
        means = self._means
        active = means.keys.segment_key("active")
        found = resume(means.directory, active.public) if active else None
        if active is None or found is None:
            tip = self._repair(new_segment=False)
        else:
            tip = self._resume(found, active)
        self._close_orphans(tip)

    def _close_orphans(self, tip: Tip) -> None:
        """Tell the end of intents that nobody else will: the writer died, or was refused."""
        means, pending = self._means, tuple(self._pending.values())
        gone = [one for one in pending if one.is_gone(self._boot)]
        refused = [one for one in pending if one.id in self._refused]
        permille = self._permille(tip)
        drafts = [
            *ending_records(
                means.directory,
                gone,
                means.new_id,
                unknown_outcome,
                unless=lambda intent: success_is_left_out(intent, permille),
            ),
            *ending_records(means.directory, refused, means.new_id, refused_outcome),
        ]
        if drafts:
            self._commit(tip, drafts, checkpoint=True)
        for one in (*gone, *refused):
            self._pending.pop(one.id, None)
        self._refused.clear()

    def _permille(self, tip: Tip) -> int:
        """By which rule the segment leaves out successes; by none where that is not known."""
        settings = self._means.settings
        known = tip.header.settings == settings.digest()
        return settings.sample_permille if known else ALL_PERMILLE

    def _resume(self, found: Open, active: SegmentKey) -> Tip:
        keys = self._means.keys
        keys.require_version(found.header.ring)
        held = read_held(keys.directory, active.public.name)
        compare_size(held, found.place.seq, found.place.tree.root())
        tip = self._tip = Tip(found, active, self._means)
        self._pending = {one.id: one for one in found.pending}
        return tip

    def _revive(self) -> Tip:
        """Recover after an error, and go on in a new segment with the same key."""
        tip = self._repair(new_segment=True)
        self._close_orphans(tip)
        return tip

    def _repair(self, *, new_segment: bool) -> Tip:
        means = self._means
        # A change of the ring that failed may have reached the disk all the same.
        means.keys.refresh()
        found = recover(means.directory, means.keys, means.disk)
        key = self._key_of(found.segment.header.key)
        self._pending = {one.id: one for one in found.segment.pending}
        if found.seal is not None:
            tip = self._finish_roll(found, found.seal, key)
        elif new_segment:
            mode = found.segment.header.mode
            tip = begin_segment(means, "recovered", found.segment.place, key, mode=mode)
        else:
            tip = Tip(found.segment, key, means)
        self._tip = tip
        details = {"lost_bytes": found.lost_bytes, "sha256": found.sha256}
        record = own_record(
            means.new_id(), RECOVERED, tip.resource, details, status="warning", risk="medium"
        )
        self._commit(tip, [record], checkpoint=True)
        self._publish(tip, force=True)
        return tip

    def _finish_roll(self, found: Recovered, seal: Seal, key: SegmentKey) -> Tip:
        old = Tip(found.segment, key, self._means)
        old.commit((), checkpoint=True)
        return self._begin_next(old, seal)

    def _key_of(self, public: str) -> SegmentKey:
        """The segment key of a header; made active if a crash left it pending."""
        keys = self._means.keys
        active, pending = keys.segment_key("active"), keys.segment_key("pending")
        if active and active.public.text == public:
            return active
        if pending and pending.public.text == public:
            keys.roll_segment_key(pending.kid, self._means.now())
            return pending
        raise VerificationError(f"audit_key_missing: the key ring lacks `{public}`")

    # Changing to the next segment.

    def _roll(self, tip: Tip) -> Tip:
        self._tell_left_out(tip)
        tip = self._begin_next(tip, tip.seal(self._means))  # (1), (2)
        self._tip = tip
        return tip

    def _begin_next(self, old: Tip, seal: Seal) -> Tip:
        means = self._means
        pending = means.keys.segment_key("pending")
        if pending is None or pending.public.text != seal.next:
            raise VerificationError(f"audit_key_missing: the key ring lacks `{seal.next}`")
        tip = begin_segment(
            means, "continue", old.place, pending, mode=means.settings.mode
        )  # (3)  # fmt: skip
        old.set_read_only()
        old.close()
        means.keys.roll_segment_key(pending.kid, means.now())  # (4)
        self._publish(tip, force=True)  # (5)
        with suppress(OSError):
            self._write_state(tip)
        return tip

    def _drop_tip(self) -> None:
        tip, self._tip = self._tip, None
        if tip is not None:
            tip.close()
