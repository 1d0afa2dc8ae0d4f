"""Shipping to a real PostgreSQL server."""

from __future__ import annotations

import hashlib
import secrets
import socket
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.sinks import check, kept_elsewhere
from wilkc.runtime.sinks.postgres import PIECE, PostgresSink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres_server import PostgresServer
    from tests.unit.runtime.sinks.conftest import Cargo


@pytest.fixture
def database(postgres_server: PostgresServer) -> str:
    """An empty database of this test's own."""
    name = f"test_{secrets.token_hex(8)}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    return name


@pytest.fixture
def sink(postgres_server: PostgresServer, database: str) -> Iterator[PostgresSink]:
    """A sink with its tables."""
    sink = PostgresSink(postgres_server.address(database))
    sink.make_tables()
    yield sink
    sink.close()


MOST = 4 * PIECE


def _file(folder: Path, data: bytes) -> tuple[Path, str]:
    path = folder / "file"
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def test_segments_arrive_and_are_verified_there(cargo: Cargo, sink: PostgresSink) -> None:
    found = cargo.ship(sink)
    assert (found.segments, kept_elsewhere(cargo.receipts)) == (2, found.size)
    cargo.add()
    assert cargo.ship(sink).segments == 1
    assert check(sink, cargo.receipts, cargo.log.root).size > found.size
    with sink.read(cargo.log.segments()[0].name, MOST) as file:
        assert file.read() == cargo.log.segments()[0].read_bytes()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_files_of_any_size_come_back(size: int, sink: PostgresSink, tmp_path: Path) -> None:
    path, digest = _file(tmp_path, secrets.token_bytes(size))
    sink.put("x", path, digest)
    sink.put("x", path, digest)
    with sink.read("x", MOST) as file:
        assert file.read() == path.read_bytes()


def test_something_else_by_the_same_name_is_refused(sink: PostgresSink, tmp_path: Path) -> None:
    sink.put("x", *_file(tmp_path, b"one"))
    with pytest.raises(VerificationError, match="holds something else"):
        sink.put("x", *_file(tmp_path, b"other"))
    with sink.read("x", MOST) as file:
        assert file.read() == b"one"


def test_a_file_that_is_not_what_it_was_leaves_nothing(sink: PostgresSink, tmp_path: Path) -> None:
    path, _ = _file(tmp_path, b"one")
    with pytest.raises(VerificationError, match="changed while it was copied"):
        sink.put("x", path, "0" * 64)
    with pytest.raises(UnavailableError, match="has no `x`"), sink.read("x", MOST):
        pass


@pytest.mark.parametrize(
    "lengths", [(PIECE + 1,), (8 * PIECE,), (1, 1), (PIECE, 1, PIECE), (0,), (PIECE, 0)]
)
def test_pieces_that_nobody_wrote_are_refused(
    lengths: tuple[int, ...], postgres_server: PostgresServer, database: str, sink: PostgresSink
) -> None:
    """Whoever may insert may fill neither the memory nor the time of whoever reads."""
    postgres_server.execute("INSERT INTO wilk_object (key, sha256) VALUES ('x', '')", database)
    for number, length in enumerate(lengths):
        body = f"decode(repeat('00', {length:d}), 'hex')"
        insert = f"INSERT INTO wilk_piece VALUES ('x', {number:d}, {body})"  # noqa: S608  # numbers
        postgres_server.execute(insert, database)
    with (
        pytest.raises(VerificationError, match="in pieces that Wilk never made"),
        sink.read("x", 1000 * PIECE),
    ):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wilk_piece SET body = ''",
        "DELETE FROM wilk_piece",
        "TRUNCATE wilk_object CASCADE",
        "UPDATE wilk_object SET sha256 = ''",
        "DELETE FROM wilk_object",
    ],
)
def test_what_was_shipped_stays_as_it_is(
    statement: str,
    postgres_server: PostgresServer,
    database: str,
    sink: PostgresSink,
    tmp_path: Path,
) -> None:
    sink.put("x", *_file(tmp_path, b"one"))
    with pytest.raises(psycopg.Error, match="stays as it is"):
        postgres_server.execute(statement, database)


def test_check_finds_what_the_owner_of_the_database_changed(
    postgres_server: PostgresServer, database: str, cargo: Cargo, sink: PostgresSink
) -> None:
    cargo.ship(sink)
    postgres_server.execute("DROP TRIGGER wilk_piece_stays ON wilk_piece", database)
    postgres_server.execute(
        "UPDATE wilk_piece SET body = set_byte(body, 50, 0) WHERE key LIKE 'seg-%'", database
    )
    with pytest.raises(VerificationError, match="seg-0"):
        check(sink, cargo.receipts, cargo.log.root)


def test_a_role_that_may_only_insert_and_read_is_enough(
    postgres_server: PostgresServer, database: str, cargo: Cargo, sink: PostgresSink
) -> None:
    role = f"r_{secrets.token_hex(8)}"
    postgres_server.execute(f"CREATE ROLE {role} LOGIN", database)
    grant = f"GRANT INSERT, SELECT ON wilk_object, wilk_piece TO {role}"
    postgres_server.execute(grant, database)
    del sink
    small = PostgresSink(postgres_server.address(database, role))
    assert cargo.ship(small).segments == 2
    small.close()


def test_a_database_without_tables_is_refused_with_one_line(
    postgres_server: PostgresServer, database: str, cargo: Cargo
) -> None:
    sink = PostgresSink(postgres_server.address(database))
    with pytest.raises(UnavailableError) as caught:
        cargo.ship(sink)
    sink.close()
    assert "\n" not in caught.value.message
    assert "wilk_object" in caught.value.message
    assert kept_elsewhere(cargo.receipts) == 0


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be used"):
        PostgresSink(f"postgresql://wilk@/x?host={tmp_path}")


@pytest.mark.parametrize("mode", ["disable", "prefer", "require", "verify-ca"])
def test_over_a_network_less_than_verified_tls_is_refused(mode: str) -> None:
    with pytest.raises(UsageError, match="verify-full"):
        PostgresSink(f"postgresql://db.example/x?sslmode={mode}")


@pytest.mark.parametrize("address", ["?hostaddr=127.0.0.1", "?host=/nowhere,db.example"])
def test_a_network_by_another_name_is_a_network(address: str) -> None:
    with pytest.raises(UsageError, match="verify-full"):
        PostgresSink(f"postgresql:///x{address}&sslmode=disable")


@pytest.mark.parametrize("address", ["", "?hostaddr=127.0.0.1", "?host=/nowhere,127.0.0.1"])
def test_nothing_is_said_in_clear_to_a_server_without_tls(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        monkeypatch.setenv("PGHOST", "127.0.0.1")
        monkeypatch.setenv("PGPORT", str(listener.getsockname()[1]))
        said: list[bytes] = []
        server = threading.Thread(target=lambda: said.append(_without_tls(listener)), daemon=True)
        server.start()
        with pytest.raises(UnavailableError, match="cannot be used"):
            PostgresSink(f"postgresql://wilk@/x{address}")
        server.join(30)
    # Its offer of TLS (8 bytes), and after the refusal nothing more.
    assert [len(one) for one in said] == [8]


def _without_tls(listener: socket.socket) -> bytes:
    """What a client says that hears that there is no TLS."""
    end, _ = listener.accept()
    with end:
        end.settimeout(30)
        said = end.recv(1024)
        end.sendall(b"N")
        while more := end.recv(1024):
            said += more
    return said


def test_an_address_that_is_none() -> None:
    with pytest.raises(UsageError, match="is none"):
        PostgresSink("postgresql://[")


def test_the_name_of_a_sink_holds_no_password(
    postgres_server: PostgresServer, database: str
) -> None:
    sink = PostgresSink(postgres_server.address(database, "wilk:secret-word"))
    assert "secret-word" not in sink.name
    sink.close()


def test_tables_of_the_same_name_in_another_schema_are_not_taken_for_these(
    postgres_server: PostgresServer, database: str, sink: PostgresSink, tmp_path: Path
) -> None:
    """Who may make a schema of its own would else get what is shipped, and answer for it."""
    for statement in (
        "CREATE SCHEMA other",
        "CREATE TABLE other.wilk_object AS SELECT * FROM public.wilk_object",
        "CREATE TABLE other.wilk_piece AS SELECT * FROM public.wilk_piece",
        f"ALTER DATABASE {database} SET search_path = other, public",
    ):
        postgres_server.execute(statement, database)
    again = PostgresSink(postgres_server.address(database))
    again.make_tables()
    again.put("x", *_file(tmp_path, b"one"))
    with sink.read("x", MOST) as file:
        assert file.read() == b"one"
    with psycopg.connect(postgres_server.address(database)) as server:
        row = server.execute("SELECT count(*) FROM other.wilk_object").fetchone()
    assert row == (0,)
    again.close()


def test_a_database_that_sends_without_end_is_not_listened_to(
    postgres_server: PostgresServer, database: str, cargo: Cargo, sink: PostgresSink
) -> None:
    cargo.ship(sink)
    postgres_server.execute("DROP TRIGGER wilk_piece_stays ON wilk_piece", database)
    postgres_server.execute(
        "INSERT INTO wilk_piece SELECT key, n, 'x' FROM wilk_object, generate_series(1, 9) AS n",
        database,
    )
    for body, why in (
        ("'x'", "pieces that Wilk never made"),
        ("''", "pieces that Wilk never made"),
        (f"convert_to(repeat('x', {PIECE}), 'UTF8')", "bytes that were shipped"),
    ):
        postgres_server.execute(f"UPDATE wilk_piece SET body = {body}", database)  # noqa: S608 - our own words
        with pytest.raises(VerificationError, match=why):
            check(sink, cargo.receipts, cargo.log.root)
