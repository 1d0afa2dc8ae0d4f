"""Verifying a log offline, with nothing but its files and the root key. Layer: runtime.

Every stored byte of every segment and blob is read; no index or state is believed.

    1. framing: lines end with LF and are not too long, the last one too  (verifying.reading)
    2. strict parse, canonical form, closed members                       (walk)
    3. seq, prev, log (walk); unique ids, outcomes after their intents    (ids)
    4. leaves and tree                                                    (walk)
    5. headers: kind, certificate, frontier, key named by the seal        (walk)
    6. signatures of events                                               (walk)
    7. checkpoints inside the segments                                    (walk)
    8. seals (walk), successors, blobs (verifying.reading), stubs         (verifying.stubs)
    9. the published checkpoint, every given one, the policy              (verifying.anchors)
   10. clocks, recoveries, losses: reported (tally); sealed members open  (verifying.openings)

What the caller still owes: that the root key is the right one, and that a checkpoint from
outside was given; without one, truncation is not assessed.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.runtime.audit.files import foreign_segments, list_segments
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.ids import SortedIds
from wilkc.runtime.audit.note import Note
from wilkc.runtime.audit.verifying.anchors import judge_anchors, read_anchors
from wilkc.runtime.audit.verifying.openings import Openings
from wilkc.runtime.audit.verifying.options import MAX_JOBS, Options
from wilkc.runtime.audit.verifying.parallel import Task, adopt, observe, walking
from wilkc.runtime.audit.verifying.reading import Reading, read_segment
from wilkc.runtime.audit.verifying.result import Observer, Verification, VerifiedEvent, worst
from wilkc.runtime.audit.verifying.stubs import check_prunings, is_stub, list_stubs, read_stub
from wilkc.runtime.audit.walk import Walk, walk_from
from wilkc.runtime.keys import parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from wilkc.runtime.audit.note import Checkpoint
    from wilkc.runtime.audit.verifying.anchors import Anchors
    from wilkc.runtime.audit.verifying.parallel import Walked
    from wilkc.runtime.audit.walk import Verdict

__all__ = ["Observer", "Options", "Verification", "VerifiedEvent", "verify", "verify_uncertified"]

_ROLL_SECONDS: Final = 1.0
"""How long a writer at work may need from a seal to the next segment."""
_LOOK_SECONDS: Final = 0.05


def verify(  # noqa: PLR0913  # a log, what speaks for it, and the terms
    directory: Path,
    root_vkey: str,
    checkpoints: Mapping[str, str] | None = None,
    *,
    live: bool = False,
    observer: Observer | None = None,
    options: Options | None = None,
) -> Verification:
    """Verify a log.

    Args:
        directory: of the log.
        root_vkey: verifier key of the root, from a place that the log's host cannot change.
        checkpoints: checkpoints kept elsewhere: a name for messages to the note's text.
        live: whether a writer is at work, so that a tail is only reported, and the segment
            that a seal names is waited for.
        observer: sees each event that verifies, in order. What it made of them may be used
            only if the verdict is OK, and only up to a size that a trusted checkpoint
            covers: what comes later in the log can still speak against what came before.
        options: how thoroughly and on which terms; at its strictest if left out, but without
            keys and policy.

    Returns:
        The verdict with everything found, also when the log does not verify.

    Raises:
        UsageError: there is no such directory, or the key, a given checkpoint, the policy
            or the number of jobs is malformed.
    """
    options = options or Options()
    _require_readable(directory, options)
    try:
        root = parse_verifier_key(root_vkey)
    except ValueError as error:
        raise UsageError(f"the root verifier key cannot be read: {error}") from error
    anchors = read_anchors(directory, checkpoints or {}, options.policy)
    walk = Walk(root=root, wanted=anchors.sizes(), signatures=options.signatures)
    return _assess(Reading(directory, walk), anchors, observer, options, live=live)


def verify_uncertified(
    directory: Path,
    expected: Mapping[str, Checkpoint],
    observer: Observer | None,
    *,
    sizes: Collection[int],
    options: Options,
) -> tuple[Verification, Mapping[int, bytes]]:
    """Verify a log at work against what the caller knows of it, without its root key.

    Certificates are not judged: what is before an expected checkpoint is known by its root,
    and nothing else may be believed.

    Args:
        directory: of the log.
        expected: what it must have been, by the name that messages use.
        observer: see `verify`.
        sizes: at which roots are wanted.
        options: how thoroughly.

    Returns:
        The verdict, and size to root.

    Raises:
        UsageError: there is no such directory, or it cannot be read.
    """
    _require_readable(directory, options)
    anchors = read_anchors(directory, {}, None)
    anchors.given = {name: (one, Note("", ())) for name, one in expected.items()}
    wanted = anchors.sizes() | frozenset(sizes)
    reading = Reading(directory, Walk(wanted=wanted, signatures=options.signatures))
    found = _assess(reading, anchors, observer, options, live=True)
    return found, reading.walk.roots


def _require_readable(directory: Path, options: Options) -> None:
    if not directory.is_dir():
        raise UsageError(f"there is no audit log at `{directory}`")
    if not 1 <= options.jobs <= MAX_JOBS:
        raise UsageError(f"{options.jobs} is no number of jobs from 1 to {MAX_JOBS}")


def _assess(
    reading: Reading, anchors: Anchors, observer: Observer | None, options: Options, *, live: bool
) -> Verification:
    ids = reading.walk.ids = SortedIds()
    openings = Openings(options.keys, reading.directory) if options.keys else None
    reading.observers = [one for one in (observer, openings) if one is not None]
    try:
        _read_segments(reading, options, live=live)
        wrong = _first_wrong(reading, ids)
    except OSError as error:
        raise UsageError(f"cannot read the audit log: {error}") from error
    finally:
        ids.close()
    if wrong is not None:
        _set_back(reading, *wrong)
    check_prunings(reading, accepted=options.accept_pruned)
    anchored = judge_anchors(reading, anchors, options)
    if openings is not None:
        openings.judge(reading)
    return _conclude(reading, anchors, openings, options, anchored=anchored)


def _read_segments(reading: Reading, options: Options, *, live: bool) -> None:
    walk, directory = reading.walk, reading.directory
    for path in foreign_segments(directory):
        if not is_stub(path.name):
            reading.add("INCOMPLETE", f"`{path.name}` is no segment that can be read")
    segments = dict(list_segments(directory))
    # A segment that is whole speaks for itself; a stub beside it is a pruning under way.
    places = sorted({**list_stubs(directory), **segments}.items())
    last = max(segments, default=-1)
    with ExitStack() as stack:
        walked = _workers(stack, reading, options, sorted(segments.items()))
        for first, path in places:
            if first != walk.seq:
                kind: Verdict = "INCOMPLETE" if first > walk.seq else "TAMPERED"
                reason = f"`{path.name}` stands where event {walk.seq} belongs"
                reading.stop(kind, reason, path.name, 0)
                return
            if first not in segments:
                good = read_stub(path, reading)
            else:
                found = next(walked, None)
                if found is not None and adopt(reading, found):
                    good = observe(path, reading, found)
                else:
                    good = read_segment(path, reading, last=first == last, live=live)
            if not good:
                break
            reading.segments += first in segments
    # A writer at work may have gone on to other segments since they were listed.
    while live and _lacks_successor(reading, options) and _read_successor(reading):
        pass
    if not reading.stopped:
        _check_end(reading, options, live=live)


def _lacks_successor(reading: Reading, options: Options) -> bool:
    seal = reading.walk.seal
    named = reading.walk.sealed and seal is not None and seal.next is not None
    return named and not reading.stopped and not options.sealed_only


def _read_successor(reading: Reading) -> bool:
    """Read the segment that the last seal names, if it comes soon; whether anything was read."""
    first = reading.walk.seq
    deadline = time.monotonic() + _ROLL_SECONDS
    while (path := dict(list_segments(reading.directory)).get(first)) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    reading.segments += read_segment(path, reading, last=True, live=True)
    return reading.walk.seq > first


def _workers(
    stack: ExitStack, reading: Reading, options: Options, segments: list[tuple[int, Path]]
) -> Iterator[Walked | None]:
    """What other processes find of each segment; nothing where one process is enough."""
    jobs = min(options.jobs, len(segments))
    if jobs <= 1:
        return iter(())
    wanted = reading.walk.wanted
    tasks = [Task(path, wanted, options.signatures) for _, path in segments]
    return stack.enter_context(walking(tasks, jobs))


def _check_end(reading: Reading, options: Options, *, live: bool) -> None:
    # 8. a sealed segment has a successor; what follows the last checkpoint is a tail.
    walk = reading.walk
    if walk.seq == 0:
        reading.add("INCOMPLETE", "the log has no events")
    if _lacks_successor(reading, options):
        reading.add("INCOMPLETE", "the segment that the last seal names is missing")
    if walk.seq > walk.covered and not live:
        count = walk.seq - walk.covered
        reading.add("UNSEALED_TAIL", f"{count} events follow the last checkpoint")


def _first_wrong(reading: Reading, ids: SortedIds) -> tuple[int, str] | None:
    """The first event that only the whole shows to be wrong, with the reason."""
    found = [ids.first_wrong(pruned=bool(reading.pruned))]
    if not reading.stopped:
        # 6. no checkpoint speaks for the tail, so there each signature counts.
        unsigned = reading.walk.wrongly_signed()
        found.append(None if unsigned is None else (unsigned, "its signature does not verify"))
    return min((one for one in found if one is not None), default=None)


def _set_back(reading: Reading, seq: int, reason: str) -> None:
    """Take back what was walked from an event on whose id turned out to be wrong."""
    path = next(path for first, path in reversed(list_segments(reading.directory)) if first <= seq)
    walk, offset = None, 0
    with open_plain(path) as file:
        for frame in read_frames(file):
            walk = walk or walk_from(frame.line)
            offset = frame.offset
            if walk.seq == seq and frame.line.startswith(b'{"event":'):
                break
            try:
                walk.take(frame.line)
            except VerificationError:
                break
    if walk is not None:
        reading.walk.seq, reading.walk.tree = walk.seq, walk.tree
        reading.walk.covered = min(reading.walk.covered, walk.covered)
    place = f"event {seq:,} (`{path.name}`, byte {offset:,})"
    reading.stop("TAMPERED", f"{place}: {reason}", path.name, offset)


def _conclude(
    reading: Reading,
    anchors: Anchors,
    openings: Openings | None,
    options: Options,
    *,
    anchored: bool,
) -> Verification:
    walk, tally = reading.walk, reading.walk.tally
    findings = [*walk.findings, *reading.findings]
    return Verification(
        verdict=worst(findings, "OK" if anchored else "OK_UNANCHORED"),
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
        pruned=tuple(f"{first}-{last}" for first, last in reading.pruned),
        reanchors=tuple(walk.reanchors),
        anchored=anchored,
        signatures=options.signatures,
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
        witnesses=anchors.witnesses,
        cosigned=anchors.cosigned,
        known=max(anchors.known(), options.at_least),
        opened=len(openings.opened) if openings else None,
        erased=openings.gone if openings else None,
    )
