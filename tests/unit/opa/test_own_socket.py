"""A socket that was removed or replaced is noticed; one that is still coming is waited for."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from wilkc.opa.own_socket import OwnSocket

if TYPE_CHECKING:
    from pathlib import Path


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    return listener


def test_the_own_socket_is_not_lost(short_folder: Path) -> None:
    path = short_folder / "s"
    own = OwnSocket(path, lambda: True, seconds=60)
    with _listen(path):
        assert [own.lost(0) for _ in range(3)] == [False] * 3


def test_one_that_was_removed_is_lost(short_folder: Path) -> None:
    path = short_folder / "s"
    own = OwnSocket(path, lambda: True, seconds=60)
    with _listen(path):
        assert not own.lost(0)
        path.unlink()
        assert own.lost(0)


def test_one_in_whose_place_another_stands_is_lost(short_folder: Path) -> None:
    path = short_folder / "s"
    own = OwnSocket(path, lambda: True, seconds=60)
    with _listen(path):
        assert not own.lost(0)
        path.rename(short_folder / "aside")
        with _listen(path):
            assert own.lost(0)


def test_the_next_run_has_a_socket_of_its_own(short_folder: Path) -> None:
    path = short_folder / "s"
    answering = [True, False, True]
    own = OwnSocket(path, lambda: answering.pop(0), seconds=60)
    with _listen(path):
        assert not own.lost(0)
        # What the run before left does not answer, and is not taken for the new one's.
        assert not own.lost(1)
        path.rename(short_folder / "aside")
        with _listen(path):
            assert not own.lost(1)
            assert not own.lost(1)


@pytest.mark.parametrize(("seconds", "lost"), [(60, False), (-1, True)])
def test_one_that_never_comes_is_lost_in_the_end(
    short_folder: Path, seconds: float, lost: bool
) -> None:
    own = OwnSocket(short_folder / "s", lambda: True, seconds=seconds)
    assert own.lost(0) is lost
