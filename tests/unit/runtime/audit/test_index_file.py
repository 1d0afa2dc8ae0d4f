"""An index that came with a log: it does nothing to whoever asks it."""

from __future__ import annotations

import os
import sqlite3
import struct
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.audit.query import Filter, query, update_index

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = bytes.fromhex("d9d505f920a163d7")
PAGE, LOCK_PAGE = 4096, 0x40000000 // 4096 + 1


def journal_naming(victim: Path, base: Path) -> bytes:
    """A hot journal that is one of several, see https://www.sqlite.org/fileformat.html."""
    pages = base.stat().st_size // PAGE
    head = MAGIC + struct.pack(">IIIII", 0, 7, pages, 512, PAGE)
    name = os.fsencode(victim)
    end = struct.pack(">I", LOCK_PAGE) + name + struct.pack(">II", len(name), sum(name)) + MAGIC
    return head.ljust(512, b"\0") + end


def _ask(log: Any, index: Path) -> list[dict[str, Any]]:
    update_index(log.directory, index)
    return list(query(log.directory, index, Filter()))


def _change(index: Path, *statements: str) -> None:
    base = sqlite3.connect(index)
    for one in statements:
        base.execute(one)
    base.commit()
    base.close()


def test_sqlite_itself_removes_what_a_journal_names(full: Any, tmp_path: Path) -> None:
    """Else the next test would show nothing."""
    index, victim = tmp_path / "index", tmp_path / "victim"
    update_index(full.directory, index)
    victim.write_text("precious", encoding="ascii")
    (tmp_path / "index-journal").write_bytes(journal_naming(victim, index))
    _change(index, "DELETE FROM stamp")
    assert not victim.exists()


def test_a_journal_that_came_with_the_log_removes_nothing(full: Any, tmp_path: Path) -> None:
    index, victim = full.directory / "index.sqlite", tmp_path / "victim"
    found = _ask(full, index)
    victim.write_text("precious", encoding="ascii")
    journal = full.directory / "index.sqlite-journal"
    journal.write_bytes(journal_naming(victim, index))
    with pytest.raises(UsageError, match="cannot be used"):
        list(query(full.directory, index, Filter()))
    assert victim.read_text(encoding="ascii") == "precious"
    assert _ask(full, index) == found == full.records()
    assert victim.read_text(encoding="ascii") == "precious"
    assert not journal.exists()


def test_a_link_beside_the_index_is_removed_and_not_followed(full: Any, tmp_path: Path) -> None:
    index, victim = full.directory / "index.sqlite", tmp_path / "victim"
    victim.write_text("precious", encoding="ascii")
    (full.directory / "index.sqlite-wal").symlink_to(victim)
    assert _ask(full, index) == full.records()
    assert victim.read_text(encoding="ascii") == "precious"


def test_an_index_that_is_a_link_is_refused(full: Any, tmp_path: Path) -> None:
    index, other = full.directory / "index.sqlite", tmp_path / "other"
    for target in (tmp_path / "missing", other):
        index.unlink(missing_ok=True)
        index.symlink_to(target)
        with pytest.raises(UsageError, match="a link"):
            update_index(full.directory, index)
        update_index(full.directory, other)
    with pytest.raises(UsageError, match="a link"):
        list(query(full.directory, index, Filter()))
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize(
    "strange",
    [
        ("DROP TABLE event", "CREATE VIEW event AS SELECT 1 AS seq"),
        ("CREATE TRIGGER t AFTER INSERT ON stamp BEGIN DELETE FROM event; END",),
        ("CREATE TABLE notes (text)",),
    ],
)
def test_a_database_with_anything_else_is_refused(
    full: Any, tmp_path: Path, strange: tuple[str, ...]
) -> None:
    index = tmp_path / "index"
    update_index(full.directory, index)
    _change(index, *strange)
    with pytest.raises(UsageError, match="no index of a log"):
        list(query(full.directory, index, Filter()))
    with pytest.raises(UsageError, match="no index of a log"):
        update_index(full.directory, index)


@pytest.mark.parametrize("mode", [0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_holds_no_index(
    full: Any, tmp_path: Path, mode: int
) -> None:
    index = tmp_path / "open" / "index"
    index.parent.mkdir()
    update_index(full.directory, index)
    index.parent.chmod(mode)
    for ask in (lambda: update_index(full.directory, index), lambda: _read(full, index)):
        with pytest.raises(UsageError, match="others can write"):
            ask()
    index.parent.chmod(0o755)
    assert _read(full, index) == full.records()


def _read(log: Any, index: Path) -> list[dict[str, Any]]:
    return list(query(log.directory, index, Filter()))


def test_a_folder_of_somebody_else_holds_no_index(
    full: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        os.chown(full.directory, 12345, -1)
    else:
        monkeypatch.setattr("os.geteuid", lambda: 12345)
    with pytest.raises(UsageError, match="others can write"):
        update_index(full.directory, full.directory / "index.sqlite")
    assert not (full.directory / "index.sqlite").exists()
    monkeypatch.undo()
    assert _ask(full, tmp_path / "index") == full.records()


@pytest.mark.parametrize(
    "lie",
    [
        "UPDATE event SET offset = 'x'",
        "UPDATE event SET offset = -1",
        "UPDATE event SET offset = 0.5",
        "UPDATE event SET segment = 'x'",
    ],
)
def test_an_index_that_names_no_place_is_refused(full: Any, tmp_path: Path, lie: str) -> None:
    index = tmp_path / "index"
    update_index(full.directory, index)
    _change(index, lie)
    with pytest.raises(VerificationError, match="not in the log as the index says"):
        _read(full, index)


@pytest.mark.parametrize(
    "lie", [{"seq": "1"}, {"offset": -1}, {"segment": None}, {"last": 7}, {"last": "x"}]
)
def test_a_stamp_that_names_no_place_is_refused(
    full: Any, tmp_path: Path, lie: dict[str, Any]
) -> None:
    index = tmp_path / "index"
    update_index(full.directory, index)
    base = sqlite3.connect(index)
    stamp = parse_subset(base.execute("SELECT text FROM stamp").fetchone()[0].encode())
    base.execute("UPDATE stamp SET text = ?", (encode_subset({**stamp, **lie}).decode(),))
    base.commit()
    base.close()
    with pytest.raises(UsageError, match="stamp of the index"):
        update_index(full.directory, index)
