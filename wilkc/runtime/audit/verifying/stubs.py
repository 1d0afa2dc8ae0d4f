"""What is left of a pruned segment, and whether it still proves what it did. Layer: runtime.

`seg-….pruned` holds three lines verbatim: the segment's header, its seal and the seal's
checkpoint. `seg-….leaves` holds the hash of each of its events, 32 bytes each. The signed
checkpoint speaks for the leaves, so every old proof and root still verifies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Final

from wilkc.core.encoding import to_base64
from wilkc.core.errors import VerificationError
from wilkc.core.plain_files import NotPlainError, open_plain
from wilkc.runtime.audit.line import MAX_LINE_BYTES, EventLine, line_hash, parse_line
from wilkc.runtime.audit.segment import SEAL
from wilkc.runtime.audit.tree import HASH_BYTES, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wilkc.runtime.audit.verifying.reading import Reading
    from wilkc.runtime.audit.walk import Walk

_NAME: Final = re.compile(r"seg-([0-9]{20})\.(?:pruned|leaves)", re.ASCII)
_STUB: Final = ".pruned"
_LEAVES: Final = ".leaves"
_LINES: Final = 3
_BORDERS: Final = 2


def list_stubs(directory: Path) -> dict[int, Path]:
    """The first event of each pruned segment, and its `.pruned` file's path.

    The file may be missing where only leaves are left.
    """
    found = (_NAME.fullmatch(path.name) for path in directory.iterdir())
    return {int(name[1]): directory / f"seg-{name[1]}{_STUB}" for name in found if name is not None}


def leaves_path(stub: Path) -> Path:
    """Where the leaves of a pruned segment are."""
    return stub.with_suffix(_LEAVES)


def is_stub(name: str) -> bool:
    """Whether a file is called like a part of a pruned segment."""
    return _NAME.fullmatch(name) is not None


def after_stub(stub: Path) -> tuple[int, str]:
    """Number of the event after a pruned segment, and hash of its last line, as the stub says.

    Raises:
        ValueError: it is no stub.
        OSError: it cannot be read.
    """
    _, seal, checkpoint = _lines(stub)
    return int(_event(seal).event["seq"]) + 1, line_hash(checkpoint)


def read_stub(path: Path, reading: Reading) -> bool:
    """Walk over a pruned segment; whether it was good to its end.

    Raises:
        OSError: it cannot be read.
    """
    first = reading.walk.seq
    leaves = leaves_path(path)
    try:
        lines = _lines(path)
        with open_plain(leaves) as file:
            _walk(reading.walk, lines, file)
    except FileNotFoundError as error:
        missing = path if error.filename == str(path) else leaves
        reading.stop("INCOMPLETE", f"`{missing.name}` is missing", missing.name, 0)
        return False
    except NotPlainError as error:
        other = path if error.filename == str(path) else leaves
        reading.stop("TAMPERED", f"`{other.name}`: {error.strerror}", other.name, 0)
        return False
    except (VerificationError, ValueError) as error:
        reading.stop("TAMPERED", f"`{path.name}`: {error}", path.name, 0)
        return False
    last = reading.walk.seq - 1
    reading.pruned.append((first, last))
    reading.walk.roots[last + 1] = reading.walk.tree.root()
    return True


def check_prunings(reading: Reading, *, accepted: bool) -> None:
    """Require that each pruned range was pruned on record, and that the caller accepts it.

    Each range needs its own record: else whoever can write the directory could take away what
    a hold kept while later segments went. Who prunes a record of a pruning writes it anew.
    """
    if not reading.pruned:
        return
    roots = reading.walk.roots
    for _, last, root in reading.prunings:
        known = roots.get(last + 1)
        if known is not None and root != to_base64(known):
            reading.add("TAMPERED", f"the record of pruning up to event {last} names another root")
    recorded = {(first, last) for first, last, _ in reading.prunings}
    for first, last in reading.pruned:
        if (first, last) not in recorded and not reading.stopped:
            reason = f"events {first:,} to {last:,} were taken away without a record of pruning"
            reading.add("TAMPERED", reason)
        elif not accepted:
            reason = f"events {first:,} to {last:,} were pruned; `--accept-pruned` takes that"
            reading.add("INCOMPLETE", reason)


def _lines(path: Path) -> tuple[bytes, bytes, bytes]:
    with open_plain(path) as file:
        data = file.read(_LINES * (MAX_LINE_BYTES + 1) + 1)
    lines = data.split(b"\n")
    if len(lines) != _LINES + 1 or lines[-1]:
        raise ValueError("it has not exactly header, seal and checkpoint")
    return lines[0], lines[1], lines[2]


def _walk(walk: Walk, lines: tuple[bytes, bytes, bytes], leaves: BinaryIO) -> None:
    count, rest = divmod(leaves.seek(0, 2), HASH_BYTES)
    if rest or count < _BORDERS:
        raise ValueError("its leaves are cut")
    leaves.seek(0)
    header, seal = (_event(line) for line in lines[:2])
    walk.begin_segment()
    walk.take(lines[0])
    if leaves.read(HASH_BYTES) != leaf_hash(header.stored):
        raise ValueError("its first leaf is not the header's")
    if seal.event["action"].get("type") != SEAL:
        raise ValueError("its second line is no seal")
    walk.pass_over(_read_leaves(leaves, count - _BORDERS), seal.event["prev"])
    if leaves.read(HASH_BYTES) != leaf_hash(seal.stored):
        raise ValueError("its last leaf is not the seal's")
    walk.take(lines[1])
    walk.take(lines[2])
    if not walk.sealed:
        raise ValueError("it does not end with the seal's checkpoint")


def _read_leaves(leaves: BinaryIO, count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield leaves.read(HASH_BYTES)


def _event(line: bytes) -> EventLine:
    parsed = parse_line(line)
    if not isinstance(parsed, EventLine):
        raise ValueError("a checkpoint stands in place of an event")  # noqa: TRY004  # of a file
    return parsed
