"""The file of hits: making it, and opening none but a sound one of our own. Layer: runtime.

It lies in a folder that only this user may enter. SQLite follows links and makes what is
missing; so the place is looked at first, and looked at again for every hit, since a file that
was put in the place of another would start to count anew.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path
from typing import Final
from urllib.parse import quote

from wilkc.runtime.disk import Disk
from wilkc.runtime.limits.failures import STORE_DAMAGED, STORE_UNAVAILABLE, RateStoreError

APPLICATION: Final = 0x57494C4B
"""`application_id` of the file: WILK in ASCII."""

LAYOUT: Final = 1
"""`user_version` of the file. Another layout is refused, not converted."""

_TABLES: Final = {
    "clock": "CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL,"
    " last INTEGER NOT NULL) STRICT",
    # In the order of their key: quick_check of SQLite 3.40 finds fault with any other.
    "hits": "CREATE TABLE hits (key BLOB NOT NULL, at INTEGER NOT NULL, token BLOB NOT NULL,"
    " until INTEGER NOT NULL, PRIMARY KEY (key, at, token)) STRICT, WITHOUT ROWID",
    "hits_by_until": "CREATE INDEX hits_by_until ON hits (until)",
}
MAX_PAGES: Final = 65_536
"""Of 4 KiB: more hits are refused, since forgetting one would be a grant too many."""

_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_OTHERS: Final = 0o077
_BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CODE: Final = 0xFF
"""The part of a result code that does not tell details, see sqlite.org/rescode.html."""

Place = tuple[int, int]
"""Device and inode of the file."""


def create_database(path: Path) -> None:
    """Make a file in which nothing has been counted yet.

    Args:
        path: must not be there; its folder is made where it is missing.

    Raises:
        RateStoreError: it is there, or cannot be made.
    """
    path = path.absolute()
    draft = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _check_folder(path.parent)
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.fdopen(os.open(draft, flags, 0o600), "wb")
        try:
            with file:
                # A umask may take the owner's own rights, too.
                os.fchmod(file.fileno(), 0o600)
            _fill(draft)
            # A link and no renaming: what is there already stays.
            os.link(draft, path)
        finally:
            draft.unlink()
        Disk().sync_directory(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise failure(path, error) from error


def open_database(path: Path) -> tuple[sqlite3.Connection, Place]:
    """Open a file that `create_database` made.

    Raises:
        RateStoreError: it is missing, damaged, of another layout, or open to others.
    """
    try:
        place = check_place(path)
        connection = _connect(path)
        try:
            _check_content(path, connection)
            check_same(path, place)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise failure(path, error) from error
    return connection, place


def check_place(path: Path) -> Place:
    """Look at the folder and the files; where the file is.

    Raises:
        RateStoreError: others could read or replace them, or one is no plain file.
        OSError: the file is missing.
    """
    _check_folder(path.parent)
    for suffix in reversed(_BESIDE):
        try:
            found = os.lstat(f"{path}{suffix}")
        except FileNotFoundError:
            if suffix:
                continue
            raise
        if not stat.S_ISREG(found.st_mode) or not _own(found) or found.st_nlink > 1:
            raise _open_to_others(Path(f"{path}{suffix}"), "a plain file")
    return found.st_dev, found.st_ino


def check_same(path: Path, place: Place) -> None:
    """Look whether the file is still the one that was opened.

    Raises:
        RateStoreError: another one lies in its place, or see `check_place`.
        OSError: the file is missing.
    """
    if check_place(path) != place:
        raise RateStoreError(STORE_UNAVAILABLE, f"`{path}` was replaced meanwhile")


def failure(path: Path, error: OSError | sqlite3.Error) -> RateStoreError:
    """What an error of the system or of SQLite means."""
    code = getattr(error, "sqlite_errorcode", 0) & _CODE
    detail = STORE_DAMAGED if code in _BROKEN else STORE_UNAVAILABLE
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return RateStoreError(
        detail,
        f"cannot count hits in `{path}`: {why}",
        help_text="mend its place, or make a new one once every window has passed",
    )


def _connect(path: Path) -> sqlite3.Connection:
    # `mode=rw` makes no file; statements begin and end transactions themselves.
    address = f"file:{quote(str(path))}?mode=rw"
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)


def _fill(path: Path) -> None:
    connection = _connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
        for statement in _TABLES.values():
            connection.execute(statement)
        connection.execute("INSERT INTO clock VALUES (1, '', 0)")
        connection.execute("COMMIT")
    finally:
        connection.close()


def _check_content(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute(f"PRAGMA max_page_count = {MAX_PAGES}")
    connection.execute("PRAGMA cell_size_check = ON")
    # A hit that the loss of power took back would be a grant too many.
    connection.execute("PRAGMA synchronous = FULL")
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id",
             "user_version", "journal_mode", "quick_check")]  # fmt: skip
    if found[:2] != [APPLICATION, LAYOUT]:
        raise RateStoreError(
            STORE_DAMAGED, f"`{path}` holds no hits, or was written by another version of Wilk"
        )
    tables = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    if found[2:] != ["wal", "ok"] or tables != _TABLES:
        raise RateStoreError(STORE_DAMAGED, f"`{path}` is damaged")


def _check_folder(folder: Path) -> None:
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or not _own(found):
        raise _open_to_others(folder, "a folder")


def _own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & _OTHERS


def _open_to_others(path: Path, kind: str) -> RateStoreError:
    return RateStoreError(
        STORE_UNAVAILABLE, f"`{path}` must be {kind} of this user, closed to everybody else"
    )
