"""Verifying a log offline, with nothing but its files and the root key. Layer: runtime.

Every stored byte of every segment and blob is read; no index or state is believed.

    1. framing: lines end with LF and are not too long, the last one too
    2. strict parse, canonical form, closed members                       (walk)
    3. seq, prev, log, unique ids, outcomes after their intents           (walk)
    4. leaves and tree                                                    (walk)
    5. headers: kind, certificate, frontier, key named by the seal        (walk)
    6. signatures of events                                               (walk)
    7. checkpoints inside the segments                                    (walk)
    8. seals (walk), successors, blobs
    9. the published checkpoint and every given one
   10. clocks, recoveries, losses: reported, not judged                   (walk)

What the caller still owes: that the root key is the right one, and that a checkpoint from
outside was given; without one, truncation is not assessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.files import BLOBS, CHECKPOINT, foreign_segments, list_segments
from wilkc.runtime.audit.frames import is_torn, read_frames
from wilkc.runtime.audit.note import MAX_NOTE_BYTES, Checkpoint, Note, parse_checkpoint, require_one
from wilkc.runtime.audit.walk import Finding, Verdict, Walk
from wilkc.runtime.keys import parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wilkc.runtime.audit.line import EventLine

SEVERITY: Final[tuple[Verdict, ...]] = (
    "TAMPERED", "TRUNCATED", "KEY_PROBLEM", "INCOMPLETE", "UNSEALED_TAIL",
)  # fmt: skip
"""Verdicts against a log, the worst first."""
_PUBLISHED: Final = "the published checkpoint"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. Only `OK` and `OK_UNANCHORED` speak for the log.

    Attributes:
        verdict: the worst of the findings, else `OK` or, without a checkpoint from outside,
            `OK_UNANCHORED`.
        reasons: all findings as `VERDICT: reason`, in the order they were made.
        origin: name of the log as its records say.
        file: file of the first record that fails, or None.
        offset: byte offset of that record in the file, or None.
        last_good: number of the last event that verifies, or None.
        size: events that verify.
        root: hexadecimal root of their tree.
        covered: events covered by the last checkpoint.
        tail: events after it.
        torn_bytes: bytes after the last whole line.
        pruned: ranges that were pruned.
        reanchors: events at which the root key certified a new beginning.
        anchored: whether a checkpoint from outside was compared.
        signatures: which event signatures were checked.
        key: verifier key of the last segment, or None.
        segments: files read to their end without a fault.
        checkpoints: checkpoints inside them.
        first: time of the first event, or None.
        last: time of the last event, or None.
        recoveries: repaired crashes and write errors.
        lost: records the writer counted as not written.
        sampled: records the writer counted as left out.
        clock_backwards: how often the monotonic clock went back within a boot.
        clock_steps: how often the wall clock stepped by more than a second.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    origin: str
    file: str | None
    offset: int | None
    last_good: int | None
    size: int
    root: str
    covered: int
    tail: int
    torn_bytes: int
    pruned: tuple[str, ...]
    reanchors: tuple[int, ...]
    anchored: bool
    signatures: str
    key: str | None
    segments: int
    checkpoints: int
    first: str | None
    last: str | None
    recoveries: int
    lost: int
    sampled: int
    clock_backwards: int
    clock_steps: int

    @property
    def ok(self) -> bool:
        """Whether everything that was assessed holds."""
        return self.verdict in {"OK", "OK_UNANCHORED"}


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """An event as an observer of a verification sees it, in the order of the log.

    Attributes:
        record: its value.
        stored: its exact bytes, of which the leaf is the hash.
        signature: of the event, or None in mode `checkpoint`.
        file: name of its segment.
        offset: of its line in that file.
    """

    record: dict[str, Any]
    stored: bytes
    signature: bytes | None
    file: str
    offset: int

    @property
    def seq(self) -> int:
        """Its number in the log."""
        return int(self.record["seq"])


Observer = Callable[[VerifiedEvent], None]
"""Called with each event as soon as the event itself verifies."""


@dataclass(slots=True)
class _Reading:
    """What reading the segments gathers beside the walk."""

    walk: Walk
    observer: Observer | None = None
    findings: list[Finding] = field(default_factory=list)
    file: str | None = None
    offset: int | None = None
    torn_bytes: int = 0
    segments: int = 0
    stopped: bool = False

    def add(self, verdict: Verdict, reason: str) -> None:
        self.findings.append(Finding(verdict, reason))


def verify(
    directory: Path,
    root_vkey: str,
    checkpoints: Mapping[str, str] | None = None,
    *,
    live: bool = False,
    observer: Observer | None = None,
) -> Verification:
    """Verify a log.

    Args:
        directory: of the log.
        root_vkey: verifier key of the root, from a place that the log's host cannot change.
        checkpoints: checkpoints kept elsewhere: a name for messages to the note's text.
        live: whether a writer is at work, so that a tail is only reported.
        observer: sees each event that verifies, in order. What it made of them may be used
            only if the verdict is OK, and only up to a size that a trusted checkpoint
            covers: what comes later in the log can still speak against what came before.

    Returns:
        The verdict with everything found, also when the log does not verify.

    Raises:
        UsageError: there is no such directory, or the key or a given checkpoint is
            malformed.
    """
    if not directory.is_dir():
        raise UsageError(f"there is no audit log at `{directory}`")
    try:
        root = parse_verifier_key(root_vkey)
    except ValueError as error:
        raise UsageError(f"the root verifier key cannot be read: {error}") from error
    given = {name: _read_given(name, text) for name, text in (checkpoints or {}).items()}
    # Read before the segments: a writer at work can only have made the log larger since.
    published = _published(directory)
    compared = {**given, **({_PUBLISHED: published} if published else {})}
    wanted = frozenset(checkpoint.size for checkpoint, _ in compared.values())
    reading = _Reading(Walk(root=root, wanted=wanted), observer)
    try:
        _read_segments(directory, reading, live=live)
        _check_blobs(directory, reading)
    except OSError as error:
        raise UsageError(f"cannot read the audit log: {error}") from error
    _check_published(directory, reading, published)
    for name, (checkpoint, note) in compared.items():
        _compare(reading, name, checkpoint, note)
    return _conclude(reading, anchored=bool(given))


def _read_segments(directory: Path, reading: _Reading, *, live: bool) -> None:
    walk = reading.walk
    for path in foreign_segments(directory):
        reading.add("INCOMPLETE", f"`{path.name}` is no segment that can be read")
    segments = list_segments(directory)
    for first, path in segments:
        if first != walk.seq:
            kind: Verdict = "INCOMPLETE" if first > walk.seq else "TAMPERED"
            reading.add(kind, f"`{path.name}` stands where event {walk.seq} belongs")
            reading.file, reading.offset, reading.stopped = path.name, 0, True
            return
        if not _read_segment(path, reading, last=path == segments[-1][1], live=live):
            return
        reading.segments += 1
    # 8. a sealed segment has a successor; what follows the last checkpoint is a tail.
    if walk.seq == 0:
        reading.add("INCOMPLETE", "the log has no events")
    if walk.sealed and walk.seal and walk.seal.next is not None and not live:
        reading.add("INCOMPLETE", "the segment that the last seal names is missing")
    if walk.seq > walk.covered and not live:
        count = walk.seq - walk.covered
        reading.add("UNSEALED_TAIL", f"{count} events follow the last checkpoint")


def _read_segment(path: Path, reading: _Reading, *, last: bool, live: bool) -> bool:
    """Read one file; whether it was good to its end."""
    reading.walk.begin_segment()
    with path.open("rb") as file:
        for frame in read_frames(file):
            # 1. framing: a line without its end can only be the last one.
            problem = None if frame.ended else "the line does not end"
            if problem is None:
                try:
                    _observe(path, reading, frame.offset, reading.walk.take(frame.line))  # 2 to 8
                except VerificationError as error:
                    problem = error.message
            if problem is not None:
                _fault(path, reading, frame.offset, problem, last=last, live=live)
                return False
        if file.tell() == 0:
            reading.add("INCOMPLETE", f"`{path.name}` is empty")
    return True


def _observe(path: Path, reading: _Reading, offset: int, line: EventLine | None) -> None:
    if reading.observer is not None and line is not None:
        reading.observer(
            VerifiedEvent(line.event, line.stored, line.signature, path.name, offset)
        )  # fmt: skip


def _fault(  # noqa: PLR0913  # one line's place, its fault and what it may mean
    path: Path, reading: _Reading, offset: int, problem: str, *, last: bool, live: bool
) -> None:
    reading.file, reading.offset = path.name, offset
    if last and is_torn(path, offset):
        reading.torn_bytes = path.stat().st_size - offset
        if not live:
            reason = f"{reading.torn_bytes} torn bytes at byte {offset} of `{path.name}`"
            reading.add("UNSEALED_TAIL", reason)
        return
    reading.stopped = True
    place = f"event {reading.walk.seq} (`{path.name}`, byte {offset})"
    reading.add("TAMPERED", f"{place}: {problem}")


def _check_blobs(directory: Path, reading: _Reading) -> None:
    # 8. blobs: present, and their digest is their name.
    for name in sorted(reading.walk.blobs):
        path = directory / BLOBS / name[:2] / name
        if not path.is_file():
            reading.add("INCOMPLETE", f"blob `{name}` is missing")
        elif _file_digest(path) != name:
            reading.add("TAMPERED", f"blob `{name}` was changed")


def _published(directory: Path) -> tuple[Checkpoint, Note] | None:
    try:
        return _read_checkpoint((directory / CHECKPOINT).read_bytes())
    except (OSError, ValueError):
        return None


def _check_published(
    directory: Path, reading: _Reading, published: tuple[Checkpoint, Note] | None
) -> None:
    # 9. it is there, and signed by a segment's key.
    if not (directory / CHECKPOINT).is_file():
        reading.add("INCOMPLETE", f"{_PUBLISHED} is missing")
    elif published is None:
        reading.add("TAMPERED", f"{_PUBLISHED} is malformed")
    elif published[0].size <= reading.walk.seq and not reading.stopped:
        try:
            require_one(published[1], reading.walk.keys)
        except VerificationError as error:
            reading.add("TAMPERED", f"{_PUBLISHED}: {error.message}")


def _compare(reading: _Reading, name: str, checkpoint: Checkpoint, note: Note) -> None:
    # 9. signature if the key is known, size, root.
    walk = reading.walk
    if walk.origin and checkpoint.origin != walk.origin:
        reading.add("TAMPERED", f"{name} is of another log, `{checkpoint.origin}`")
        return
    signed = {(line.name, line.id) for line in note.signatures}
    for key in walk.keys:
        if (key.name, key.id) in signed:
            try:
                note.require(key)
            except VerificationError as error:
                reading.add("TAMPERED", f"{name}: {error.message}")
    if checkpoint.size > walk.seq:
        if not reading.stopped:
            reason = f"{name} covers {checkpoint.size} events, the log has {walk.seq}"
            reading.add("TRUNCATED", reason)
    elif checkpoint.size and walk.roots.get(checkpoint.size) != checkpoint.root:
        reason = f"{name} has another root for the first {checkpoint.size} events"
        reading.add("TAMPERED", reason)


def _conclude(reading: _Reading, *, anchored: bool) -> Verification:
    walk, tally = reading.walk, reading.walk.tally
    findings = [*walk.findings, *reading.findings]
    found = {finding.verdict for finding in findings}
    good: Verdict = "OK" if anchored else "OK_UNANCHORED"
    return Verification(
        verdict=next((verdict for verdict in SEVERITY if verdict in found), good),
        reasons=tuple(f"{finding.verdict}: {finding.reason}" for finding in findings),
        origin=walk.origin,
        file=reading.file,
        offset=reading.offset,
        last_good=walk.seq - 1 if walk.seq else None,
        size=walk.seq,
        root=walk.tree.root().hex(),
        covered=walk.covered,
        tail=walk.seq - walk.covered,
        torn_bytes=reading.torn_bytes,
        pruned=(),
        reanchors=tuple(walk.reanchors),
        anchored=anchored,
        signatures="all",
        key=walk.key.text if walk.key else None,
        segments=reading.segments,
        checkpoints=walk.checkpoints,
        first=tally.first,
        last=tally.last,
        recoveries=tally.recoveries,
        lost=tally.lost,
        sampled=tally.sampled,
        clock_backwards=tally.backwards,
        clock_steps=tally.steps,
    )


def _read_given(name: str, text: str) -> tuple[Checkpoint, Note]:
    try:
        return parse_checkpoint(text)
    except ValueError as error:
        raise UsageError(f"{name} is no checkpoint: {error}") from error


def _read_checkpoint(data: bytes) -> tuple[Checkpoint, Note]:
    if len(data) > MAX_NOTE_BYTES:
        raise ValueError("the checkpoint is too long")
    return parse_checkpoint(data.decode("utf-8"))


def _file_digest(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
