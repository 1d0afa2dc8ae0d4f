"""What reading the segments gathers beside the walk. Layer: runtime. Reads files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import VerificationError
from wilkc.core.plain_files import NotPlainError, open_plain
from wilkc.runtime.audit.files import BLOBS
from wilkc.runtime.audit.frames import is_torn, read_frames
from wilkc.runtime.audit.verifying.result import VerifiedEvent
from wilkc.runtime.audit.walk import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wilkc.runtime.audit.line import EventLine
    from wilkc.runtime.audit.walk import Verdict, Walk

PRUNED: Final = "system.pruned"
_CHUNK: Final = 1 << 20


@dataclass(slots=True)
class Reading:
    """How far a log was read, and what speaks against it.

    Attributes:
        directory: of the log.
        walk: over its lines.
        observers: called with each event that verifies.
        findings: beside those of the walk.
        file: of the first record that fails.
        offset: of that record.
        torn_bytes: bytes after the last whole line.
        segments: files read to their end without a fault.
        stopped: whether a fault ended the reading.
        pruned: ranges of which only leaves are left, first and last event.
        prunings: what the log's own records say was pruned: first and last event, and the root
            after that.
    """

    directory: Path
    walk: Walk
    observers: list[Callable[[VerifiedEvent], None]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    file: str | None = None
    offset: int | None = None
    torn_bytes: int = 0
    segments: int = 0
    stopped: bool = False
    pruned: list[tuple[int, int]] = field(default_factory=list)
    prunings: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, verdict: Verdict, reason: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(verdict, reason))

    def stop(self, verdict: Verdict, reason: str, file: str, offset: int) -> None:
        """Note a finding after which nothing more can be read."""
        self.add(verdict, reason)
        self.file, self.offset, self.stopped = file, offset, True

    def show(self, path: Path, offset: int, line: EventLine) -> None:
        """Show an event to the observers."""
        seen = VerifiedEvent(line.event, line.stored, line.signature, path.name, offset)
        for observer in self.observers:
            observer(seen)


def read_segment(path: Path, reading: Reading, *, last: bool, live: bool) -> bool:
    """Read one file; whether it was good to its end.

    Raises:
        OSError: it cannot be read.
    """
    reading.walk.begin_segment()
    try:
        file = open_plain(path)
    except NotPlainError as error:
        reading.stop("TAMPERED", f"`{path.name}`: {error.strerror}", path.name, 0)
        return False
    with file:
        for frame in read_frames(file):
            # 1. framing: a line without its end can only be the last one.
            problem = None if frame.ended else "the line does not end"
            if problem is None:
                try:
                    line = reading.walk.take(frame.line)  # 2 to 8
                except VerificationError as error:
                    problem = error.message
            if problem is not None:
                # A segment has its name only once its header is on disk: no crash tears that.
                torn = last and frame.offset > 0
                _fault(path, reading, frame.offset, problem, torn=torn, live=live)
                return False
            if line is not None:
                _took(path, reading, frame.offset, line)
        if file.tell() == 0:
            reading.add("INCOMPLETE", f"`{path.name}` is empty")
    return True


def check_blobs(directory: Path, event: Mapping[str, Any]) -> list[Finding]:
    """What speaks against the blobs of a record."""
    # 8. blobs: present, and their digest is their name.
    names = (one["blob"] for one in event["sealed"].values())
    found = (_blob_finding(directory, name) for name in names if name is not None)
    return [finding for finding in found if finding is not None]


def pruning_of(event: Mapping[str, Any]) -> tuple[int, int, str] | None:
    """What a record says was pruned: first and last event, and the root after that."""
    if event["action"]["type"] != PRUNED or event["phase"] != "system":
        return None
    details = event["action"]["details"]
    first, last, root = (details.get(name) for name in ("first", "last", "root"))
    if isinstance(first, int) and isinstance(last, int) and isinstance(root, str):
        return first, last, root
    return None


def _took(path: Path, reading: Reading, offset: int, line: EventLine) -> None:
    event = line.event
    if event["sealed"]:
        reading.findings += check_blobs(reading.directory, event)
    pruning = pruning_of(event)
    if pruning is not None:
        reading.prunings.append(pruning)
    if reading.observers:
        reading.show(path, offset, line)


def _fault(  # noqa: PLR0913  # one line's place, its fault and what it may mean
    path: Path, reading: Reading, offset: int, problem: str, *, torn: bool, live: bool
) -> None:
    if torn and is_torn(path, offset):
        reading.file, reading.offset = path.name, offset
        reading.torn_bytes = path.stat(follow_symlinks=False).st_size - offset
        if not live:
            reason = f"{reading.torn_bytes} torn bytes at byte {offset} of `{path.name}`"
            reading.add("UNSEALED_TAIL", reason)
        return
    place = f"event {reading.walk.seq:,} (`{path.name}`, byte {offset:,})"
    reading.stop("TAMPERED", f"{place}: {problem}", path.name, offset)


def _blob_finding(directory: Path, name: str) -> Finding | None:
    path = directory / BLOBS / name[:2] / name
    digest = hashlib.sha256()
    try:
        with open_plain(path) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except (FileNotFoundError, NotADirectoryError):
        return Finding("INCOMPLETE", f"blob `{name}` is missing")
    except NotPlainError as error:
        return Finding("TAMPERED", f"blob `{name}`: {error.strerror}")
    if digest.hexdigest() != name:
        return Finding("TAMPERED", f"blob `{name}` was changed")
    return None
