"""The file of hits when its place or its content is not as it should be: no grant, ever."""

from __future__ import annotations

import os
import resource
import sqlite3
import stat
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.rate_worlds import SECOND, SetClock, SqliteWorld
from wilkc.runtime.limits import RateExceededError, RateLimit, RateStoreError, SqliteStore
from wilkc.runtime.limits import database as database_module
from wilkc.runtime.limits.failures import STORE_DAMAGED, STORE_UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIMIT = RateLimit("reviewer/llm", 3, 60)
MANY = RateLimit("reviewer/network", 1_000_000, 60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file from which one hit was taken."""
    path = tmp_path / "limits" / "limits.db"
    SqliteStore.create(path)
    with closing(SqliteStore(path)) as store:
        store.hit([LIMIT])
    return path


def _denied(path: Path, detail: str = STORE_UNAVAILABLE, *, seconds: float = 2.0) -> str:
    store = SqliteStore(path, timeout_seconds=seconds)
    with closing(store), pytest.raises(RateStoreError) as caught:
        store.hit([LIMIT])
    assert caught.value.detail == detail
    return caught.value.message


def _free(path: Path) -> int:
    """How many hits are granted before one is refused."""
    with closing(SqliteStore(path)) as store:
        for count in range(LIMIT.limit + 1):
            try:
                store.hit([LIMIT])
            except RateExceededError:
                return count
    raise AssertionError("more than the limit was granted")


def _execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_hits_outlive_the_store(path: Path) -> None:
    assert _free(path) == 2


def test_files_are_closed_to_others(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.hit([LIMIT])
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert modes == {"limits.db": 0o600, "limits.db-wal": 0o600, "limits.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_the_umask_changes_nothing(tmp_path: Path, mask: int) -> None:
    folder = tmp_path / "limits"
    folder.mkdir(mode=0o700)
    before = os.umask(mask)
    try:
        SqliteStore.create(folder / "limits.db")
        assert _free(folder / "limits.db") == 3
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "limits.db").stat().st_mode) == 0o600


def test_a_missing_file_is_not_made(tmp_path: Path, path: Path) -> None:
    _denied(tmp_path / "limits" / "other.db")
    _denied(tmp_path / "none" / "limits.db")
    assert [one.name for one in path.parent.iterdir()] == ["limits.db"]


def test_a_file_that_is_there_is_not_made_anew(path: Path) -> None:
    with pytest.raises(RateStoreError):
        SqliteStore.create(path)
    assert [one.name for one in path.parent.iterdir()] == ["limits.db"]
    assert _free(path) == 2


def test_a_file_that_goes_away_is_missed_at_once(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.hit([LIMIT])
        aside = path.rename(path.with_name("aside"))
        with pytest.raises(RateStoreError):
            store.hit([LIMIT])
        aside.rename(path)
        assert store.hit([LIMIT])


def test_a_file_put_in_its_place_is_noticed_at_once(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.hit([LIMIT])
        path.unlink()
        SqliteStore.create(path)
        with pytest.raises(RateStoreError, match="replaced"):
            store.hit([LIMIT])


def test_a_file_of_a_name_with_special_characters(tmp_path: Path) -> None:
    path = tmp_path / "limits?mode=memory&x#%20" / "a b?.db"
    SqliteStore.create(path)
    assert _free(path) == 3
    assert _free(path) == 0


def _link_file(path: Path) -> None:
    path.symlink_to(path.rename(path.with_name("aside")))


def _link_folder(path: Path) -> None:
    folder = path.parent
    folder.symlink_to(folder.rename(folder.with_name("aside")))


def _hard_link(path: Path) -> None:
    os.link(path, path.with_name("aside"))


def _link_log(path: Path) -> None:
    aside = path.with_name("aside")
    aside.touch(mode=0o600)
    path.with_name("limits.db-wal").symlink_to(aside)


def _folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o700)


def _pipe_instead(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize(
    "spoil",
    [
        _link_file, _link_folder, _hard_link, _link_log, _folder_instead, _pipe_instead,
        lambda path: path.chmod(0o640), lambda path: path.chmod(0o602),
        lambda path: path.parent.chmod(0o750), lambda path: path.parent.chmod(0o701),
    ],
)  # fmt: skip
def test_a_place_that_is_not_ours_alone_is_refused(
    path: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(path)
    assert "closed to everybody else" in _denied(path)


def test_another_owner_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    _denied(path)


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA user_version = 2", "PRAGMA user_version = 0", "PRAGMA application_id = 0",
        "DROP INDEX hits_by_until", "CREATE TABLE more (a)", "PRAGMA journal_mode = DELETE",
        "DELETE FROM clock",
        "CREATE TRIGGER t AFTER INSERT ON hits BEGIN DELETE FROM hits; END",
    ],
)  # fmt: skip
def test_another_layout_is_refused(path: Path, statement: str) -> None:
    _execute(path, statement)
    _denied(path, STORE_DAMAGED)


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0", os.urandom(20_000)])
def test_what_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _denied(path, STORE_DAMAGED)


def test_a_damaged_page_is_refused(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        for _ in range(500):
            store.hit([MANY])
    whole = path.read_bytes()
    for page in range(1, len(whole) // 4096):
        torn = bytearray(whole)
        torn[page * 4096 : page * 4096 + 4096] = bytes(4096)
        path.write_bytes(torn)
        _denied(path, STORE_DAMAGED)
    path.write_bytes(whole[: len(whole) // 2])
    _denied(path, STORE_DAMAGED)
    path.write_bytes(whole)
    assert _free(path) == 2


def test_a_locked_file_is_refused_in_time_and_serves_again(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in _denied(path, seconds=0.05)
        other.execute("ROLLBACK")
        assert _free(path) == 2


def test_threads_wait_for_each_other_no_longer_than_told(path: Path) -> None:
    # Long enough for a busy machine to take one hit, once nobody is waited for.
    with closing(SqliteStore(path, timeout_seconds=2)) as store:
        assert store._lock.acquire()
        with pytest.raises(RateStoreError, match="held by others"):
            store.hit([LIMIT])
        store._lock.release()
        assert store.hit([LIMIT])


def test_a_grant_that_comes_too_late_is_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 0.1, 0.2, 2.1])
    with closing(SqliteStore(path)) as store:
        with monkeypatch.context() as patched:
            patched.setattr("wilkc.runtime.limits.sqlite.time.monotonic", lambda: next(times))
            with pytest.raises(RateStoreError, match="too long"):
                store.hit([LIMIT])
        # It counts all the same.
        store.hit([LIMIT])
        with pytest.raises(RateExceededError):
            store.hit([LIMIT])


def test_a_full_disk_is_refused_and_heals(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.hit([LIMIT])
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        # The log must not grow any further.
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(RateStoreError) as caught:
                store.hit([LIMIT])
            assert caught.value.detail == STORE_UNAVAILABLE
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert store.hit([LIMIT])
        with pytest.raises(RateExceededError):
            store.hit([LIMIT])


def test_the_file_has_a_limit_of_its_own(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "MAX_PAGES", 8)
    granted = 0

    def fill(store: SqliteStore) -> None:
        nonlocal granted
        while granted < 10_000:
            store.hit([MANY])
            granted += 1

    with closing(SqliteStore(path)) as store:
        with pytest.raises(RateStoreError, match="full") as caught:
            fill(store)
        assert caught.value.detail == STORE_UNAVAILABLE
    assert granted > 10


def test_a_read_only_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(
            database_module, "_connect",
            lambda path: sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            ),
        )  # fmt: skip
        _denied(path)
    assert _free(path) == 2


def test_old_keys_go_away(tmp_path: Path) -> None:
    world = SqliteWorld(tmp_path)
    for number in range(300):
        world.stores[0].hit([RateLimit(f"agent-{number}", 1, 60)])
    world.passes(61 * SECOND)
    for _ in range(6):
        world.stores[0].hit([MANY])
    with closing(sqlite3.connect(world.path)) as connection:
        assert connection.execute("SELECT count(*) FROM hits").fetchone() == (6,)


def test_hits_of_another_boot_count_as_if_just_made(path: Path) -> None:
    clock = SetClock(5 * SECOND, "another boot")
    with closing(SqliteStore(path, clock=clock)) as store:
        for _ in range(2):
            store.hit([LIMIT])
        clock.now += 60 * SECOND
        # Refusals in between do not make them younger.
        for _ in range(3):
            with pytest.raises(RateExceededError):
                store.hit([LIMIT])
        clock.now += 1
        for _ in range(3):
            store.hit([LIMIT])
        with pytest.raises(RateExceededError):
            store.hit([LIMIT])


def test_boots_that_take_turns_grant_no_more(path: Path) -> None:
    clocks = [SetClock(number * 1000 * SECOND, f"boot-{number}") for number in range(2)]
    granted = 0
    for turn in range(20):
        clocks[turn % 2].now += 4 * SECOND
        with closing(SqliteStore(path, clock=clocks[turn % 2])) as store:
            try:
                store.hit([LIMIT])
            except RateExceededError:
                continue
            granted += 1
    assert granted == 2


def test_a_child_process_counts_with_its_parent(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.hit([LIMIT])
        # A thread of the parent holds the lock while it forks.
        with store._lock:
            child = os.fork()
            if child == 0:
                try:
                    store.hit([LIMIT])
                finally:
                    os._exit(0 if _spent(store) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert _spent(store)


def _spent(store: SqliteStore) -> bool:
    try:
        store.hit([LIMIT])
    except RateExceededError:
        return True
    return False


def test_an_interrupted_hit_leaves_no_half_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    with closing(SqliteStore(path)) as store:
        store.hit([LIMIT])
        with monkeypatch.context() as patched:
            patched.setattr("wilkc.runtime.limits.sqlite._wait", interrupt)
            with pytest.raises(KeyboardInterrupt):
                store.hit([LIMIT])
        assert store.hit([LIMIT])
        assert _spent(store)


def test_threads_share_one_store(path: Path) -> None:
    granted = []
    with closing(SqliteStore(path, timeout_seconds=30)) as store:

        def work() -> None:
            if not _spent(store):
                granted.append(1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(granted) == 2
