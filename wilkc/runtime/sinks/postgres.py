"""PostgreSQL, as a store of whole files in pieces. Layer: runtime; needs the extra `postgres`.

The role that ships needs INSERT and SELECT alone. A trigger refuses every change, so that a
mistake of its owner does no harm; who may drop the tables can of course drop them.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.runtime.sinks.spooled import spooled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CONNECT_SECONDS: Final = 10
STATEMENT_MS: Final = 60_000
PIECE: Final = 1 << 20
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS public.wilk_object (
    key text PRIMARY KEY,
    sha256 text NOT NULL,
    put_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE TABLE IF NOT EXISTS public.wilk_piece (
    key text NOT NULL REFERENCES public.wilk_object (key),
    number integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (key, number)
);
CREATE OR REPLACE FUNCTION public.wilk_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what was shipped stays as it is'; END $$;
CREATE OR REPLACE TRIGGER wilk_object_stays BEFORE UPDATE OR DELETE OR TRUNCATE
    ON public.wilk_object EXECUTE FUNCTION public.wilk_refuse();
CREATE OR REPLACE TRIGGER wilk_piece_stays BEFORE UPDATE OR DELETE OR TRUNCATE
    ON public.wilk_piece EXECUTE FUNCTION public.wilk_refuse();
"""
"""Every name with its schema: who may make tables elsewhere must not have them taken for these."""
_VERIFIED: Final = "verify-full"
_SHOWN: Final = ("host", "port", "dbname")


class PostgresSink:
    """Keeps objects in two tables.

    Args:
        address: `postgresql://…`, or words as libpq has them. Over a network the server's
            certificate and name are verified, whatever the address says.

    Raises:
        UsageError: the address is none, or asks for less than verified TLS.
        UnavailableError: the server cannot be reached.
    """

    def __init__(self, address: str) -> None:
        try:
            words: dict[str, Any] = dict(conninfo_to_dict(address))
        except psycopg.Error as error:
            raise UsageError(f"the address of the database is none: {_line(error)}") from error
        if words.get("sslmode", _VERIFIED) != _VERIFIED and not _is_local(words):
            raise UsageError(f"over a network `sslmode` is `{_VERIFIED}`")
        self._name = "postgresql " + " ".join(
            f"{word}={words[word]}" for word in _SHOWN if words.get(word)
        )
        words |= {
            # Always, as the environment may name a host where the address names none; libpq has
            # no TLS on a unix socket. GSSAPI would be taken in its place where there is a ticket.
            "sslmode": _VERIFIED,
            "ssl_min_protocol_version": "TLSv1.3",
            "gssencmode": "disable",
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={STATEMENT_MS} -c search_path=pg_catalog,pg_temp",
        }
        with _asked(self._name):
            self._server = psycopg.connect(make_conninfo(**words), autocommit=True)

    @property
    def name(self) -> str:
        """Host, port and database."""
        return self._name

    def make_tables(self) -> None:
        """Make the tables, if they are not there.

        Raises:
            UnavailableError: the server refuses.
        """
        with _asked(self._name):
            self._server.execute(SCHEMA)

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Insert a file in one transaction, see `Sink.put`."""
        with _asked(self._name), self._server.transaction():
            new = self._server.execute(
                "INSERT INTO public.wilk_object (key, sha256) VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING RETURNING key",
                (key, sha256),
            ).fetchone()
            if new is not None:
                self._fill(key, path, sha256)
                return
            kept = self._server.execute(
                "SELECT sha256 FROM public.wilk_object WHERE key = %s", (key,)
            ).fetchone()
        if kept is None or kept[0] != sha256:
            raise VerificationError(f"`{key}` at `{self._name}` holds something else")

    @contextmanager
    def read(self, key: str, most: int) -> Iterator[BinaryIO]:
        """The pieces in their order, see `Sink.read`."""
        with _asked(self._name), self._server.transaction():
            found = self._server.execute(
                "SELECT 1 FROM public.wilk_object WHERE key = %s", (key,)
            ).fetchone()
            if found is None:
                raise UnavailableError(f"`{self._name}` has no `{key}`")
            where = f"`{key}` at `{self._name}`"
            with spooled(self._pieces(key), most, where) as file:
                yield file

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    def _fill(self, key: str, path: Path, sha256: str) -> None:
        digest = hashlib.sha256()
        with open_plain(path) as file:
            number = 0
            while piece := file.read(PIECE):
                digest.update(piece)
                self._server.execute(
                    "INSERT INTO public.wilk_piece (key, number, body) VALUES (%s, %s, %s)",
                    (key, number, piece),
                )
                number += 1
        if digest.hexdigest() != sha256:
            raise VerificationError(f"`{path}` changed while it was copied")

    def _pieces(self, key: str) -> Iterator[bytes]:
        """The pieces as `_fill` cut them: all but the last are as long as one can be.

        Whoever may insert could else make one that fills the memory here, or so many that they
        are never all read. The server cuts each, so that no longer one comes over the network; a
        server that is itself hostile is bounded by what libpq takes for one row alone, 1 GiB.
        """
        number, last = 0, False
        while True:
            row = self._server.execute(
                "SELECT pg_catalog.substring(body, 1, %s) FROM public.wilk_piece"
                " WHERE key = %s AND number = %s",
                (PIECE + 1, key, number),
            ).fetchone()
            if row is None:
                return
            found = row[0]
            piece = bytes(found) if isinstance(found, bytes | bytearray | memoryview) else b""
            if last or not 0 < len(piece) <= PIECE:
                raise VerificationError(
                    f"`{key}` at `{self._name}` is in pieces that Wilk never made"
                )
            last = len(piece) < PIECE
            yield piece
            number += 1


def _is_local(words: Mapping[str, Any]) -> bool:
    """Whether an address names one unix socket and nothing else."""
    host = str(words.get("host") or "")
    return host.startswith("/") and "," not in host and not words.get("hostaddr")


@contextmanager
def _asked(name: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.Error, OSError) as error:
        raise UnavailableError(f"`{name}` cannot be used: {_line(error)}") from error


def _line(error: Exception) -> str:
    """The first line of what libpq says, which may have many."""
    return (str(error).strip().splitlines() or ["no message"])[0]
