"""The place that launches are tried in: nothing stays of it, whenever a signal ends the process."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.host.trial import NOBODY, trial

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own directory for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def only_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives it to somebody else")


def _give(fd: int) -> None:
    if os.geteuid() == 0:
        os.fchown(fd, NOBODY, NOBODY)


def _ends_after(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """The first call does what it should, and a signal comes before its caller goes on."""
    real, calls = getattr(owner, name), []

    def called(*words: Any, **options: Any) -> Any:
        result = real(*words, **options)
        calls.append(result)
        if len(calls) == 1:
            raise SystemExit(143)
        return result

    monkeypatch.setattr(owner, name, called)


def test_files_are_there_for_a_moment(temporary: Path) -> None:
    with trial() as place:
        assert (place.path / "src").is_dir()
        assert place.path.parent == temporary.resolve()
    assert list(temporary.iterdir()) == []


def test_a_signal_right_after_it_was_made_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ends_after(monkeypatch, type(temporary), "mkdir")
    with pytest.raises(SystemExit), trial():
        pass
    monkeypatch.undo()
    assert list(temporary.iterdir()) == []


def test_a_signal_while_it_is_removed_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(here: int) -> None:
        os.rename("src", "half", src_dir_fd=here, dst_dir_fd=here)
        monkeypatch.undo()
        raise SystemExit(143)

    monkeypatch.setattr("wilkc.runtime.host.trial.remove_below", ended)
    with pytest.raises(SystemExit), trial():
        pass
    assert list(temporary.iterdir()) == []


def test_a_depth_that_no_way_leads_to_leaves_nothing(temporary: Path) -> None:
    with trial() as place:
        here = os.open(place.path / "out", os.O_RDONLY)
        for _ in range(3000):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            _give(below)
            os.close(here)
            here = below
        os.close(here)
    assert list(temporary.iterdir()) == []


def test_it_is_given_away_while_nobody_else_can_enter_it(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, only_root: None
) -> None:
    """Else whoever it is given to puts a link to a file of root's in the place of the next one."""
    del only_root
    seen: set[tuple[int, int]] = set()
    real = os.chown

    def chown(path: Path, *who: int, **how: bool) -> None:
        (top,) = temporary.iterdir()
        assert path != top
        status = top.stat()
        seen.add((status.st_uid, status.st_mode & 0o777))
        assert how == {"follow_symlinks": False}
        real(path, *who, **how)

    monkeypatch.setattr(os, "chown", chown)
    with trial() as place:
        assert place.path.stat().st_uid == (place.path / "src/readable").stat().st_uid == NOBODY
    assert seen == {(0, 0o700)}


@pytest.mark.parametrize("mode", [0o700, 0o1777])
def test_there_is_none_where_others_could_move_it(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, only_root: None, mode: int
) -> None:
    del only_root
    users = temporary / "users"
    users.mkdir()
    users.chmod(mode)
    os.chown(users, NOBODY, NOBODY)
    monkeypatch.setattr(tempfile, "tempdir", str(users))
    with pytest.raises(PermissionError, match="others could move"), trial():
        pass
    assert list(users.iterdir()) == []


def test_nothing_of_roots_is_removed_that_was_moved_into_it(
    temporary: Path, only_root: None
) -> None:
    del only_root
    users = temporary / "users"
    (users / "roots").mkdir(parents=True)
    (users / "roots/file").write_text("root's")
    os.chown(users, NOBODY, NOBODY)
    with pytest.raises(PermissionError), trial() as place:
        users.rename(place.path / "out/users")
    assert [one.read_text() for one in temporary.rglob("file")] == ["root's"]
