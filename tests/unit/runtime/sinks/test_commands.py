"""`wilkc audit ship` to real servers, and what it prints."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from tests.s3_server import ACCESS, REGION, S3Server
from wilkc.cli.commands.audit.ship import ship
from wilkc.core.errors import UsageError
from wilkc.runtime.sinks import kept_elsewhere

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer
    from tests.unit.runtime.sinks.conftest import Cargo


def _ship(cargo: Cargo, place: object, *options: str) -> str:
    arguments: list[Any] = [
        cargo.log.directory, "--to", place, "--root", cargo.log.root,
        "--receipts", cargo.receipts, *options,
    ]  # fmt: skip
    done = CliRunner().invoke(ship, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_to_a_bucket(cargo: Cargo, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**ACCESS, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    name = f"test-{secrets.token_hex(8)}"
    client = s3_server.client()
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    client.close()
    place, options = f"s3://{name}/agents", ("--endpoint", s3_server.endpoint, "--lock-days", "1")
    assert "2 shipped now" in _ship(cargo, place, *options)
    assert "verified there" in _ship(cargo, place, *options, "--check")


def test_to_a_database(cargo: Cargo, postgres_server: PostgresServer) -> None:
    name = f"test_{secrets.token_hex(8)}"
    postgres_server.execute(f"CREATE DATABASE {name}")
    place = postgres_server.address(name)
    found = json.loads(_ship(cargo, place, "--make", "--format", "json"))
    assert found["segments"] == 2
    assert found["size"] == kept_elsewhere(cargo.receipts)
    assert "verified there" in _ship(cargo, place, "--check")


def test_to_a_folder_that_is_not_there(cargo: Cargo) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        _ship(cargo, cargo.place / "none")
