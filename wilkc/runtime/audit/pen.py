"""Writing lines: from a draft and a place to the bytes and the next place. Layer: runtime. Pure.

Nothing here touches a file; the clock is read because a record's time is that of its
sequencing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wilkc.runtime.audit.clock import boot_id, timestamp
from wilkc.runtime.audit.encode import encode_event
from wilkc.runtime.audit.line import (
    MAX_EVENT_BYTES,
    NO_LINE,
    checkpoint_line,
    event_line,
    line_hash,
    signing_input,
)
from wilkc.runtime.audit.note import Checkpoint, sign_note
from wilkc.runtime.audit.record import Stamp
from wilkc.runtime.audit.tree import Frontier, leaf_hash

if TYPE_CHECKING:
    from wilkc.runtime.audit.clock import Clock
    from wilkc.runtime.audit.record import Draft
    from wilkc.runtime.audit.segment import Mode
    from wilkc.runtime.keys import SegmentKey


class Place(NamedTuple):
    """Where the next line goes.

    Attributes:
        seq: number of the next event; also the size of the tree.
        prev: hash of the last line.
        tree: over all events so far.
        covered: size of the last checkpoint.
        offset: bytes of the segment's file so far.
    """

    seq: int = 0
    prev: str = NO_LINE
    tree: Frontier = Frontier()
    covered: int = 0
    offset: int = 0

    def in_new_file(self) -> Place:
        """The same place of the log, at the beginning of a file."""
        return Place(self.seq, self.prev, self.tree, self.covered, 0)


class Pen:
    """Writes the lines of one segment with its key."""

    def __init__(self, key: SegmentKey, mode: Mode, clock: Clock) -> None:
        self.origin = key.public.name
        self.mode: Mode = mode
        self.public = key.public
        self._key = key.key
        self._clock = clock
        self._kid = key.public.id.hex()
        self._boot = boot_id()

    def event(self, place: Place, draft: Draft) -> tuple[bytes, Place]:
        """The line of a record, with its LF, and the place after it.

        Raises:
            ValueError: the record is outside the canonical subset, or too long.
        """
        stamp = Stamp(
            log=self.origin,
            seq=place.seq,
            prev=place.prev,
            ts=timestamp(self._clock.wall_us()),
            mono_us=self._clock.boot_us(),
            boot=self._boot,
            kid=self._kid,
        )
        stored = encode_event(draft, stamp)
        if len(stored) > MAX_EVENT_BYTES:
            raise ValueError(f"the record is longer than {MAX_EVENT_BYTES} bytes")
        leaf = leaf_hash(stored)
        signature = None
        if self.mode == "event":
            signature = self._key.sign(signing_input(self.origin, leaf))
        line = event_line(stored, signature)
        after = Place(
            seq=place.seq + 1,
            prev=line_hash(line),
            tree=place.tree.append(leaf),
            covered=place.covered,
            offset=place.offset + len(line) + 1,
        )
        return line + b"\n", after

    def checkpoint(self, place: Place) -> tuple[bytes, str, Place]:
        """The line of a checkpoint over all events so far, its note, and the place after."""
        text = Checkpoint(self.origin, place.seq, place.tree.root()).text()
        note = sign_note(text, self.origin, self._key)
        line = checkpoint_line(note, place.prev)
        after = Place(
            seq=place.seq,
            prev=line_hash(line),
            tree=place.tree,
            covered=place.seq,
            offset=place.offset + len(line) + 1,
        )
        return line + b"\n", note, after
