"""What is left of a pruned segment, and letting go of the rest. Layer: runtime.

`seg-….pruned` holds header, seal and last checkpoint verbatim, `seg-….leaves` the hash of
each event. A segment that is still there speaks for itself, whatever stands beside it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.encoding import is_hex
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.core.locks import locked_file
from wilkc.core.plain_files import open_plain, read_plain
from wilkc.runtime.audit.files import BLOBS
from wilkc.runtime.audit.line import MAX_LINE_BYTES
from wilkc.runtime.audit.segment import segment_first, segment_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wilkc.runtime.audit.means import Means
    from wilkc.runtime.audit.retention.reading import Segment

STUB_SUFFIX: Final = ".pruned"
LEAVES_SUFFIX: Final = ".leaves"
LOCK: Final = "pruning.lock"
NOTE: Final = "pruning"
"""Names the blobs of a segment that is being pruned, as nothing else would once it is gone."""
MAX_NOTE_BYTES: Final = 256 * 1024 * 1024
WAIT_SECONDS: Final = 600.0
"""The lock lies in the log's directory: who can write there could else keep a hold from ever being
placed, and nobody would be told."""
_READ_ONLY: Final = 0o444
_NAME_DIGITS: Final = 64


def stub_firsts(directory: Path) -> frozenset[int]:
    """The first events of the segments of which a stub is left."""
    found = (segment_first(f"{path.stem}.jsonl") for path in directory.glob(f"*{STUB_SUFFIX}"))
    return frozenset(first for first in found if first is not None)


@contextmanager
def only_one(means: Means, *, wait: bool = False) -> Iterator[None]:
    """While this process alone lets anything go, or places a hold.

    Args:
        means: of the log.
        wait: whether to wait for another one that does, up to `WAIT_SECONDS`.

    Raises:
        UnavailableError: another one does.
        OSError: the lock cannot be opened.
    """
    with locked_file(
        means.directory / LOCK,
        lambda _: UnavailableError("another process prunes this log"),
        seconds=WAIT_SECONDS if wait else 0,
        opening=means.disk.open,
    ):
        yield


def genesis_line(directory: Path) -> bytes:
    """The first line of a log, whether its first segment was pruned or not.

    Raises:
        OSError: it cannot be read.
    """
    path = directory / segment_name(0)
    stub = path.with_suffix(STUB_SUFFIX)
    with open_plain(path if path.exists() else stub) as file:
        return file.readline(MAX_LINE_BYTES + 1).removesuffix(b"\n")


def write_stub(means: Means, segment: Segment) -> None:
    """Make the stub of a segment durable; the leaves first, as the other speaks for them."""
    lines = b"".join(
        line + b"\n" for line in (segment.header, segment.seal_line, segment.checkpoint)
    )
    disk, path = means.disk, segment.path
    disk.put_file(path.with_suffix(LEAVES_SUFFIX), segment.leaves, mode=_READ_ONLY)
    disk.put_file(path.with_suffix(STUB_SUFFIX), lines, mode=_READ_ONLY)


def note_blobs(means: Means, segment: Segment) -> None:
    """Note the blobs of a segment, durably."""
    if segment.blobs:
        lines = (segment.path.name, *sorted(segment.blobs))
        text = "".join(f"{line}\n" for line in lines).encode("ascii")
        means.disk.put_file(means.directory / NOTE, text)


def blobs_left(directory: Path) -> frozenset[str]:
    """The blobs that a crash left of a segment which is gone.

    Raises:
        VerificationError: the note of them is malformed.
        OSError: it cannot be read.
    """
    try:
        segment, *names = (
            read_plain(directory / NOTE, MAX_NOTE_BYTES).decode("ascii", "replace").split("\n")
        )
    except FileNotFoundError:
        return frozenset()
    last = names.pop() if names else "?"
    wrong = last or segment_first(segment) is None
    if wrong or not all(is_hex(name, _NAME_DIGITS) for name in names):
        raise VerificationError(f"TAMPERED: `{NOTE}` is no list of blobs")
    # A segment that is still there needs them.
    return frozenset() if (directory / segment).exists() else frozenset(names)


def remove_segment(means: Means, segment: Segment) -> None:
    """Unlink a segment, durably."""
    means.disk.unlink(segment.path)
    means.disk.sync_directory(means.directory)


@contextmanager
def _folder_of_blobs(directory: Path, name: str) -> Iterator[Path]:
    """A folder of blobs by its descriptor, reached through no link."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    top = os.open(directory / BLOBS, flags)
    try:
        folder = os.open(name, flags, dir_fd=top)
    finally:
        os.close(top)
    try:
        yield Path("/proc/self/fd", str(folder))
    finally:
        os.close(folder)


def remove_blobs(means: Means, names: Collection[str]) -> None:
    """Unlink blobs and then the note of them, durably.

    Raises:
        OSError: the disk refuses, or a link stands where a folder of blobs belongs: it could
            lead to those of a backup.
    """
    for folder in sorted({name[:2] for name in names}):
        with suppress(FileNotFoundError), _folder_of_blobs(means.directory, folder) as place:
            for name in sorted(name for name in names if name[:2] == folder):
                means.disk.unlink(place / name)
            means.disk.sync_directory(place)
    if names or (means.directory / NOTE).exists():
        means.disk.unlink(means.directory / NOTE)
        means.disk.sync_directory(means.directory)
