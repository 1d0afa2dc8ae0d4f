"""A lock keeps others out as long as its file is open, and no longer."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UnavailableError
from wilkc.core.locks import lock_file, locked_file, take_lock
from wilkc.core.plain_files import NotPlainError

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_SECONDS = 60


def _busy(fd: int) -> UnavailableError:
    return UnavailableError(f"held by {os.pread(fd, 100, 0).decode() or 'nobody'}")


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with _opened(path) as one, _opened(path) as other:
        assert take_lock(one)
        assert take_lock(one)
        assert not take_lock(other)
        assert not take_lock(other, 0.05)
    with _opened(path) as again:
        assert take_lock(again)


def test_a_shared_lock_keeps_out_whoever_wants_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with _opened(path) as one, _opened(path) as other:
        assert take_lock(one, shared=True)
        assert take_lock(other, None, shared=True)
        assert not take_lock(other)
        assert take_lock(other, shared=True)
        os.close(os.dup(one))
        assert not take_lock(one)


def test_a_folder_can_be_locked(tmp_path: Path) -> None:
    one, other = (os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY) for _ in range(2))
    try:
        assert take_lock(one)
        assert not take_lock(other)
    finally:
        os.close(one)
        os.close(other)


@pytest.mark.parametrize("seconds", [WAIT_SECONDS, None])
def test_who_waits_gets_it_when_it_is_given_up(seconds: float | None, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = lock_file(path, _busy)
    got: list[bool] = []

    def wait() -> None:
        with _opened(path) as fd:
            got.append(take_lock(fd, seconds))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.05)
    assert got == []
    os.close(held)
    thread.join(WAIT_SECONDS)
    assert got == [True]


def test_the_refusal_may_name_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = lock_file(path, _busy)
    os.pwrite(held, b"process 1", 0)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(UnavailableError, match="held by process 1"):
        lock_file(path, _busy)
    with pytest.raises(UnavailableError, match="held by process 1"), locked_file(path, _busy):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    os.close(held)
    with locked_file(path, _busy), pytest.raises(UnavailableError):
        lock_file(path, _busy)
    with locked_file(path, _busy):
        pass
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_link_is_followed_to_what_is_locked(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "other")
    with pytest.raises(NotPlainError, match="a link"):
        lock_file(tmp_path / "lock", _busy)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotPlainError, match="a pipe"):
        lock_file(tmp_path / "pipe", _busy)
    assert not (tmp_path / "other").exists()
