"""What a sink has, as it was read back from it. Layer: runtime.

The file is the cursor of shipping, too. It is written only after the receiver's bytes were
verified, so that nothing local goes on the strength of a promise.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.canonical import canonical_json
from wilkc.core.closed_json import from_json, to_json
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.core.plain_files import read_plain
from wilkc.core.strict_json import decode_json
from wilkc.runtime.sinks.checking import Shipped  # noqa: TC001  # read back by annotation

if TYPE_CHECKING:
    from wilkc.runtime.disk import Disk

FORMAT: Final = "wilk.receipts/v1"
MAX_BYTES: Final = 256 * 1024 * 1024
_NAME_DIGITS: Final = 16
_ENDING: Final = ".place"


@dataclass(frozen=True, slots=True)
class Receipts:
    """What one sink has of one log.

    Attributes:
        v: format.
        log: origin of the log; empty before the first segment.
        sink: where it is.
        segments: in their order.
        checkpoint: size of the newest checkpoint that it has.
    """

    v: str
    log: str
    sink: str
    segments: tuple[Shipped, ...]
    checkpoint: int

    @property
    def size(self) -> int:
        """Events of the log that the sink has."""
        return self.segments[-1].size if self.segments else 0


def receipts_path(folder: Path, sink: str) -> Path:
    """The file of a sink's receipts."""
    return folder / f"{hashlib.sha256(sink.encode()).hexdigest()[:_NAME_DIGITS]}.json"


def load_receipts(folder: Path, sink: str) -> Receipts:
    """The receipts of a sink; none if there is no file.

    Raises:
        VerificationError: the file is damaged, or of another sink.
        UnavailableError: it cannot be read.
    """
    path = receipts_path(folder, sink)
    try:
        found = from_json(Receipts, decode_json(read_plain(path, MAX_BYTES)), "receipts")
    except FileNotFoundError:
        return Receipts(FORMAT, "", sink, (), 0)
    except OSError as error:
        raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise VerificationError(f"the receipts `{path}` are damaged: {error}") from error
    if found.v != FORMAT or found.sink != sink:
        raise VerificationError(f"`{path}` holds the receipts of another sink")
    return found


def save_receipts(folder: Path, receipts: Receipts, disk: Disk) -> None:
    """Keep them, on stable storage.

    Raises:
        UnavailableError: they cannot be written.
    """
    path = receipts_path(folder, receipts.sink)
    try:
        disk.put_file(path, canonical_json(to_json(receipts)))
    except OSError as error:
        raise UnavailableError(f"cannot write `{path}`: {error.strerror}") from error


def note_folder(default: Path, folder: Path, disk: Disk) -> None:
    """Note where else there are receipts of a log, so that whoever prunes it knows.

    Args:
        default: where they are looked for.
        folder: where they are.
        disk: where to write.

    Raises:
        UnavailableError: it cannot be noted.
    """
    place = str(folder.resolve())
    name = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:_NAME_DIGITS]
    path = default / f"{name}{_ENDING}"
    try:
        if not path.exists():
            default.mkdir(mode=0o700, parents=True, exist_ok=True)
            disk.put_file(path, canonical_json({"receipts": place}))
            disk.sync_directory(default.parent)
    except (OSError, UnicodeError) as error:
        raise UnavailableError(
            f"cannot note at `{default}` that there are receipts in `{folder}`: {error}",
            help_text="without that `wilkc audit prune` would take away what was not shipped",
        ) from error


def receipt_folders(default: Path) -> tuple[list[Path], list[Path]]:
    """The folders with receipts of a log: the default one if it is one, and those noted there.

    Raises:
        VerificationError: a note is damaged.
        UnavailableError: one cannot be read.
    """
    try:
        notes = sorted(default.glob(f"*{_ENDING}"))
        read = [from_json(_Noted, decode_json(read_plain(one, MAX_BYTES)), "note") for one in notes]
        own = default.is_dir() and (not notes or any(default.glob("*.json")))
    except OSError as error:
        raise UnavailableError(f"cannot read `{default}`: {error.strerror}") from error
    except ValueError as error:
        raise VerificationError(f"a note in `{default}` is damaged: {error}") from error
    return [default] if own else [], [Path(one.receipts) for one in read]


@dataclass(frozen=True, slots=True)
class _Noted:
    receipts: str


def kept_elsewhere(folder: Path, log: str | None = None) -> int:
    """Events of the log that every sink has: what lies before may go, as far as sinks matter.

    Args:
        folder: of the receipts; where it is missing or empty nothing is elsewhere.
        log: name of the log's root key, of which all receipts must be; None for any.

    Raises:
        VerificationError: a file is damaged, or of another log. Then nothing may go.
        UnavailableError: a file cannot be read.
    """
    try:
        paths = sorted(folder.glob("*.json"))
        texts = [read_plain(path, MAX_BYTES) for path in paths]
        found = [from_json(Receipts, decode_json(text), "receipts") for text in texts]
    except OSError as error:
        raise UnavailableError(f"cannot read `{folder}`: {error.strerror}") from error
    except ValueError as error:
        raise VerificationError(f"the receipts in `{folder}` are damaged: {error}") from error
    for one in found:
        if log is not None and one.segments and one.log != log:
            raise VerificationError(f"`{folder}` has receipts of another log, `{one.log}`")
    return min((one.size for one in found), default=0)
