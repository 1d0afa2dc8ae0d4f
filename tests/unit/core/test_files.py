"""A file is replaced as a whole, or stays as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from unittest.mock import Mock

import pytest

from wilkc.core.files import Durable, create_file, replace_file


@pytest.mark.parametrize("umask", [0, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_the_mode_is_the_one_asked_for(tmp_path: Path, mode: int, umask: int) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    file.chmod(0o640)
    before = os.umask(umask)
    try:
        replace_file(file, b"new", mode=mode, durable="no")
    finally:
        os.umask(before)
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [file]


def test_a_name_may_be_as_long_as_any(tmp_path: Path) -> None:
    file = tmp_path / ("n" * os.pathconf(tmp_path, "PC_NAME_MAX"))
    replace_file(file, b"new", mode=0o600, durable="name")
    assert file.read_bytes() == b"new"


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"kept")
    (tmp_path / "link").symlink_to(kept)
    replace_file(tmp_path / "link", b"new", mode=0o600, durable="no")
    assert kept.read_bytes() == b"kept"
    assert (tmp_path / "link").read_bytes() == b"new"
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("os.fchmod", OSError(1, "not ours")),
        ("os.fsync", OSError(28, "full")),
        ("os.fsync", KeyboardInterrupt()),
        ("pathlib.Path.replace", OSError(1, "not ours")),
    ],
    ids=["chmod", "sync", "signal", "rename"],
)
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, fault: BaseException
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    monkeypatch.setattr(call, Mock(side_effect=fault))
    with pytest.raises(type(fault)):
        replace_file(file, b"new", mode=0o600, durable="name")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("place", ["missing/a", ".", "folder"])
def test_what_cannot_be_a_file_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"\[Errno"):
        replace_file(tmp_path / place, b"new", mode=0o600, durable="no")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


@pytest.mark.parametrize(
    ("durable", "wanted"),
    [
        ("name", ["sync file", "rename", "sync folder"]),
        ("content", ["sync file", "rename"]),
        ("no", ["rename"]),
    ],
)
def test_what_is_waited_for_in_which_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: Durable, wanted: list[str]
) -> None:
    done: list[str] = []
    rename = Path.replace

    def sync(fd: int) -> None:
        done.append(f"sync {'folder' if stat.S_ISDIR(os.fstat(fd).st_mode) else 'file'}")

    def replace(self: Path, target: Path) -> Path:
        assert self.read_bytes() == b"new"
        done.append("rename")
        return rename(self, target)

    monkeypatch.setattr("os.fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    replace_file(tmp_path / "a", b"new", mode=0o600, durable=durable)
    assert done == wanted


def test_a_file_is_made_whole_and_closed(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_file(tmp_path / "a", b"new", mode=0o600)
    finally:
        os.umask(before)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_what_is_there_already_stays(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "a"
    if kind == "file":
        place.write_bytes(b"old")
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(tmp_path / "nowhere")
    before = place.lstat()
    with pytest.raises(FileExistsError):
        create_file(place, b"new", mode=0o600)
    assert place.lstat().st_ino == before.st_ino
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize(
    ("call", "fault"),
    [("os.fsync", OSError(28, "full")), ("os.link", KeyboardInterrupt())],
    ids=["sync", "signal"],
)
def test_a_file_that_could_not_be_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, fault: BaseException
) -> None:
    monkeypatch.setattr(call, Mock(side_effect=fault))
    with pytest.raises(type(fault)):
        create_file(tmp_path / "a", b"new", mode=0o600)
    assert list(tmp_path.iterdir()) == []


def test_a_file_has_its_name_when_its_content_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    link = os.link

    def sync(fd: int) -> None:
        done.append(f"sync {'folder' if stat.S_ISDIR(os.fstat(fd).st_mode) else 'file'}")

    def linking(source: Path, target: Path) -> None:
        done.append("link")
        link(source, target)

    monkeypatch.setattr("os.fsync", sync)
    monkeypatch.setattr("os.link", linking)
    create_file(tmp_path / "a", b"new", mode=0o600)
    assert done == ["sync file", "link", "sync folder"]
