"""What stands in a log's directory and is no plain file: said at once, and never waited for."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, REQUEST
from wilkc.cli.housekeeping import Housed
from wilkc.cli.scheduled_reports import Wishes, _issue
from wilkc.core.errors import UnavailableError, UsageError, VerificationError, WilkError
from wilkc.core.plain_files import NotPlainError, open_plain, read_plain
from wilkc.runtime.alerts.schedule import Due
from wilkc.runtime.audit import follow, unverified_records
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.held import read_held
from wilkc.runtime.audit.leaves import read_leaves
from wilkc.runtime.audit.query import Filter, scan
from wilkc.runtime.audit.retention import active_holds, back_up, clock_doubt, prune
from wilkc.runtime.audit.retention.reading import read_segment
from wilkc.runtime.audit.retention.stub import blobs_left, genesis_line

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_SECONDS = 10
"""Time that a reader gets; one that waits for a pipe never comes back."""


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


def _link(path: Path) -> None:
    # To what was there, so that only its being a link speaks against it.
    path.symlink_to(path.with_name(f".was-{path.name}"))


def _socket(path: Path) -> None:
    place = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(f"/proc/self/fd/{place}/{path.name}")
    finally:
        os.close(place)


KINDS = {"a pipe": _pipe, "a folder": _folder, "a link": _link, "a socket": _socket}
kinds = pytest.mark.parametrize("kind", KINDS)


def _put(path: Path, kind: str) -> None:
    """Put something else where a file is; the file stays beside it."""
    if path.exists():
        path.rename(path.with_name(f".was-{path.name}"))
    KINDS[kind](path)


def _in_time(call: Callable[[], Any]) -> Any:
    """What a call gives or raises; one that does not come back is a failure."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(call())
        except (WilkError, OSError) as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT_SECONDS)
    assert found, "it waits"
    return found[0]


@kinds
def test_a_segment_that_is_no_plain_file_is_a_finding(full: Any, kind: str) -> None:
    for path in full.segments():
        _put(path, kind)
        found = _in_time(lambda: full.verify(full.checkpoint))
        assert found.verdict == "TAMPERED"
        assert found.reasons[0] == f"TAMPERED: `{path.name}`: it is {kind}, not a plain file"
        (path.rmdir if kind == "a folder" else path.unlink)()
        path.with_name(f".was-{path.name}").rename(path)
    assert full.verify(full.checkpoint).verdict == "OK"


def test_several_processes_do_not_wait_either(full: Any) -> None:
    _put(full.segments()[0], "a pipe")
    assert _in_time(lambda: full.verify(jobs=2)).verdict == "TAMPERED"


@kinds
def test_a_published_checkpoint_that_is_no_plain_file_is_a_finding(full: Any, kind: str) -> None:
    _put(full.directory / "checkpoint", kind)
    found = _in_time(full.verify)
    assert found.verdict == "TAMPERED"
    assert f"it is {kind}" in found.reasons[0]


@kinds
def test_a_blob_that_is_no_plain_file_is_a_finding(log: Any, kind: str) -> None:
    with log.open() as logger:
        logger.intent(REQUEST, ALLOW, input_bytes=b"x" * 40_000).outcome("success")
    assert log.verify().ok
    (blob,) = (path for path in (log.directory / "blobs").rglob("*") if path.is_file())
    _put(blob, kind)
    found = _in_time(log.verify)
    assert found.verdict == "TAMPERED"
    assert f"it is {kind}" in found.reasons[0]


@kinds
def test_a_stub_that_is_no_plain_file_is_a_finding(full: Any, kind: str) -> None:
    segment = read_segment(full.segments()[0])
    lines = (segment.header, segment.seal_line, segment.checkpoint)
    stub, leaves = (segment.path.with_suffix(end) for end in (".pruned", ".leaves"))
    stub.write_bytes(b"".join(line + b"\n" for line in lines))
    leaves.write_bytes(segment.leaves)
    segment.path.unlink()
    for path in (stub, leaves):
        _put(path, kind)
        found = _in_time(lambda: full.verify(accept_pruned=True))
        assert found.verdict == "TAMPERED"
        assert found.reasons[0] == f"TAMPERED: `{path.name}`: it is {kind}, not a plain file"
        (path.rmdir if kind == "a folder" else path.unlink)()
        path.with_name(f".was-{path.name}").rename(path)


READERS: dict[str, Callable[[Any], Any]] = {
    "show": lambda log: list(unverified_records(log.directory)),
    "follow": lambda log: list(follow(log.directory)),
    "query": lambda log: list(scan(log.directory, Filter())),
    "leaves": lambda log: list(read_leaves(log.directory)),
    "holds": lambda log: active_holds(log.directory),
    "clock": lambda log: clock_doubt(log.directory, Clock()),
    "genesis": lambda log: genesis_line(log.directory),
    "backup": lambda log: back_up(log.directory, log.directory.with_name("copy")),
}


@kinds
@pytest.mark.parametrize("reader", READERS)
def test_no_reader_of_segments_waits_or_follows(full: Any, kind: str, reader: str) -> None:
    _put(full.segments()[0], kind)
    found = _in_time(lambda: READERS[reader](full))
    assert isinstance(found, UsageError | VerificationError | UnavailableError | OSError), found
    assert "not a plain file" in str(found)


@kinds
def test_a_writer_does_not_wait_or_follow(full: Any, kind: str) -> None:
    _put(full.segments()[-1], kind)
    found = _in_time(lambda: full.open().close())
    assert isinstance(found, UnavailableError | VerificationError)
    assert "not a plain file" in found.message


@kinds
def test_a_note_of_blobs_and_a_held_checkpoint_are_plain_files(full: Any, kind: str) -> None:
    _put(full.directory / "pruning", kind)
    assert "not a plain file" in str(_in_time(lambda: blobs_left(full.directory)))
    held = next((full.places.keys / "held").iterdir())
    _put(held, kind)
    found = _in_time(lambda: read_held(full.places.keys, "example.org/test/log"))
    assert isinstance(found, VerificationError)


@kinds
def test_the_checkpoint_that_a_scheduled_report_rests_on_is_one(
    full: Any, kind: str, tmp_path: Path
) -> None:
    _put(full.directory / "checkpoint", kind)
    month = ("2026-01-01T00:00:00.000000Z", "2026-02-01T00:00:00.000000Z")
    due, wishes = Due("SOC2", *month, overdue=False), Wishes(str(tmp_path), ("SOC2",))
    housed = Housed(str(full.directory), root=full.root)
    found = _in_time(lambda: _issue(housed, wishes, due))
    assert isinstance(found, UsageError)
    assert "not a plain file" in found.message


@kinds
def test_a_plain_file_opens_and_nothing_else(tmp_path: Path, kind: str) -> None:
    plain, other = tmp_path / "plain", tmp_path / "other"
    plain.write_bytes(b"1234")
    with open_plain(plain) as file:
        assert file.read() == b"1234"
    _put(other, kind)
    with pytest.raises(NotPlainError, match=f"it is {kind}, not a plain file"):
        open_plain(other)


def test_a_file_is_read_up_to_what_its_kind_may_have(tmp_path: Path) -> None:
    path = tmp_path / "note"
    path.write_bytes(b"1234")
    assert read_plain(path, 4) == b"1234"
    with pytest.raises(OSError, match="longer than 3 bytes"):
        read_plain(path, 3)
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "nothing", 4)


def test_a_device_is_none() -> None:
    with pytest.raises(NotPlainError, match="a device"):
        open_plain(Path("/dev/null"))


@kinds
@pytest.mark.parametrize("name", ["writer.lock", "reserve", "pruning.lock"])
def test_what_is_written_goes_nowhere_else(full: Any, kind: str, name: str) -> None:
    """A link would have the writer empty whatever it may write: the keys, for one."""
    place = full.directory / name
    place.unlink(missing_ok=True)
    _put(place, kind)
    if kind == "a link":
        place.with_name(f".was-{name}").write_bytes(b"something else")
    found = _in_time(lambda: _written(full))
    if name != "reserve":
        assert isinstance(found, UnavailableError)
        assert "not a plain file" in found.message
    if kind == "a link":
        assert place.with_name(f".was-{name}").read_bytes() == b"something else"


def _written(log: Any) -> None:
    with log.open(shared=True) as logger:
        logger.intent(REQUEST, ALLOW).outcome("success")
        prune(logger)
