"""What root does among a user's files: nothing that the user could not have done alone."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.sandbox.identity import Identity
from wilkc.runtime.sandbox.quarantine import QUARANTINE, Quarantine
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.resolve import make_missing, remove_made

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = Identity(65534, 65534, None, drop=True)
OTHER = Identity(65533, 65533, None, drop=True)


@pytest.fixture(autouse=True)
def _root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root could give something away")


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder of root's that everybody may enter; those of pytest are closed."""
    path = Path(tempfile.mkdtemp(prefix="wilk-acting-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def users(top: Path) -> Path:
    """A folder of the user's, with one of root's in it that the user can move about."""
    path = top / "users"
    (path / "roots").mkdir(parents=True, mode=0o755)
    (path / "roots/secret").write_text("root's")
    (path / "roots/empty").touch()
    os.chown(path, NOBODY.uid, NOBODY.gid)
    return path


def _make(path: Path, *, directory: bool = True, owner: Identity = NOBODY) -> list[str]:
    who = {"uid": owner.uid, "gid": owner.gid}
    return make_missing(str(path), lambda _: None, directory=directory, **who)


def _swap_what_is_made(users: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a folder of root's in the place of each that is made, before anybody opens it."""
    real = os.mkdir

    def raced(name: Any, *more: Any, **how: Any) -> None:
        real(name, *more, **how)
        (users / "out").rename(users / "away")
        (users / "roots").rename(users / "out")

    monkeypatch.setattr(os, "mkdir", raced)


def _belongs_to(path: Path, uid: int) -> bool:
    return path.lstat().st_uid == uid


def test_what_takes_the_place_of_a_made_directory_is_not_given_away(
    users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _swap_what_is_made(users, monkeypatch)
    _make(users / "out")
    monkeypatch.undo()
    assert (users / "out/secret").exists()
    assert _belongs_to(users / "out", 0)


def test_what_a_user_may_make_is_made_by_its_rights(users: Path) -> None:
    assert _make(users / "a/b", directory=False) == [f"{users}/a", f"{users}/a/b"]
    assert _belongs_to(users / "a", NOBODY.uid)
    assert _belongs_to(users / "a/b", NOBODY.uid)
    assert remove_made([f"{users}/a", f"{users}/a/b"], (NOBODY.uid, NOBODY.gid)) == []
    assert not (users / "a").exists()


@pytest.mark.parametrize("directory", [True, False])
def test_nothing_is_made_in_a_folder_of_roots_that_could_have_been_moved(
    users: Path, *, directory: bool
) -> None:
    with pytest.raises(SandboxRefusedError, match="cannot be mounted"):
        _make(users / "roots/out", directory=directory)
    assert not (users / "roots/out").exists()


@pytest.mark.parametrize("directory", [True, False])
def test_in_a_folder_that_only_root_could_move_it_is_made_and_given(
    top: Path, *, directory: bool
) -> None:
    _make(top / "out/in", directory=directory)
    assert _belongs_to(top / "out", NOBODY.uid)
    assert _belongs_to(top / "out/in", NOBODY.uid)
    assert remove_made([f"{top}/out", f"{top}/out/in"]) == []
    assert not (top / "out").exists()


def test_nothing_is_made_by_root_where_others_write(top: Path) -> None:
    """Root's, and of a group that whom the command runs as is not in."""
    (top / "shared").mkdir()
    (top / "shared").chmod(0o775)
    with pytest.raises(SandboxRefusedError, match="in another's place"):
        _make(top / "shared/out")
    assert list((top / "shared").iterdir()) == []


def test_in_a_folder_of_somebody_else_it_is_made_by_its_owner(users: Path) -> None:
    _make(users / "out", owner=OTHER)
    assert _belongs_to(users / "out", OTHER.uid)


def test_what_takes_its_place_there_is_not_given_away_either(
    users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _swap_what_is_made(users, monkeypatch)
    with pytest.raises(SandboxRefusedError, match="in another's place"):
        _make(users / "out", owner=OTHER)
    monkeypatch.undo()
    assert _belongs_to(users / "out", 0)


@pytest.mark.parametrize("owner", [None, (NOBODY.uid, NOBODY.gid)])
def test_nothing_of_roots_is_removed_that_was_moved_into_the_way(
    users: Path, owner: tuple[int, int] | None
) -> None:
    (users / "roots").rename(users / "out")
    assert remove_made([f"{users}/out", f"{users}/out/empty"], owner) != []
    assert (users / "out/empty").exists()


@pytest.mark.parametrize("owner", [None, (NOBODY.uid, NOBODY.gid)])
def test_what_was_made_is_removed_where_the_command_closed_its_folder(
    users: Path, owner: tuple[int, int] | None
) -> None:
    _make(users / "out/in")
    (users / "out").chmod(0o500)
    assert remove_made([f"{users}/out", f"{users}/out/in"], owner) == []
    assert not (users / "out").exists()


def test_nothing_of_roots_goes_to_quarantine(users: Path) -> None:
    (users / "roots").rename(users / "out")
    quarantine = Quarantine("l" * 8, NOBODY)
    assert quarantine.move(f"{users}/out/secret", f"{users}/out") != ""
    quarantine.close()
    assert (users / "out/secret").read_text() == "root's"


def test_a_quarantine_that_was_there_is_not_given_away(users: Path) -> None:
    (users / "roots").rename(users / QUARANTINE)
    _make(users / "out/denied", directory=False)
    quarantine = Quarantine("l" * 8, NOBODY)
    # Another one is made where it lies.
    assert quarantine.move(f"{users}/out/denied", f"{users}/out") == ""
    quarantine.close()
    assert _belongs_to(users / QUARANTINE, 0)
    assert {path.name for path in (users / QUARANTINE).iterdir()} == {"secret", "empty"}
    assert (users / "out" / QUARANTINE / ("l" * 8) / "0000-denied").exists()


def test_what_is_denied_goes_to_quarantine(users: Path) -> None:
    _make(users / "out/denied", directory=False)
    quarantine = Quarantine("l" * 8, NOBODY)
    assert quarantine.move(f"{users}/out/denied", f"{users}/out") == ""
    quarantine.close()
    moved = users / QUARANTINE / ("l" * 8)
    assert _belongs_to(moved, NOBODY.uid)
    assert moved.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in moved.iterdir()] == ["0000-denied"]


def test_commands_of_two_users_have_each_their_own_quarantine(top: Path) -> None:
    for identity, name in ((NOBODY, "a"), (OTHER, "b")):
        _make(top / name / "denied", directory=False, owner=identity)
        quarantine = Quarantine(name * 8, identity)
        assert quarantine.move(f"{top}/{name}/denied", f"{top}/{name}") == ""
        quarantine.close()
    assert _belongs_to(top / QUARANTINE, 0)
    assert _belongs_to(top / QUARANTINE / ("a" * 8), NOBODY.uid)
    assert _belongs_to(top / QUARANTINE / ("b" * 8), OTHER.uid)


def test_what_the_command_changed_in_a_folder_of_roots_is_moved_by_root(top: Path) -> None:
    (top / "out").mkdir()
    (top / "out/open").write_text("changed")
    quarantine = Quarantine("l" * 8, NOBODY)
    assert quarantine.move(f"{top}/out/open", f"{top}/out") == ""
    quarantine.close()
    assert not (top / "out/open").exists()


def test_somebody_elses_place_in_quarantine_is_not_used(users: Path) -> None:
    _make(users / "out/denied", directory=False)
    place = users / QUARANTINE / ("l" * 8)
    place.mkdir(parents=True)
    quarantine = Quarantine("l" * 8, NOBODY)
    assert quarantine.move(f"{users}/out/denied", f"{users}/out") == ""
    quarantine.close()
    assert list(place.iterdir()) == []
    assert (users / "out" / QUARANTINE / ("l" * 8) / "0000-denied").exists()
