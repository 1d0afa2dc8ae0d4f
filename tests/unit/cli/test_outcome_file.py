"""`--outcome FILE` where the command, or another user, has put something: see `outcome_file`."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli import outcome_file as room
from wilkc.cli.main import main
from wilkc.cli.outcome_file import outcome_file
from wilkc.core.errors import UsageError
from wilkc.runtime.sandbox.outcome import STATUS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = "{}\n"


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_is_written_and_replaced(tmp_path: Path) -> None:
    place = outcome_file(str(tmp_path / "told"))
    place.write("before")
    place.write(TEXT)
    assert (tmp_path / "told").read_text() == TEXT
    assert _names(tmp_path) == {"told"}
    mask = os.umask(0o022)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "told").stat().st_mode) == 0o666 & ~mask


def test_by_a_name_alone_it_is_written_where_the_caller_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome_file("told").write(TEXT)
    assert (tmp_path / "told").read_text() == TEXT


def test_no_link_that_the_command_left_is_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    place = outcome_file(str(tmp_path / "told"))
    (tmp_path / "told").symlink_to("kept")
    os.chmod(tmp_path, 0o777)  # noqa: PTH101, S103  # as where others may write
    place.write(TEXT)
    assert (tmp_path / "kept").read_text() == "kept"
    assert not (tmp_path / "told").is_symlink()
    assert (tmp_path / "told").read_text() == TEXT


def test_no_second_name_of_another_file_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    place = outcome_file(str(tmp_path / "told"))
    os.link(tmp_path / "kept", tmp_path / "told")
    place.write(TEXT)
    assert (tmp_path / "kept").read_text() == "kept"
    assert (tmp_path / "told").read_text() == TEXT


def test_a_pipe_that_the_command_left_is_not_waited_for(tmp_path: Path) -> None:
    place = outcome_file(str(tmp_path / "told"))
    os.mkfifo(tmp_path / "told")
    place.write(TEXT)
    assert (tmp_path / "told").read_text() == TEXT


def test_a_folder_that_the_command_left_there_stays(tmp_path: Path) -> None:
    place = outcome_file(str(tmp_path / "told"))
    (tmp_path / "told").mkdir()
    with pytest.raises(IsADirectoryError):
        place.write(TEXT)
    assert _names(tmp_path) == {"told"}


def test_the_folder_is_the_one_that_was_there_before_the_command(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    place = outcome_file(str(tmp_path / "out/told"))
    (tmp_path / "out").rename(tmp_path / "away")
    (tmp_path / "out").symlink_to("elsewhere")
    place.write(TEXT)
    assert _names(tmp_path / "elsewhere") == set()
    assert (tmp_path / "away/told").read_text() == TEXT


def _behind_a_link(top: Path) -> Path:
    (top / "elsewhere").mkdir()
    # What is root's alone is told from what others may write by the mode.
    os.chmod(top, 0o777)  # noqa: PTH101, S103
    (top / "out").symlink_to("elsewhere")
    return top / "out/told"


def _in_no_folder(top: Path) -> Path:
    return top / "none/told"


def _in_a_file(top: Path) -> Path:
    (top / "file").touch()
    return top / "file/told"


@pytest.mark.parametrize("made", [_behind_a_link, _in_no_folder, _in_a_file])
def test_it_is_refused_before_anything_runs(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    place = str(made(tmp_path))
    with pytest.raises(UsageError, match="the outcome cannot be written"):
        outcome_file(place)
    with pytest.raises(SystemExit) as ended:
        main(["run", "--policies", str(tmp_path), "--outcome", place, "a", "--", "b"])
    assert ended.value.code == STATUS["sandbox_failed"]
    assert not list(tmp_path.rglob("told"))


@pytest.mark.parametrize("path", ["/", "", "."])
def test_a_folder_is_no_place(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((UsageError, OSError)):
        outcome_file(path).write(TEXT)
    assert _names(tmp_path.parent) >= {tmp_path.name}


def test_a_link_that_only_root_can_have_put_there_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.setattr(room, "_is_roots", lambda _, **__: True)
    outcome_file(str(tmp_path / "link/told")).write(TEXT)
    assert (tmp_path / "real/told").read_text() == TEXT
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(UsageError, match="is a link"):
        outcome_file(str(tmp_path / "circle/told"))


@pytest.fixture
def of_user(tmp_path: Path) -> Path:
    """A folder of a user's in one that only root can move, and folders of root's in it."""
    if os.geteuid() != 0:
        pytest.skip("only root may give a folder away")
    (tmp_path / "target").mkdir()
    for name in ("user/mine", "user/roots"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "link").symlink_to(tmp_path / "target")
    for name in ("user", "user/mine"):
        os.chown(tmp_path / name, 1000, 1000)
    return tmp_path / "user"


def test_a_link_is_not_roots_where_another_folder_takes_its_place_between_two_looks(
    of_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, roots, away = (str(of_user / name) for name in ("mine", "roots", "away"))
    real = os.lstat

    def look(path: str, *given: Any, **named: Any) -> os.stat_result:
        found = real(path, *given, **named)
        if path == f"{mine}/link" and not os.path.lexists(away):
            os.rename(mine, away)  # noqa: PTH104
            os.rename(roots, mine)  # noqa: PTH104
        elif path == mine and os.path.lexists(away):
            os.rename(mine, roots)  # noqa: PTH104
            os.rename(away, mine)  # noqa: PTH104
        return found

    monkeypatch.setattr(os, "lstat", look)
    with pytest.raises(UsageError, match="is a link"):
        outcome_file(f"{mine}/link/told").write(TEXT)
    assert _names(of_user.parent / "target") == set()


def test_a_link_of_roots_in_what_a_user_can_move_is_not_followed(of_user: Path) -> None:
    with pytest.raises(UsageError, match="is a link"):
        outcome_file(str(of_user / "roots/link/told"))
    os.chown(of_user, 0, 0)
    outcome_file(str(of_user / "roots/link/told")).write(TEXT)
    assert _names(of_user.parent / "target") == {"told"}


def test_a_device_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not tried on one: that a test fails must not cost the host its own."""
    place = outcome_file(str(tmp_path / "null"))
    (tmp_path / "null").write_text("kept")
    device = os.stat_result((stat.S_IFCHR | 0o666, *[0] * 9))
    monkeypatch.setattr(os, "stat", lambda *_, **__: device)
    with pytest.raises(OSError, match="no plain file"):
        place.write(TEXT)
    monkeypatch.undo()
    assert (tmp_path / "null").read_text() == "kept"


def test_a_link_of_roots_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_is_roots", lambda _: True)
    (tmp_path / "told").symlink_to("kept")
    with pytest.raises(OSError, match="no plain file"):
        outcome_file(str(tmp_path / "told")).write(TEXT)
    assert (tmp_path / "told").is_symlink()


def test_what_the_caller_has_open_is_written_to(capfd: Any) -> None:
    outcome_file("/dev/stdout").write("out")
    outcome_file("/dev/stderr").write("err")
    read, write = os.pipe()
    outcome_file(f"/dev/fd/{write}").write("pipe")
    os.close(write)
    assert os.read(read, 9) == b"pipe"
    os.close(read)
    assert tuple(capfd.readouterr()) == ("out", "err")
    with pytest.raises(UsageError, match="Bad file descriptor"):
        outcome_file(f"/dev/fd/{write}")
