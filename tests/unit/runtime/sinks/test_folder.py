"""Shipping to a second folder: what arrives, what is refused, and what a crash leaves."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, REQUEST, FaultyDisk, make_log
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.disk import Disk
from wilkc.runtime.sinks import FolderSink, check, kept_elsewhere, ship
from wilkc.runtime.sinks.receipts import load_receipts, receipts_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.runtime.sinks.conftest import Cargo

EVERYTHING = 10_000


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _change(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def test_closed_segments_their_blobs_and_the_checkpoint_arrive(cargo: Cargo) -> None:
    found = cargo.ship()
    segments = cargo.log.segments()
    assert found.segments == len(segments) - 1 == 2
    for path in segments[:-1]:
        copy = cargo.place / path.name
        assert copy.read_bytes() == path.read_bytes()
        assert copy.stat().st_mode & 0o777 == 0o444
    names = _names(cargo.place)
    assert segments[-1].name not in names
    assert sum(name.startswith("blobs/") for name in names) == 2
    verified = cargo.log.verify()
    assert f"checkpoints/{verified.covered:020d}" in names
    assert found.checkpoint == verified.covered
    assert cargo.log.verify((cargo.place / f"checkpoints/{found.checkpoint:020d}").read_text()).ok


def test_a_second_run_ships_what_is_new(cargo: Cargo) -> None:
    first = cargo.ship()
    assert cargo.ship().segments == 0
    cargo.add()
    again = cargo.ship()
    assert (again.segments, again.size > first.size) == (1, True)
    assert check(FolderSink(cargo.place), cargo.receipts, cargo.log.root).size == again.size


def test_receipts_say_how_much_of_the_log_is_elsewhere(cargo: Cargo, tmp_path: Path) -> None:
    assert kept_elsewhere(cargo.receipts) == 0
    size = cargo.ship().size
    assert kept_elsewhere(cargo.receipts) == size
    other = tmp_path / "third"
    other.mkdir()
    cargo.add()
    assert cargo.ship(FolderSink(other)).size > size
    assert kept_elsewhere(cargo.receipts) == size


def test_a_damaged_receipt_lets_nothing_go(cargo: Cargo) -> None:
    cargo.ship()
    path = receipts_path(cargo.receipts, str(cargo.place))
    path.write_bytes(b"{}")
    with pytest.raises(VerificationError, match="damaged"):
        kept_elsewhere(cargo.receipts)
    with pytest.raises(VerificationError, match="damaged"):
        cargo.ship()


def test_receipts_of_another_sink_are_refused(cargo: Cargo, tmp_path: Path) -> None:
    cargo.ship()
    other = tmp_path / "third"
    other.mkdir()
    path = receipts_path(cargo.receipts, str(cargo.place))
    path.rename(receipts_path(cargo.receipts, str(other)))
    with pytest.raises(VerificationError, match="another sink"):
        cargo.ship(FolderSink(other))


@pytest.mark.parametrize("place", range(6))
def test_a_local_segment_that_was_changed_is_not_shipped(place: int, cargo: Cargo) -> None:
    path = cargo.log.segments()[0]
    data = bytearray(path.read_bytes())
    data[len(data) * place // 6 + 40] ^= 1
    _change(path, bytes(data))
    with pytest.raises(VerificationError):
        cargo.ship()
    assert _names(cargo.place) == []


@pytest.mark.parametrize("cut", [1, 200, EVERYTHING])
def test_a_local_segment_that_was_cut_is_not_shipped(cut: int, cargo: Cargo) -> None:
    path = cargo.log.segments()[0]
    _change(path, path.read_bytes()[:-cut])
    with pytest.raises(VerificationError):
        cargo.ship()
    assert [name for name in _names(cargo.place) if name.startswith("seg-")] == []


def test_another_log_in_the_place_of_the_first_is_refused(cargo: Cargo, tmp_path: Path) -> None:
    cargo.ship()
    other = make_log(tmp_path / "other")
    with other.open() as logger:
        for _ in range(4):
            logger.roll()
    with pytest.raises(VerificationError):
        ship(other.directory, FolderSink(cargo.place), cargo.receipts, other.root)


def test_another_root_key_does_not_vouch(cargo: Cargo, tmp_path: Path) -> None:
    other = make_log(tmp_path / "other")
    with pytest.raises(VerificationError, match="does not certify"):
        ship(cargo.log.directory, FolderSink(cargo.place), cargo.receipts, other.root)
    assert _names(cargo.place) == []


def test_a_log_without_its_beginning_cannot_be_shipped_anew(cargo: Cargo) -> None:
    cargo.log.segments()[0].unlink()
    with pytest.raises(VerificationError, match="not certified by the root key"):
        cargo.ship()
    assert _names(cargo.place) == []


def test_what_was_shipped_before_may_be_gone_here(cargo: Cargo) -> None:
    cargo.ship()
    cargo.log.segments()[0].unlink()
    with_more = cargo.log.segments()
    assert len(with_more) == 2
    assert cargo.ship().segments == 0


def test_a_checkpoint_that_went_back_is_refused(cargo: Cargo) -> None:
    early = cargo.log.checkpoint
    cargo.add()
    cargo.ship()
    (cargo.log.directory / "checkpoint").write_text(early)
    with pytest.raises(VerificationError, match="less than the sink has"):
        cargo.ship()


def test_something_else_by_the_same_name_is_never_replaced(cargo: Cargo) -> None:
    path = cargo.place / cargo.log.segments()[0].name
    path.write_bytes(b"something else")
    with pytest.raises(VerificationError, match="holds something else"):
        cargo.ship()
    assert path.read_bytes() == b"something else"
    assert load_receipts(cargo.receipts, str(cargo.place)).segments == ()


@pytest.mark.parametrize("kind", ["segment", "blob", "gone", "blob gone"])
def test_check_finds_what_was_changed_at_the_receiver(kind: str, cargo: Cargo) -> None:
    cargo.ship()
    blob = next((cargo.place / "blobs").rglob("*/*"))
    path = blob if "blob" in kind else cargo.place / cargo.log.segments()[1].name
    if "gone" in kind:
        path.unlink()
    else:
        data = path.read_bytes()
        _change(path, data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    with pytest.raises((VerificationError, UnavailableError)):
        check(FolderSink(cargo.place), cargo.receipts, cargo.log.root)


class Lying(FolderSink):
    """Says that it keeps what it does not."""

    def __init__(self, folder: Path, lie: Callable[[bytes], bytes]) -> None:
        super().__init__(folder)
        self._lie = lie

    def put(self, key: str, path: Path, sha256: str) -> None:
        super().put(key, path, sha256)
        if key.startswith("seg-"):
            target = self._folder / key
            _change(target, self._lie(target.read_bytes()))


@pytest.mark.parametrize(
    "lie", [lambda _: b"", lambda data: data[:-1], lambda data: data.replace(b"allow", b"Allow")]
)
def test_a_sink_that_does_not_have_it_gives_no_receipt(
    lie: Callable[[bytes], bytes], cargo: Cargo
) -> None:
    with pytest.raises(VerificationError):
        cargo.ship(Lying(cargo.place, lie))
    assert kept_elsewhere(cargo.receipts) == 0


@pytest.mark.parametrize("call", ["open", "write", "sync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_leaves_no_part_and_gives_no_receipt(
    call: str, code: int, cargo: Cargo
) -> None:
    disk = FaultyDisk()
    disk.break_at(call, code, skip=1)  # a blob arrives, the segment does not
    with pytest.raises(UnavailableError, match="cannot write"):
        cargo.ship(FolderSink(cargo.place, disk))
    assert all(name.startswith("blobs/") for name in _names(cargo.place))
    assert not [name for name in _names(cargo.place) if ".tmp-" in name]
    assert kept_elsewhere(cargo.receipts) == 0
    disk.mend()
    assert cargo.ship(FolderSink(cargo.place, disk)).segments == 2


@pytest.fixture
def tiny(tmp_path: Path, require: Callable[[str, str], None]) -> Iterator[Path]:
    """A file system of 64 KiB."""
    if os.geteuid() != 0:
        require("root", "only root can mount a small file system")
    place = tmp_path / "tiny"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "wilk-test", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        require("mount", f"a small file system cannot be mounted: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_on_the_sink_loses_nothing_and_stops_nobody(tiny: Path, cargo: Cargo) -> None:
    filler = tiny / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096) == 4096:
            pass
    with pytest.raises(UnavailableError, match="cannot write"):
        cargo.ship(FolderSink(tiny))
    assert [name for name in _names(tiny) if name != "filler"] == []
    cargo.add()  # decisions go on
    assert cargo.log.verify().ok
    assert kept_elsewhere(cargo.receipts) == 0


class Killed(BaseException):
    """The process is gone."""


class Deadly(Disk):
    """Dies at the nth rename, before or after it took effect."""

    def __init__(self, calls: int, *, after: bool) -> None:
        self.left = calls
        self.after = after

    def replace(self, source: Path, target: Path) -> None:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        super().replace(source, target)
        if self.left == 0:
            raise Killed


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", range(1, 9))
def test_killed_between_any_two_steps_it_goes_on(calls: int, after: bool, cargo: Cargo) -> None:
    disk = Deadly(calls, after=after)
    with suppress(Killed):
        ship(
            cargo.log.directory,
            FolderSink(cargo.place, disk),
            cargo.receipts,
            cargo.log.root,
            disk,
        )
    assert kept_elsewhere(cargo.receipts) <= cargo.ship().size
    found = check(FolderSink(cargo.place), cargo.receipts, cargo.log.root)
    assert found.size == int(cargo.log.segments()[-1].stem.removeprefix("seg-"))


class Hung(FolderSink):
    """Never answers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked = threading.Event()
        self.release = threading.Event()

    def put(self, key: str, path: Path, sha256: str) -> None:
        self.asked.set()
        self.release.wait()
        super().put(key, path, sha256)

    @contextmanager
    def read(self, key: str, most: int) -> Iterator[BinaryIO]:
        with super().read(key, most) as file:
            yield file


def test_sink_hang_never_blocks_decision(cargo: Cargo) -> None:
    sink = Hung(cargo.place)
    thread = threading.Thread(target=cargo.ship, args=(sink,))
    thread.start()
    try:
        assert sink.asked.wait(60)
        started = time.monotonic()
        with cargo.log.open() as logger:
            for _ in range(20):
                logger.intent(REQUEST, ALLOW).outcome("success")
            logger.roll()
        assert time.monotonic() - started < 60
        assert not sink.release.is_set()
        assert thread.is_alive()
    finally:
        sink.release.set()
        thread.join(60)
    assert cargo.ship().segments == 1
    assert cargo.log.verify().ok


def test_two_at_once_are_refused(cargo: Cargo) -> None:
    sink = Hung(cargo.place)
    thread = threading.Thread(target=cargo.ship, args=(sink,))
    thread.start()
    try:
        assert sink.asked.wait(60)
        with pytest.raises(UnavailableError, match="another process is shipping"):
            cargo.ship()
    finally:
        sink.release.set()
        thread.join(60)


def test_a_disk_that_is_not_mounted_is_no_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        FolderSink(tmp_path / "none")


def test_a_segment_after_a_write_error_goes_on_with_the_key(cargo: Cargo) -> None:
    """It has no seal, and what follows it is of the kind `recovered`."""
    with cargo.log.open() as logger:
        cargo.log.disk.break_at("datasync", errno.EIO)
        with pytest.raises(UnavailableError):
            logger.intent(REQUEST, ALLOW)
        cargo.log.disk.mend()
        logger.intent(REQUEST, ALLOW).outcome("success")
    cargo.add()
    headers = [
        one["action"]["details"]["kind"]
        for one in cargo.log.records()
        if one["action"]["type"] == "system.header"
    ]
    assert "recovered" in headers
    assert cargo.ship().segments == len(cargo.log.segments()) - 1
    assert check(FolderSink(cargo.place), cargo.receipts, cargo.log.root).segments == 0
