"""Copying what of a log never changes again to another place. Layer: runtime.

Sealed segments, stubs, blobs and the checkpoint of the last sealed segment; never a key. A
copy that is already there is compared and never overwritten: a sealed segment that differs
was changed at one of the two places, and that is for a person to look into. What was pruned
in the log is pruned in the copy, once the log verifies up to what the copy has: a copy is kept
against whoever can write the log's directory.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.canonical import sha256_hex
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.plain_files import NotPlainError, open_plain, read_plain
from wilkc.runtime.audit.files import BLOBS, CHECKPOINT, list_segments
from wilkc.runtime.audit.line import CheckpointLine, parse_line
from wilkc.runtime.audit.listing import segment_records
from wilkc.runtime.audit.note import MAX_NOTE_BYTES, Checkpoint, parse_checkpoint
from wilkc.runtime.audit.retention.known import PRUNED, PRUNED_MARK
from wilkc.runtime.audit.retention.reading import read_segment
from wilkc.runtime.audit.retention.stub import LEAVES_SUFFIX, STUB_SUFFIX
from wilkc.runtime.audit.segment import segment_first
from wilkc.runtime.audit.verification import verify_uncertified
from wilkc.runtime.audit.verifying.options import Options
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys.transfer import EXPORT_MARK, MARK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wilkc.runtime.audit.retention.reading import Segment

_READ_ONLY: Final = 0o444
_KEY_FILES: Final = ("keyring.json", "deks.jsonl")


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds now.

    Attributes:
        size: events that it covers.
        copied: files that were copied now.
        removed: files that were removed, as their segment was pruned.
    """

    size: int
    copied: int
    removed: int


def back_up(directory: Path, target: Path, disk: Disk | None = None) -> Backup:
    """Bring a backup up to date; safe to repeat, also after a crash.

    Args:
        directory: of the log, which is not locked; a writer may be at work.
        target: where the copy is, or goes; made if missing.
        disk: where to write; the real disk if left out.

    Raises:
        UsageError: the target cannot hold a backup, or nothing is sealed yet.
        VerificationError: log and backup differ in what never changes, or a segment does not
            verify.
        UnavailableError: something cannot be read or written; run it again.
    """
    try:
        return _back_up(directory, target, disk or Disk())
    except NotPlainError as error:
        raise VerificationError(f"TAMPERED: `{error.filename}`: {error.strerror}") from error
    except OSError as error:
        place = error.filename or directory
        raise UnavailableError(f"the backup stopped at `{place}`: {error.strerror}") from error


def _back_up(directory: Path, target: Path, disk: Disk) -> Backup:
    sealed = {path.stem: path for _, path in list_segments(directory)[:-1]}
    whole = {path.stem for _, path in list_segments(directory)}
    # A stub beside its segment is a pruning under way: the segment speaks for itself.
    stubs = {
        path.stem: path
        for path in directory.glob(f"seg-*{STUB_SUFFIX}")
        # Nothing is removed for a stub whose segment the copy lacks; else all would be read for it.
        if not (target / f"{path.stem}.jsonl").exists() or _is_told(path, sealed.values())
    }
    parts = sorted({**{stem: stubs[stem] for stem in stubs.keys() - whole}, **sealed}.items())
    if not parts:
        raise UsageError(
            "nothing of the log is sealed yet",
            help_text="a segment is sealed by its size, its age, or `wilkc audit housekeeping`",
        )
    _require_place(directory, target, disk)
    copied, last = 0, b""
    over: list[Path] = []
    for stem, path in parts:
        if path.suffix == STUB_SUFFIX:
            leaves = path.with_suffix(LEAVES_SUFFIX)
            copied += sum(_copy(one, target / one.name, disk) for one in (leaves, path))
            over += [path for path in (target / f"{stem}.jsonl",) if path.exists()]
            last = _read(path).removesuffix(b"\n").rpartition(b"\n")[2]
        else:
            segment = read_segment(path)
            for name in sorted(segment.blobs):
                copied += _copy_blob(directory, target, name, disk)
            copied += _copy(path, target / path.name, disk)
            last = segment.checkpoint if segment.seal else last
    if over:
        _require_pruned(directory, target, over[-1])
    removed = sum(_prune_copy(path, target, disk) for path in over)
    note = _note_of(last)
    disk.put_file(target / CHECKPOINT, note.encode("utf-8"))
    return Backup(parse_checkpoint(note)[0].size, copied, removed)


def _require_pruned(directory: Path, target: Path, last: Path) -> None:
    """Require that the log goes on from what the copy has, and lacks what it says it pruned.

    Certificates need the root key, so a new beginning that it would have to certify is not
    believed here.

    Args:
        directory: of the log.
        target: the copy.
        last: the newest segment of the copy that the log has not any more.
    """
    walk = read_segment(last).walk
    expected = {f"the backup's `{last.name}`": Checkpoint(walk.origin, walk.seq, walk.tree.root())}
    try:
        data = read_plain(target / CHECKPOINT, MAX_NOTE_BYTES)
        expected["the backup's checkpoint"] = parse_checkpoint(data.decode("utf-8"))[0]
    except FileNotFoundError:
        pass  # The first backup was interrupted.
    except ValueError as error:
        raise VerificationError(f"the checkpoint of the backup is malformed: {error}") from error
    options = Options(accept_pruned=True)
    found, _ = verify_uncertified(directory, expected, None, sizes=(), options=options)
    known = max(one.size for one in expected.values())
    begun = [seq for seq in found.reanchors if seq >= known]
    if not found.ok or begun:
        why = found.reasons[0] if not found.ok else f"event {begun[0]} begins anew"
        raise VerificationError(
            f"nothing is removed from the backup, as the log does not verify: {why}",
            help_text="see what is wrong by `wilkc audit verify`; the backup is evidence",
        )


def _is_told(stub: Path, sealed: Iterable[Path]) -> bool:
    """Whether the record that speaks for a stub is in the sealed part, which is copied."""
    first = segment_first(f"{stub.stem}.jsonl")
    return any(
        record["action"]["details"].get("first") == first
        for path in sealed
        for record in segment_records(path, (PRUNED_MARK,))
        if record["action"]["type"] == PRUNED and record["phase"] == "system"
    )


def _require_place(directory: Path, target: Path, disk: Disk) -> None:
    log, place = directory.resolve(), target.resolve()
    if place.is_relative_to(log) or log.is_relative_to(place):
        raise UsageError(f"the backup `{target}` and the log `{directory}` must lie apart")
    if not target.is_dir():
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk.sync_directory(target.parent)
    if any((target / name).exists() for name in _KEY_FILES) or _holds_export(target):
        raise UsageError(
            f"`{target}` holds keys",
            help_text="whoever gets the backup must not get the keys with it",
        )


def _holds_export(target: Path) -> bool:
    """Whether a copy of the keys lies there, under whatever name."""
    for path in sorted(target.iterdir()):
        with suppress(OSError), open_plain(path) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - MARK_BYTES))
            if EXPORT_MARK in file.read():
                return True
    return False


def _copy(source: Path, target: Path, disk: Disk) -> int:
    """Copy a file that never changes; how many were copied, 0 or 1."""
    return _put(source, _read(source), target, disk)


def _put(source: Path, content: bytes, target: Path, disk: Disk) -> int:
    if target.exists():
        if _read(target) != content:
            raise VerificationError(
                f"`{target}` differs from `{source}`, and neither ever changes",
                help_text="find out by `wilkc audit verify` which of the two was changed",
            )
        return 0
    disk.put_file(target, content, mode=_READ_ONLY)
    return 1


def _copy_blob(directory: Path, target: Path, name: str, disk: Disk) -> int:
    folder = target / BLOBS / name[:2]
    for path in (target / BLOBS, folder):
        if not path.is_dir():
            disk.make_directory(path)
    source = directory / BLOBS / name[:2] / name
    content = _read(source)
    if sha256_hex(content) != name:
        raise VerificationError(f"TAMPERED: blob `{name}` was changed")
    return _put(source, content, folder / name, disk)


def _read(source: Path) -> bytes:
    """The content of a plain file: a link in the log could lead to the keys."""
    with open_plain(source) as file:
        return file.read()


def _prune_copy(segment: Path, target: Path, disk: Disk) -> int:
    """Remove the copy of a segment that was pruned, its blobs first."""
    held: Segment = read_segment(segment)
    for name in sorted(held.blobs):
        disk.unlink(target / BLOBS / name[:2] / name)
    disk.unlink(segment)
    disk.sync_directory(target)
    return 1 + len(held.blobs)


def _note_of(line: bytes) -> str:
    parsed = parse_line(line)
    if not isinstance(parsed, CheckpointLine):
        raise VerificationError("TAMPERED: a sealed segment does not end with a checkpoint")
    return parsed.note
