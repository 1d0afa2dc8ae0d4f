"""Shipping to a real S3-compatible server with Object Lock."""

from __future__ import annotations

import hashlib
import secrets
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.s3_server import ACCESS, REGION, S3Server
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.sinks import check, kept_elsewhere
from wilkc.runtime.sinks.s3 import Bucket, S3Sink, parse_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.runtime.sinks.conftest import Cargo

DAYS = 30
MOST = 1 << 20


@pytest.fixture
def client(s3_server: S3Server) -> Iterator[Any]:
    """A client that may do everything."""
    client = s3_server.client()
    yield client
    client.close()


@pytest.fixture
def bucket(s3_server: S3Server, client: Any, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket of this test's own, with Object Lock."""
    for name, value in {**ACCESS, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    name = f"test-{secrets.token_hex(8)}"
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return Bucket(name, "logs/", s3_server.endpoint, lock_days=DAYS)


@pytest.fixture
def sink(bucket: Bucket) -> Iterator[S3Sink]:
    """A sink in that bucket."""
    sink = S3Sink(bucket)
    yield sink
    sink.close()


def _file(folder: Path, data: bytes) -> tuple[Path, str]:
    path = folder / "file"
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def test_segments_arrive_under_lock_and_are_verified_there(
    cargo: Cargo, sink: S3Sink, bucket: Bucket, client: Any
) -> None:
    found = cargo.ship(sink)
    assert (found.segments, kept_elsewhere(cargo.receipts)) == (2, found.size)
    cargo.add()
    assert cargo.ship(sink).segments == 1
    assert check(sink, cargo.receipts, cargo.log.root).size > found.size
    for one in client.list_objects_v2(Bucket=bucket.name)["Contents"]:
        assert one["Key"].startswith("logs/")
        lock = client.get_object_retention(Bucket=bucket.name, Key=one["Key"])["Retention"]
        assert lock["Mode"] == "COMPLIANCE"
        assert lock["RetainUntilDate"] > datetime.now(UTC) + timedelta(days=DAYS - 1)


def test_nobody_deletes_what_is_locked(
    sink: S3Sink, bucket: Bucket, client: Any, tmp_path: Path
) -> None:
    sink.put("x", *_file(tmp_path, b"one"))
    where = {"Bucket": bucket.name, "Key": "logs/x"}
    version = client.head_object(**where)["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(**where, VersionId=version)


def test_what_is_put_on_top_hides_nothing(
    cargo: Cargo, sink: S3Sink, bucket: Bucket, client: Any
) -> None:
    cargo.ship(sink)
    name = cargo.log.segments()[0].name
    client.put_object(Bucket=bucket.name, Key=f"logs/{name}", Body=b"forged")
    client.delete_object(Bucket=bucket.name, Key=f"logs/{cargo.log.segments()[1].name}")
    assert check(sink, cargo.receipts, cargo.log.root).size == kept_elsewhere(cargo.receipts)


def test_something_else_by_the_same_name_is_refused(
    sink: S3Sink, bucket: Bucket, client: Any, tmp_path: Path
) -> None:
    client.put_object(Bucket=bucket.name, Key="logs/x", Body=b"something else")
    with pytest.raises((VerificationError, UnavailableError)):
        sink.put("x", *_file(tmp_path, b"one"))


def test_putting_again_is_nothing(sink: S3Sink, tmp_path: Path) -> None:
    path, digest = _file(tmp_path, b"one")
    sink.put("x", path, digest)
    sink.put("x", path, digest)
    with sink.read("x", MOST) as file:
        assert file.read() == b"one"


def test_a_lock_that_ends_too_early_is_made_longer(
    bucket: Bucket, client: Any, tmp_path: Path
) -> None:
    path, digest = _file(tmp_path, b"one")
    for days in (1, DAYS):
        short = S3Sink(Bucket(bucket.name, bucket.prefix, bucket.endpoint, lock_days=days))
        short.put("x", path, digest)
        short.close()
    lock = client.get_object_retention(Bucket=bucket.name, Key="logs/x")["Retention"]
    assert lock["RetainUntilDate"] > datetime.now(UTC) + timedelta(days=DAYS - 1)


def test_a_file_that_is_not_what_it_was_is_refused_by_the_server(
    sink: S3Sink, tmp_path: Path
) -> None:
    path, _ = _file(tmp_path, b"one")
    with pytest.raises(UnavailableError):
        sink.put("x", path, "0" * 64)
    with pytest.raises(UnavailableError, match="has no `x`"), sink.read("x", MOST):
        pass


def test_a_bucket_without_object_lock_is_refused(
    s3_server: S3Server, client: Any, bucket: Bucket
) -> None:
    name = f"test-{secrets.token_hex(8)}"
    client.create_bucket(Bucket=name)
    with pytest.raises(UsageError, match="has no Object Lock"):
        S3Sink(Bucket(name, "", s3_server.endpoint))
    del bucket


def test_a_bucket_that_is_not_there(s3_server: S3Server, bucket: Bucket) -> None:
    del bucket
    with pytest.raises(UnavailableError, match="cannot be used"):
        S3Sink(Bucket(f"none-{secrets.token_hex(8)}", "", s3_server.endpoint))


def test_wrong_credentials(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(UnavailableError, match="cannot be used"):
        S3Sink(bucket)


def test_a_storage_that_is_not_there(bucket: Bucket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(UnavailableError, match="cannot be used"):
        S3Sink(Bucket(bucket.name, "", f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize("endpoint", ["http://s3.example", "ftp://127.0.0.1", "s3.example"])
def test_an_endpoint_that_is_not_https(endpoint: str) -> None:
    with pytest.raises(UsageError, match="is not https"):
        S3Sink(Bucket("x", "", endpoint))


@pytest.mark.parametrize(
    ("place", "name", "prefix"),
    [("s3://b", "b", ""), ("s3://b/", "b", ""), ("s3://b/x/y/", "b", "x/y/")],
)
def test_places(place: str, name: str, prefix: str) -> None:
    found = parse_bucket(place, endpoint="", ca_file="", lock_days=1)
    assert (found.name, found.prefix) == (name, prefix)


@pytest.mark.parametrize("place", ["s3://", "s3:///x", "s3://b?x", "https://b/"])
def test_places_that_are_none(place: str) -> None:
    with pytest.raises(UsageError, match="s3://BUCKET/PREFIX"):
        parse_bucket(place, endpoint="", ca_file="", lock_days=1)


class Careless:
    """A client of a storage that says yes to a lock and sets none."""

    def __init__(self, client: Any, answer: dict[str, Any]) -> None:
        self.client = client
        self.answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def get_object_retention(self, **_: Any) -> dict[str, Any]:
        return self.answer

    def put_object_retention(self, **_: Any) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    "lock",
    [
        {},
        {"Mode": "COMPLIANCE"},
        {"Mode": "GOVERNANCE", "RetainUntilDate": datetime(2999, 1, 1, tzinfo=UTC)},
        {"Mode": "COMPLIANCE", "RetainUntilDate": datetime(2001, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_storage_that_locks_nothing_gives_no_receipt(
    lock: dict[str, Any], sink: S3Sink, cargo: Cargo
) -> None:
    for answer in ({"Retention": lock}, {}):
        careless = S3Sink(sink._bucket)
        careless._client = Careless(careless._client, answer)
        with pytest.raises(VerificationError, match="is not locked"):
            cargo.ship(careless)
        careless.close()
    assert kept_elsewhere(cargo.receipts) == 0
    assert cargo.ship(sink).segments == 2


def test_what_is_longer_than_what_was_shipped_is_not_taken(sink: S3Sink, tmp_path: Path) -> None:
    sink.put("x", *_file(tmp_path, b"one"))
    with pytest.raises(VerificationError, match="more than the 2 bytes"), sink.read("x", 2):
        pass
