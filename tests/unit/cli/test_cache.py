"""The cache folder: what it keeps, what it does not believe, and whom it refuses."""

from __future__ import annotations

import contextlib
import os
import resource
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.cache import KEPT_DAYS, CacheFolder
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY, OTHER = "a" * 64, "b" * 64
DAY = 86_400


@dataclass
class Opened:
    """A folder, and what was warned of."""

    path: Path
    warned: list[str] = field(default_factory=list)

    def folder(self) -> CacheFolder:
        return CacheFolder(self.path, self.warned.append)

    def put(self, key: str, data: bytes) -> None:
        with self.folder() as cache:
            cache.put(key, data)

    def get(self, key: str) -> bytes | None:
        with self.folder() as cache:
            return cache.get(key)

    def entry(self, key: str) -> Path:
        return self.path / f"{key}.wilk"

    def aged(self, name: str, days: float) -> Path:
        """A file that was last used so long ago; the sweep is due."""
        path = self.path / name
        path.touch()
        then = path.stat().st_mtime - days * DAY
        os.utime(path, (then, then))
        with contextlib.suppress(FileNotFoundError):
            (self.path / "swept").unlink()
        return path


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path / "over" / "there")


@pytest.mark.parametrize("data", [b"", b"\n", b"x" * 100_000, bytes(range(256))])
def test_what_was_put_is_got(opened: Opened, data: bytes) -> None:
    opened.put(KEY, data)
    assert opened.get(KEY) == data
    assert opened.get(OTHER) is None
    assert opened.warned == []


def test_the_folder_and_its_entries_are_the_users_alone(opened: Opened) -> None:
    before = os.umask(0)
    try:
        opened.put(KEY, b"x")
    finally:
        os.umask(before)
    assert opened.path.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in opened.path.iterdir()} == {0o600}


def test_what_is_put_again_replaces(opened: Opened) -> None:
    opened.put(KEY, b"one")
    opened.put(KEY, b"two")
    assert opened.get(KEY) == b"two"
    assert {path.name for path in opened.path.iterdir()} == {f"{KEY}.wilk", "swept"}


def test_every_damage_counts_as_not_kept(opened: Opened) -> None:
    opened.put(KEY, b"words")
    whole = opened.entry(KEY).read_bytes()
    for place in range(len(whole)):
        flipped = bytes((whole[place] ^ 1,))
        for damaged in (whole[:place], whole[:place] + flipped + whole[place + 1 :]):
            opened.entry(KEY).write_bytes(damaged)
            assert opened.get(KEY) is None
    opened.entry(KEY).write_bytes(whole + b"!")
    assert opened.get(KEY) is None
    opened.entry(KEY).write_bytes(whole)
    assert opened.get(KEY) == b"words"


def test_a_swapped_entry_counts_as_not_kept(opened: Opened) -> None:
    opened.put(KEY, b"words")
    opened.entry(KEY).rename(opened.entry(OTHER))
    assert opened.get(OTHER) is None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_an_entry_that_others_can_write_is_not_believed(opened: Opened, mode: int) -> None:
    opened.put(KEY, b"words")
    opened.entry(KEY).chmod(mode)
    assert opened.get(KEY) is None
    opened.entry(KEY).chmod(0o644)
    assert opened.get(KEY) == b"words"


def test_an_entry_that_is_no_plain_file_is_not_believed(opened: Opened, tmp_path: Path) -> None:
    opened.put(KEY, b"words")
    elsewhere = tmp_path / "elsewhere"
    opened.entry(KEY).rename(elsewhere)
    opened.entry(KEY).symlink_to(elsewhere)
    assert opened.get(KEY) is None
    opened.entry(KEY).unlink()
    # A pipe that nobody writes into must not hold up the build either.
    os.mkfifo(opened.entry(KEY))
    assert opened.get(KEY) is None
    opened.put(KEY, b"new")
    assert opened.get(KEY) == b"new"


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(UsageError, match="others can write in it"), Opened(tmp_path).folder():
        pass
    tmp_path.chmod(0o755)
    Opened(tmp_path).put(KEY, b"x")


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    with pytest.raises(UsageError, match="is another user's"), Opened(tmp_path).folder():
        pass


def test_a_link_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir(mode=0o700)
    shared.mkdir()
    shared.chmod(0o777)
    (tmp_path / "one").symlink_to(own)
    (tmp_path / "two").symlink_to(shared)
    Opened(tmp_path / "one").put(KEY, b"x")
    assert Opened(own).get(KEY) == b"x"
    with pytest.raises(UsageError), Opened(tmp_path / "two").folder():
        pass


def test_a_folder_that_is_exchanged_later_is_not_followed(opened: Opened, tmp_path: Path) -> None:
    with opened.folder() as cache:
        opened.path.rename(tmp_path / "moved")
        opened.path.mkdir(mode=0o777)
        cache.put(KEY, b"x")
        assert cache.get(KEY) == b"x"
    assert list(opened.path.iterdir()) == []
    assert Opened(tmp_path / "moved").get(KEY) == b"x"


def test_a_place_where_no_folder_can_be_warns_once_and_keeps_nothing(opened: Opened) -> None:
    opened.path.parent.mkdir()
    opened.path.write_text("in the way")
    with opened.folder() as cache:
        cache.put(KEY, b"x")
        assert cache.get(KEY) is None
    assert len(opened.warned) == 1
    assert "nothing is kept in the cache folder" in opened.warned[0]
    assert opened.path.read_text() == "in the way"


@contextlib.contextmanager
def _little_space(size: int) -> Iterator[None]:
    """Writing beyond so many bytes of a file fails, as on a full disk; see setrlimit(2)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_warns_once_and_leaves_nothing_half(opened: Opened) -> None:
    with opened.folder() as cache:
        cache.put(KEY, b"small")
        with _little_space(50_000):
            cache.put(OTHER, b"x" * 100_000)
            cache.put(OTHER, b"small too")
        assert cache.get(KEY) == b"small"
        assert cache.get(OTHER) is None
        assert [path.name for path in opened.path.iterdir()] == [f"{KEY}.wilk"]
        assert (cache.found, cache.kept) == (1, 1)
    assert len(opened.warned) == 1


def test_whoever_is_stopped_while_writing_leaves_no_entry(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wilkc.cli.cache.os.rename", stop)
    with pytest.raises(KeyboardInterrupt):
        opened.put(KEY, b"x")
    monkeypatch.undo()
    assert opened.get(KEY) is None
    assert [path.name for path in opened.path.iterdir()] == ["swept"]


def test_what_a_killed_build_left_is_swept_a_day_later(opened: Opened) -> None:
    opened.put(KEY, b"x")
    old = opened.aged(f".{KEY}.wilk.{'0' * 16}", 1.1)
    new = opened.aged(f".{OTHER}.wilk.{'0' * 16}", 0.9)
    assert opened.get(KEY) == b"x"
    assert not old.exists()
    assert new.exists()


def test_what_was_not_used_for_long_is_swept(opened: Opened) -> None:
    opened.put(KEY, b"x")
    opened.put(OTHER, b"x")
    opened.aged(f"{KEY}.wilk", KEPT_DAYS + 1)
    opened.aged(f"{OTHER}.wilk", KEPT_DAYS - 1)
    with opened.folder():
        pass
    assert not opened.entry(KEY).exists()
    assert opened.get(OTHER) == b"x"


def test_use_keeps_an_entry(opened: Opened) -> None:
    opened.put(KEY, b"x")
    opened.aged(f"{KEY}.wilk", KEPT_DAYS + 1)
    assert opened.get(KEY) == b"x"
    assert opened.entry(KEY).exists()


def test_the_sweep_is_not_due_twice_a_day(opened: Opened) -> None:
    opened.put(KEY, b"x")
    old = opened.aged(f".{KEY}.wilk.{'0' * 16}", 2)
    (opened.path / "swept").touch()
    opened.get(KEY)
    assert old.exists()


def test_a_sweep_from_the_future_is_done_again(opened: Opened) -> None:
    opened.put(KEY, b"x")
    old = opened.aged(f".{KEY}.wilk.{'0' * 16}", 2)
    opened.aged("swept", -100)
    opened.path.joinpath("swept").touch()
    os.utime(opened.path / "swept", (2**33, 2**33))
    opened.get(KEY)
    assert not old.exists()


@pytest.mark.parametrize(
    "name", ["notes.txt", KEY, f"{KEY}.json", f"{KEY[1:]}.wilk", f".{KEY}.wilk", ".git"]
)
def test_what_is_not_ours_is_left_alone(opened: Opened, name: str) -> None:
    opened.put(KEY, b"x")
    stranger = opened.aged(name, 1000)
    opened.put(OTHER, b"x")
    assert stranger.exists()


def test_the_note_of_the_sweep_is_no_way_out(opened: Opened, tmp_path: Path) -> None:
    opened.put(KEY, b"x")
    (opened.path / "swept").unlink()
    (opened.path / "swept").symlink_to(tmp_path / "made")
    opened.put(OTHER, b"x")
    assert not (tmp_path / "made").exists()
    assert opened.get(OTHER) == b"x"
