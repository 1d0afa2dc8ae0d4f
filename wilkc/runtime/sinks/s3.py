"""S3-compatible storage with Object Lock. Layer: runtime; needs the extra `s3`.

Every object is locked in mode COMPLIANCE: until its day nobody deletes that version of it, not
its owner either. Somebody may put another version on top, or a mark that says deleted; what
is read is the oldest version, which is the one that was shipped.

Credentials are those that boto3 finds: the environment, a profile, the machine's role.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.core.tls import hold_to_tls_1_3, is_loopback
from wilkc.runtime.sinks.spooled import spooled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60
ATTEMPTS: Final = 3
LOCK_DAYS: Final = 365
MAX_PAGES: Final = 1000
"""Of the list of versions of one object, a thousand each."""
_CHUNK: Final = 1 << 20
_SLACK: Final = timedelta(minutes=5)
_THERE: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where in an S3-compatible storage.

    Attributes:
        name: of the bucket, which has Object Lock.
        prefix: what every key begins with, with its `/`; empty for nothing.
        endpoint: address of the storage; empty for Amazon's own.
        ca_file: certificates to trust instead of the system's; empty for those.
        lock_days: how long nothing may be deleted.
    """

    name: str
    prefix: str = ""
    endpoint: str = ""
    ca_file: str = ""
    lock_days: int = LOCK_DAYS


class S3Sink:
    """Keeps objects in a bucket.

    Args:
        bucket: where.

    Raises:
        UsageError: the endpoint is not https, or the bucket has no Object Lock.
        UnavailableError: the storage cannot be reached, or refuses.
    """

    def __init__(self, bucket: Bucket) -> None:
        _require_https(bucket.endpoint)
        self._bucket = bucket
        self._client = _client(bucket)
        self._require_lock()

    @property
    def name(self) -> str:
        """Bucket, prefix and endpoint."""
        place = f"s3://{self._bucket.name}/{self._bucket.prefix}"
        return f"{place} at {self._bucket.endpoint}" if self._bucket.endpoint else place

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Upload a file under lock, see `Sink.put`."""
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode("ascii")
        until = datetime.now(UTC) + timedelta(days=self._bucket.lock_days)
        with _asked(self.name), open_plain(path) as file:
            try:
                self._client.put_object(
                    Bucket=self._bucket.name,
                    Key=self._bucket.prefix + key,
                    Body=file,
                    ChecksumSHA256=checksum,
                    IfNoneMatch="*",
                    ObjectLockMode="COMPLIANCE",
                    ObjectLockRetainUntilDate=until,
                )
            except ClientError as error:
                if _code(error) not in _THERE:
                    raise
                # It is there already: by an earlier run, or by somebody else.
        self._require_kept(key, checksum, until)

    @contextmanager
    def read(self, key: str, most: int) -> Iterator[BinaryIO]:
        """The oldest version, see `Sink.read`."""
        with _asked(self.name):
            answer = self._client.get_object(
                Bucket=self._bucket.name,
                Key=self._bucket.prefix + key,
                VersionId=self._oldest(key),
            )
            pieces = answer["Body"].iter_chunks(_CHUNK)
            with spooled(pieces, most, f"`{key}` at `{self.name}`") as file:
                yield file

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _require_lock(self) -> None:
        try:
            with _asked(self.name):
                found = self._client.get_object_lock_configuration(Bucket=self._bucket.name)
        except UnavailableError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and "ObjectLock" in _code(cause):
                found = {}
            else:
                raise
        if found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
            raise UsageError(
                f"the bucket `{self._bucket.name}` has no Object Lock",
                help_text="it is switched on when a bucket is made",
            )

    def _require_kept(self, key: str, checksum: str, until: datetime) -> None:
        """The oldest version must be these bytes, and locked for long enough."""
        where: dict[str, Any] = {
            "Bucket": self._bucket.name,
            "Key": self._bucket.prefix + key,
        }
        with _asked(self.name):
            where["VersionId"] = self._oldest(key)
            head = self._client.head_object(**where, ChecksumMode="ENABLED")
            lock = self._lock_of(where)
        if head.get("ChecksumSHA256") != checksum:
            raise VerificationError(f"`{key}` at `{self.name}` holds something else")
        if not _is_locked(lock, until):
            # Kept from an earlier run: its lock may be shorter by the time that passed since.
            with _asked(self.name):
                self._client.put_object_retention(
                    **where, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until}
                )
                lock = self._lock_of(where)
        if not _is_locked(lock, until):
            raise VerificationError(f"`{key}` at `{self.name}` is not locked")

    def _lock_of(self, where: Mapping[str, Any]) -> Mapping[str, Any]:
        """The lock of a version; a server may leave out anything."""
        found: Mapping[str, Any] = self._client.get_object_retention(**where).get("Retention", {})
        return found

    def _oldest(self, key: str) -> str:
        """The id of the version that was put first."""
        full = self._bucket.prefix + key
        found = ""
        pages = self._client.get_paginator("list_object_versions")
        for number, page in enumerate(pages.paginate(Bucket=self._bucket.name, Prefix=full)):
            if number >= MAX_PAGES:
                raise UnavailableError(f"`{self.name}` lists versions of `{key}` without end")
            # Newest first within a key; the last one seen is the oldest.
            for one in page.get("Versions", []):
                if one.get("Key") == full:
                    found = str(one.get("VersionId", ""))
        if not found:
            raise UnavailableError(f"`{self.name}` has no `{key}`")
        return found


def parse_bucket(place: str, *, endpoint: str, ca_file: str, lock_days: int) -> Bucket:
    """The bucket that `s3://NAME/PREFIX` names.

    Raises:
        UsageError: it names none.
    """
    parts = urlsplit(place)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise UsageError(f"`{place}` is not `s3://BUCKET/PREFIX`")
    prefix = parts.path.strip("/")
    return Bucket(parts.netloc, f"{prefix}/" if prefix else "", endpoint, ca_file, lock_days)


def _client(bucket: Bucket) -> Any:
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS},
        proxies={},  # none from the environment
        s3={"addressing_style": "path" if bucket.endpoint else "auto"},
    )
    try:
        # A session of its own: the one that boto3 shares remembers credentials for ever.
        client = boto3.session.Session().client(
            "s3", endpoint_url=bucket.endpoint or None, verify=bucket.ca_file or None, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise UsageError(f"the storage cannot be used: {error}") from error
    _demand_tls_1_3(client)
    return client


def _demand_tls_1_3(client: Any) -> None:
    """The library has no setting for it; where its parts have other names, nothing is shipped."""
    try:
        pools = client._endpoint.http_session._manager.connection_pool_kw  # noqa: SLF001
    except AttributeError:
        pools = {}
    hold_to_tls_1_3(pools.get("ssl_context"), "boto3")


def _require_https(endpoint: str) -> None:
    parts = urlsplit(endpoint)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if endpoint and parts.scheme != "https" and not plain:
        raise UsageError(f"the endpoint `{endpoint}` is not https")


def _is_locked(lock: Mapping[str, Any], until: datetime) -> bool:
    """Whether nobody can delete it until then."""
    ends = lock.get("RetainUntilDate")
    return lock.get("Mode") == "COMPLIANCE" and ends is not None and ends >= until - _SLACK


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _asked(name: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, OSError) as error:
        raise UnavailableError(f"`{name}` cannot be used: {error}") from error
