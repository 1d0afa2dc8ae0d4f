"""One sidecar in one folder, and nothing left of it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.opa.announcement import Announced, announce
from wilkc.opa.run_folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_is_made_closed_and_removed(short_folder: Path) -> None:
    socket = short_folder / "new" / "run" / "opa.sock"
    with RunFolder(socket) as folder:
        folder.write(b"{}")
        announce(folder.socket, ["r1"])
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in socket.parent.iterdir()}
        assert modes == {"opa.json": 0o600, "authz.rego": 0o600, "opa.sock.revisions": 0o600}
    assert not socket.parent.exists()


def test_a_temporary_folder_is_removed() -> None:
    with RunFolder() as folder:
        folder.write(b"{}")
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert not folder.path.exists()


def test_a_folder_with_other_files_is_kept(short_folder: Path) -> None:
    (short_folder / "mine").write_text("mine")
    with RunFolder(short_folder / "opa.sock") as folder:
        folder.write(b"{}")
    assert [one.name for one in short_folder.iterdir()] == ["mine"]


def test_two_at_a_time_are_refused(short_folder: Path) -> None:
    socket = short_folder / "opa.sock"
    with RunFolder(socket) as folder:
        folder.write(b"{}")
        with (
            pytest.raises(UnavailableError, match="another sidecar runs"),
            RunFolder(short_folder / "other.sock"),
        ):
            pass
        assert (short_folder / "opa.json").exists()
    with RunFolder(socket):
        pass


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o710, 0o777])
def test_a_folder_open_to_others_is_refused(short_folder: Path, mode: int) -> None:
    short_folder.chmod(mode)
    with pytest.raises(UsageError, match="open to others"), RunFolder(short_folder / "opa.sock"):
        pass


def test_what_is_no_socket_is_not_removed(short_folder: Path) -> None:
    (short_folder / "opa.sock").write_text("mine")
    with pytest.raises(UsageError, match="is no socket"), RunFolder(short_folder / "opa.sock"):
        pass
    assert (short_folder / "opa.sock").read_text() == "mine"


@pytest.mark.parametrize("name", ["a b", "a?b", "opa.json", "authz.rego", "health.sock", ".x", "ä"])
def test_odd_names_are_refused(short_folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a socket"), RunFolder(short_folder / name):
        pass


def test_a_long_path_is_refused(short_folder: Path) -> None:
    with pytest.raises(UsageError, match="107 bytes"), RunFolder(short_folder / ("x" * 99) / "s"):
        pass


def test_a_folder_that_cannot_be_made_is_refused(short_folder: Path) -> None:
    (short_folder / "file").write_text("")
    with (
        pytest.raises(UsageError, match="cannot make"),
        RunFolder(short_folder / "file" / "r" / "s"),
    ):
        pass


def test_announcements_are_read_again_when_they_change(short_folder: Path) -> None:
    socket = short_folder / "opa.sock"
    announced = Announced(socket)
    assert not announced.knows("r1")
    announce(socket, ["r1"])
    assert announced.knows("r1")
    announce(socket, ["r1", "r2"])
    assert announced.knows("r2")
    announce(socket, ["r2"])
    assert not announced.knows("r1")
    (short_folder / "opa.sock.revisions").unlink()
    assert not announced.knows("r2")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"revisions":"r1"}', b'{"revisions":[1]}']
)
def test_odd_announcements_announce_nothing(short_folder: Path, content: bytes) -> None:
    announced = Announced(short_folder / "opa.sock")
    (short_folder / "opa.sock.revisions").write_bytes(content)
    assert not announced.knows("r1")
    assert not announced.knows("")
