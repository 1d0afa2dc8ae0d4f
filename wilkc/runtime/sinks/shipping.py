"""Shipping closed segments and checkpoints to a sink. Layer: runtime.

Never on the way of a decision: it reads files that no writer touches any more, in a process
or thread of its own. For each segment: verify it here, put its blobs and then itself there,
read it back and verify that, and only then write the receipt. Each step can be repeated.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.locks import lock_file
from wilkc.core.plain_files import open_plain, read_plain
from wilkc.runtime.audit.files import BLOBS, CHECKPOINT, list_segments
from wilkc.runtime.audit.note import MAX_NOTE_BYTES, parse_checkpoint
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import parse_verifier_key
from wilkc.runtime.sinks.checking import check_blob, check_segment
from wilkc.runtime.sinks.receipts import load_receipts, save_receipts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.keys import VerifierKey
    from wilkc.runtime.sinks.checking import Shipped
    from wilkc.runtime.sinks.model import Sink
    from wilkc.runtime.sinks.receipts import Receipts

CHECKPOINTS: Final = "checkpoints"
LOCK: Final = "ship.lock"
_PREFIX_DIGITS: Final = 2


@dataclass(frozen=True, slots=True)
class Shipment:
    """What became of one run.

    Attributes:
        sink: where.
        segments: shipped by this run.
        size: events of the log that the sink has.
        root: hexadecimal root of the tree over them; empty for none.
        checkpoint: size of the newest checkpoint that it has.
    """

    sink: str
    segments: int
    size: int
    root: str
    checkpoint: int


def ship(
    directory: Path, sink: Sink, folder: Path, root: str, disk: Disk | None = None
) -> Shipment:
    """Ship every closed segment that the sink has no receipt for, and the newest checkpoint.

    Args:
        directory: of the log.
        sink: where to.
        folder: of the receipts; made if it is missing.
        root: verifier key of the root.
        disk: where receipts are written; the real disk if left out.

    Raises:
        UsageError: there is no log, or the root key is none.
        VerificationError: the log or what the sink has does not verify; nothing more is shipped.
        UnavailableError: the sink or the folder cannot be used. What has a receipt stays so.
    """
    key = _root_key(root)
    segments = _closed(directory)
    disk = disk or Disk()
    with _alone(folder):
        receipts = load_receipts(folder, sink.name)
        shipped = 0
        for first, path in segments:
            if first < receipts.size:
                continue
            one = _ship_segment(directory, path, sink, receipts, key)
            receipts = replace(receipts, log=key.name, segments=(*receipts.segments, one))
            save_receipts(folder, receipts, disk)
            shipped += 1
        receipts = _ship_checkpoint(directory, sink, receipts)
        save_receipts(folder, receipts, disk)
    return _shipment(receipts, shipped)


def check(sink: Sink, folder: Path, root: str) -> Shipment:
    """Read everything that a sink has receipts for, and verify it again from the root on.

    Raises:
        UsageError: the root key is none.
        VerificationError: something is missing or was changed.
        UnavailableError: the sink or the receipts cannot be read.
    """
    key = _root_key(root)
    receipts = load_receipts(folder, sink.name)
    before: Shipped | None = None
    for one in receipts.segments:
        before = _check_there(sink, one, before, key)
    return _shipment(receipts, 0)


def _ship_segment(
    directory: Path, path: Path, sink: Sink, receipts: Receipts, root: VerifierKey
) -> Shipped:
    before = receipts.segments[-1] if receipts.segments else None
    with open_plain(path) as file:
        one = check_segment(file, before, root)
    for blob in one.blobs:
        place = directory / _blob_key(blob)
        one = replace(one, blob_length=max(one.blob_length, _size(place)))
        sink.put(_blob_key(blob), place, blob)
    sink.put(path.name, path, one.sha256)
    return _check_there(sink, one, before, root)


def _check_there(sink: Sink, one: Shipped, before: Shipped | None, root: VerifierKey) -> Shipped:
    name = f"seg-{one.first:020d}.jsonl"
    try:
        with sink.read(name, one.length) as file:
            found = replace(check_segment(file, before, root), blob_length=one.blob_length)
        for blob in found.blobs:
            with sink.read(_blob_key(blob), one.blob_length) as file:
                check_blob(file, blob)
    except VerificationError as error:
        raise VerificationError(f"`{name}` at `{sink.name}`: {error.message}") from error
    if found != one:
        raise VerificationError(f"`{name}` at `{sink.name}` is not what was shipped")
    return found


def _ship_checkpoint(directory: Path, sink: Sink, receipts: Receipts) -> Receipts:
    """The newest checkpoint, by the size that it covers."""
    path = directory / CHECKPOINT
    try:
        data = read_plain(path, MAX_NOTE_BYTES)
        size = parse_checkpoint(data.decode("utf-8"))[0].size
    except FileNotFoundError:
        return receipts
    except OSError as error:
        raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise VerificationError(f"`{path}` is no checkpoint: {error}") from error
    if size < max(receipts.checkpoint, receipts.size):
        raise VerificationError(
            f"the log's checkpoint covers {size} events, less than the sink has"
        )
    if size > receipts.checkpoint:
        # Read once, since the writer may put a newer one in its place at any moment.
        _put_bytes(sink, f"{CHECKPOINTS}/{size:020d}", data)
        with sink.read(f"{CHECKPOINTS}/{size:020d}", MAX_NOTE_BYTES) as file:
            if file.read() != data:
                raise VerificationError(f"`{sink.name}` has another checkpoint of {size} events")
    return replace(receipts, checkpoint=size)


def _put_bytes(sink: Sink, key: str, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        sink.put(key, Path(file.name), digest)


def _closed(directory: Path) -> list[tuple[int, Path]]:
    """The segments that have a successor: no writer touches them any more."""
    try:
        return list_segments(directory)[:-1]
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error


def _size(path: Path) -> int:
    try:
        with open_plain(path) as file:
            return file.seek(0, os.SEEK_END)
    except OSError as error:
        raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error


def _root_key(text: str) -> VerifierKey:
    try:
        return parse_verifier_key(text)
    except ValueError as error:
        raise UsageError(f"the root key is none: {error}") from error


def _blob_key(name: str) -> str:
    return f"{BLOBS}/{name[:_PREFIX_DIGITS]}/{name}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    busy = UnavailableError(f"another process is shipping from `{folder}`")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = lock_file(folder / LOCK, lambda _: busy)
    except OSError as error:
        raise UnavailableError(f"cannot use `{folder}`: {error.strerror}") from error
    try:
        yield
    finally:
        os.close(fd)


def _shipment(receipts: Receipts, shipped: int) -> Shipment:
    root = receipts.segments[-1].root if receipts.segments else ""
    return Shipment(receipts.sink, shipped, receipts.size, root, receipts.checkpoint)
