"""Opening the place that a log is shipped to. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import GateError, UsageError
from wilkc.runtime.audit.reanchor import ROOT_SUFFIX
from wilkc.runtime.disk import Disk
from wilkc.runtime.sinks import FolderSink, kept_elsewhere, note_folder, receipt_folders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.runtime.sinks import Sink

_S3: Final = "s3://"
_POSTGRES: Final = ("postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where to ship, as the command line says it.

    Attributes:
        place: a folder, `s3://BUCKET/PREFIX` or `postgresql://…`.
        endpoint: of an S3-compatible storage; empty for Amazon's own.
        ca_file: certificates to trust for that endpoint; empty for the system's.
        lock_days: how long nothing there may be deleted.
        make: whether to make the tables of a database.
    """

    place: str
    endpoint: str
    ca_file: str
    lock_days: int
    make: bool


def receipts_folder(directory: str, named: str | None) -> Path:
    """The folder of a log's receipts, as named or beside the log."""
    whole = Path(directory).absolute()
    return Path(named) if named else whole.with_name(f"{whole.name}.sinks")


def note_receipts(directory: str, named: str | None) -> None:
    """Note a folder of receipts that is not the log's own, for whoever prunes.

    Raises:
        UnavailableError: it cannot be noted.
    """
    if named:
        default, folder = receipts_folder(directory, None), receipts_folder(directory, named)
        if folder.resolve() != default.resolve():
            note_folder(default, folder, Disk())


def shipped_events(directory: str, origin: str, named: Sequence[str] = ()) -> int | None:
    """Events that every place has to which the log is shipped; None where it is shipped nowhere.

    Args:
        directory: of the log.
        origin: its name.
        named: folders that must have receipts of it, beside its own and those noted there.

    Raises:
        GateError: a folder that must have receipts has none.
        VerificationError: a receipt is damaged, or of another log.
        UnavailableError: one cannot be read.
    """
    own, noted = receipt_folders(receipts_folder(directory, None))
    demanded = [*noted, *(Path(one) for one in named)]
    for folder in (one for one in demanded if not any(one.glob("*.json"))):
        raise GateError(
            f"nothing is pruned: there are no receipts in `{folder}`",
            help_text="`wilkc audit ship` writes them there by `--receipts`; is its disk mounted?",
        )
    folders = {one.resolve() for one in (*own, *demanded)}
    return min((kept_elsewhere(one, origin + ROOT_SUFFIX) for one in folders), default=None)


def open_sink(wanted: Wanted, directory: Path) -> Sink:
    """The sink at a place.

    Raises:
        UsageError: there is none, or it lies in the log, or its extra is not installed.
        UnavailableError: it cannot be reached.
    """
    place = wanted.place
    if place.startswith(_S3):
        return _s3(wanted)
    if place.startswith(_POSTGRES):
        return _postgres(wanted)
    if wanted.endpoint or wanted.ca_file or wanted.make:
        raise UsageError("a folder has no endpoint, certificates or tables")
    folder = Path(place)
    if folder.resolve().is_relative_to(directory.resolve()):
        raise UsageError(f"`{place}` lies in the log that is to be kept elsewhere")
    return FolderSink(folder)


def _s3(wanted: Wanted) -> Sink:
    try:
        # Only who ships there needs the extra.
        from wilkc.runtime.sinks.s3 import S3Sink, parse_bucket  # noqa: PLC0415
    except ImportError as error:
        raise _missing("s3") from error
    bucket = parse_bucket(
        wanted.place, endpoint=wanted.endpoint, ca_file=wanted.ca_file, lock_days=wanted.lock_days
    )
    return S3Sink(bucket)


def _postgres(wanted: Wanted) -> Sink:
    try:
        from wilkc.runtime.sinks.postgres import PostgresSink  # noqa: PLC0415  # as above
    except ImportError as error:
        raise _missing("postgres") from error
    sink = PostgresSink(wanted.place)
    if wanted.make:
        sink.make_tables()
    return sink


def _missing(extra: str) -> UsageError:
    return UsageError(
        f"shipping there needs the extra `{extra}`",
        help_text=f"pip install 'wilkc[{extra}]'",
    )
