"""The file of keys, sessions and refresh tokens. Layer: identity.

SQLite in a folder that only this user may enter: every process of the host sees a change with
its next question. What is kept of a secret is its keyed hash. SQLite follows links and makes
what is missing, so the place is looked at before it is opened.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.files import TEMPORARY, create_file
from wilkc.identity.secret import KEY_BYTES, require_own

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATABASE: Final = "identity.sqlite"
HASH_KEY: Final = "identity.key"
APPLICATION: Final = 0x57494C49
"""`application_id` of the file: WILI in ASCII."""
LAYOUT: Final = 1
"""`user_version` of the file. Another layout is refused, not converted."""
BUSY_SECONDS: Final = 2.0
_TABLES: Final = {
    "api_keys": "CREATE TABLE api_keys (id TEXT PRIMARY KEY, principal TEXT NOT NULL,"
    " hash BLOB NOT NULL, scope TEXT NOT NULL, acts_for TEXT NOT NULL, created INTEGER NOT NULL,"
    " rotate_after INTEGER NOT NULL, expires INTEGER NOT NULL, successor TEXT,"
    " used INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "sessions": "CREATE TABLE sessions (id TEXT PRIMARY KEY, hash BLOB NOT NULL,"
    " principal TEXT NOT NULL, origin TEXT NOT NULL, channel TEXT NOT NULL,"
    " scope TEXT NOT NULL, acts_for TEXT NOT NULL, created INTEGER NOT NULL,"
    " seen INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "families": "CREATE TABLE families (id TEXT PRIMARY KEY, principal TEXT NOT NULL,"
    " origin TEXT NOT NULL, scope TEXT NOT NULL, acts_for TEXT NOT NULL,"
    " created INTEGER NOT NULL, expires INTEGER NOT NULL, current BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "spent": "CREATE TABLE spent (hash BLOB PRIMARY KEY, family TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "failures": "CREATE TABLE failures (source TEXT PRIMARY KEY, count INTEGER NOT NULL,"
    " last INTEGER NOT NULL) STRICT, WITHOUT ROWID",
}
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_INHERITED: Final[list[sqlite3.Connection]] = []
"""Connections of a parent; a child must neither use nor close them (sqlite.org/howtocorrupt.html,
section 2.6)."""


def create_folder(folder: Path) -> None:
    """Make the folder of an identity; one of this user alone that holds none may be there.

    Raises:
        UsageError: it holds one.
        UnavailableError: it cannot be made, or is open to others.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        require_own(folder, folder.lstat(), folder=True)
    except OSError as error:
        raise _not_made(folder, error) from error
    if os.path.lexists(folder / DATABASE):
        raise _made_already(folder)


def create_database(folder: Path) -> None:
    """Make the key of the hashes, unless it is there, and then an empty file of credentials.

    Raises:
        UsageError: there is such a file.
        UnavailableError: it cannot be made.
    """
    # By a name that nobody has had: what was killed leaves its own.
    draft = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    try:
        with suppress(FileExistsError):
            create_file(folder / HASH_KEY, os.urandom(KEY_BYTES), mode=0o600)
        try:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
            _fill(draft)
            # A link and no renaming: what is there already stays.
            os.link(draft, folder / DATABASE)
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError as error:
        raise _made_already(folder) from error
    except (OSError, sqlite3.Error) as error:
        raise _not_made(folder, error) from error


def _made_already(folder: Path) -> UsageError:
    return UsageError(f"`{folder}` holds an identity already")


def _not_made(folder: Path, error: Exception) -> UnavailableError:
    return UnavailableError(f"cannot make an identity in `{folder}`: {error}")


class Database:
    """The opened file; safe to use from several threads, and in a child that forks off.

    Args:
        folder: holds it, see `create_database`.

    Raises:
        UnavailableError: it is missing, damaged, of another layout, or open to others.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / DATABASE
        self._lock = threading.Lock()
        self._held: sqlite3.Connection | None = self._opened()

    @property
    def _connection(self) -> sqlite3.Connection:
        """For whoever holds the lock."""
        if self._held is None:
            self._held = self._opened()
        return self._held

    def _opened(self) -> sqlite3.Connection:
        try:
            require_own(self._folder, self._folder.lstat(), folder=True)
            for suffix in _BESIDE:
                beside = self._folder / f"{DATABASE}{suffix}"
                if suffix and not os.path.lexists(beside):
                    continue
                require_own(beside, beside.lstat())
            connection = _connect(self.path)
            _check(self.path, connection)
        except (OSError, sqlite3.Error) as error:
            raise UnavailableError(
                f"cannot open the identity `{self.path}`: {error}",
                help_text="make the folder by `wilkc identity init`",
            ) from error
        return connection

    def one(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a question, or None.

        Raises:
            UnavailableError: it cannot be asked now.
        """
        try:
            with self._lock:
                row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        except sqlite3.Error as error:
            raise UnavailableError(f"cannot use `{self.path}`: {error}") from error
        return row

    def all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a question.

        Raises:
            UnavailableError: it cannot be asked now.
        """
        with self._asking():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """One change, whole or not at all, with no other process between.

        What is raised inside undoes it.

        Raises:
            UnavailableError: it cannot be made now.
        """
        with self._asking():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Let go of the file."""
        if self._held is not None:
            self._held.close()

    def leave_parent(self) -> None:
        """Start afresh in a child process, which shares the file and no connection."""
        if self._held is not None:
            _INHERITED.append(self._held)
        # A thread that is not in the child may have held the lock.
        self._held, self._lock = None, threading.Lock()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise UnavailableError(f"cannot use `{self.path}`: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    # `mode=rw` makes no file; statements begin and end transactions themselves.
    address = f"file:{quote(str(path))}?mode=rw"
    return sqlite3.connect(
        address, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
    )


def _fill(path: Path) -> None:
    connection = _connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
        for statement in _TABLES.values():
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _check(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    # A refresh token that the loss of power made valid again would be one too many.
    connection.execute("PRAGMA synchronous = FULL")
    names = ("application_id", "user_version", "journal_mode", "quick_check")
    found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    tables = dict(
        connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    )
    if found != [APPLICATION, LAYOUT, "wal", "ok"] or tables != _TABLES:
        raise UnavailableError(f"`{path}` is damaged, or was written by another version of Wilk")
