"""The database file of an index, which may come from whoever handed the log over. Layer: runtime.

A log is read by people who trust nothing of it, and its index lies in its folder. SQLite does
more than read a file: it rolls back a journal that lies beside it, and then removes whatever
file that journal names (https://www.sqlite.org/fileformat.html, "The Rollback Journal", and
`pager_delsuper`); it runs views and triggers of a schema; it follows links. So an index is used

    1. only in a folder that nobody else can write
    2. only if it is a plain file, with exactly our tables and orders
    3. never together with a journal that somebody left: both are removed, and it is built anew
    4. to read, without writing: then SQLite rolls nothing back
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from wilkc.core.errors import UsageError
from wilkc.core.locks import locked_file
from wilkc.core.plain_files import open_plain_fd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_SUFFIX: Final = ".lock"
_COMPANIONS: Final = ("-journal", "-wal", "-shm")
_WAIT_SECONDS: Final = 30.0
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS stamp (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL,
    leaf BLOB NOT NULL, ts TEXT NOT NULL, actor TEXT NOT NULL, type TEXT NOT NULL,
    allow INTEGER, risk INTEGER NOT NULL, subject TEXT);
"""
ORDERS: Final = (
    "CREATE INDEX IF NOT EXISTS by_actor ON event (actor, seq)",
    "CREATE INDEX IF NOT EXISTS by_type ON event (type, seq)",
    "CREATE INDEX IF NOT EXISTS by_time ON event (ts, seq)",
    "CREATE INDEX IF NOT EXISTS by_risk ON event (risk, seq) WHERE risk > 1",
    "CREATE INDEX IF NOT EXISTS by_subject ON event (subject, seq) WHERE subject IS NOT NULL",
)
"""Made once the records are there: to sort them all at once is quicker than one by one."""
_LISTED: Final = "SELECT type, name, tbl_name, sql FROM sqlite_master"


@contextmanager
def opened_to_write(path: Path) -> Iterator[sqlite3.Connection]:
    """The database of an index, made if it is missing, readable by its owner alone.

    One process at a time has it.

    Raises:
        UsageError: it cannot be made, is damaged or none of ours, is busy, or lies where others
            can write.
    """
    with _told(path):
        _require_own_folder(path)
        lock = path.with_name(path.name + LOCK_SUFFIX)
        busy = UsageError(f"the index `{path}` is being written by another process")
        with locked_file(lock, lambda _: busy, seconds=_WAIT_SECONDS):
            _discard_interrupted(path)
            os.close(open_plain_fd(path, os.O_RDWR | os.O_CREAT))
            with _connected(str(path), uri=False) as base:
                base.executescript(_SCHEMA)
                yield base


@contextmanager
def opened_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """The database of an index that is there already.

    Raises:
        UsageError: it cannot be read, is damaged or none of ours, or lies where others can write.
    """
    with _told(path):
        _require_own_folder(path)
        os.close(open_plain_fd(path, os.O_RDONLY))
        with _connected(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True) as base:
            yield base


@contextmanager
def _connected(name: str, *, uri: bool) -> Iterator[sqlite3.Connection]:
    wait = _WAIT_SECONDS
    with closing(sqlite3.connect(name, timeout=wait, isolation_level=None, uri=uri)) as base:
        base.execute("PRAGMA trusted_schema = OFF")
        _require_our_tables(base)
        yield base


def _require_own_folder(path: Path) -> None:
    """(1) Whoever can write the folder could put a journal beside the index at any moment."""
    folder = path.absolute().parent
    found = folder.stat()
    others = stat.S_IWOTH | (0 if found.st_gid == os.getegid() else stat.S_IWGRP)
    if found.st_uid not in {0, os.geteuid()} or found.st_mode & others:
        raise UsageError(
            f"the index `{path}` would lie in a folder that others can write",
            help_text="name one in a folder of your own by `--index`,"
            " or search without one by `--exhaustive`",
        )


def _require_our_tables(base: sqlite3.Connection) -> None:
    """(2) What else a database holds, as a view in the place of a table, would be run."""
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(_SCHEMA + ";".join(ORDERS))
        ours = set(model.execute(_LISTED))
    if not set(base.execute(_LISTED)) <= ours:
        raise sqlite3.DatabaseError("it is no index of a log")


def _discard_interrupted(path: Path) -> None:
    """(3) Nobody writes now, so that a journal is left of a crash, or came with the log."""
    left = [path.with_name(path.name + suffix) for suffix in _COMPANIONS]
    if any(os.path.lexists(one) for one in left):
        for one in (path, *left):
            one.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong with the file, as the refusal of the index."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"the index `{path}` cannot be used: {reason}",
            help_text="remove it to have it built anew, name another file by `--index`,"
            " or search without one by `--exhaustive`",
        ) from error
