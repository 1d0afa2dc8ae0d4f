"""What is revoked on any host of a fleet, over one Redis or Valkey. Layer: identity.

A stream on the server holds each revocation and each restoration in its order, numbered without a
gap; every host takes what is new into its own table, four times a second, before it believes
anything. A host that cannot ask for a second, or that misses a number because the server has
forgotten it, lets nobody in. The server is
trusted: whoever can write to it can lift what was revoked there. A home of `redis`.
"""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.files import replace_file
from wilkc.core.strict_json import decode_json
from wilkc.core.tls import redis_way
from wilkc.identity.others import FLEET
from wilkc.identity.revocation import FOREVER, Kind
from wilkc.identity.secret import read_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from redis import Redis

    from wilkc.identity.others import Place

BATCH: Final = 10_000
"""Entries that are taken at a time."""
MAX_NAME: Final = 1024
SECONDS: Final = 0.5
"""For one question to the server."""
_MOST_BYTES: Final = 4096
_TELL: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local number = redis.call('INCR', KEYS[2])
redis.call('XADD', KEYS[3], '*', 'number', number,
           'kind', ARGV[2], 'name', ARGV[3], 'until', ARGV[4])
return number
"""
_KINDS: Final = frozenset(get_args(Kind)) - {"source"}
"""Sources that failed wait on the host where they did."""


@dataclass(frozen=True, slots=True)
class _Settings:
    url: str
    name: str
    begun: str


def join_fleet(folder: Path, url: str, name: str, *, begin: bool) -> None:
    """Share what is revoked from now on with the hosts that share it over a server.

    Args:
        folder: of the identity.
        url: `unix:///run/redis.sock`, `redis://localhost:6379/0`, or `rediss://…` with TLS.
        name: tells the fleets apart that share a server.
        begin: begin a fleet, which must not be there; else it must be.

    Raises:
        UsageError: the address makes no sense, or the fleet is there, or is not.
        UnavailableError: the server cannot be used, or the settings cannot be written.
    """
    client = _client(url)
    with _failing():
        if begin:
            made: Any = client.set(f"{name}:begun", secrets.token_hex(16), nx=True)
            if not made:
                raise UsageError(f"the fleet `{name}` has begun on that server already")
            # Of one that the server has forgotten in part.
            client.delete(f"{name}:count", f"{name}:revoked")
        begun: Any = client.get(f"{name}:begun")
    if begun is None:
        raise UsageError(f"no fleet `{name}` has begun on that server", help_text="say `--begin`")
    settings = _Settings(url, name, begun.decode("ascii", "replace"))
    try:
        data = json.dumps(to_json(settings)).encode()
        replace_file(folder / FLEET, data, mode=0o600, durable="name")
    except OSError as error:
        raise UnavailableError(f"cannot write to `{folder}`: {error.strerror}") from error


def open_fleet(folder: Path) -> Fleet:
    """The fleet of an identity that has joined one.

    Raises:
        UnavailableError: its settings are damaged, or open to others.
    """
    place = folder / FLEET
    try:
        settings = from_json(_Settings, decode_json(read_own(place, _MOST_BYTES)), "fleet")
        return Fleet(settings)
    except (ValueError, UsageError) as error:
        raise UnavailableError(f"`{place}`: {error}") from error


class Fleet:
    """The other hosts, behind one server; safe for threads and forks as its client is."""

    def __init__(self, settings: _Settings) -> None:
        self._settings = settings
        self._client = _client(settings.url)
        self._keys = [f"{settings.name}:{part}" for part in ("begun", "count", "revoked")]
        self._tell = self._client.register_script(_TELL)

    @property
    def begun(self) -> str:
        """Tells this fleet from one that was begun anew."""
        return self._settings.begun

    def tell(self, kind: Kind, name: str, until: int) -> None:
        """Tell all hosts of a revocation; of a restoration by 0.

        Raises:
            UnavailableError: it cannot be told.
        """
        if kind not in _KINDS:
            return
        if not 0 < len(name) <= MAX_NAME or not 0 <= until <= FOREVER:
            # No host could read it, and each would let nobody in.
            raise UnavailableError(f"no name of {len(name)} characters can be told to the fleet")
        parts = (self.begun, kind, name, until)
        with _failing():
            told: Any = self._tell(keys=self._keys, args=parts)
        if not told:
            raise _forgotten()

    def news(self, after: Place) -> tuple[list[tuple[Kind, str, int]], Place]:
        """What was told after an entry, at most `BATCH` of it, and the last entry of that.

        Raises:
            UnavailableError: it cannot be asked, or the server has forgotten something.
        """
        entry, number = after
        with _failing(), self._client.pipeline(transaction=True) as asking:
            asking.mget(self._keys[:2])
            asking.xrange(self._keys[2], min=f"({entry}", count=BATCH)
            (begun, last), found = asking.execute()
        if begun != self.begun.encode() or int(last or 0) < number:
            raise _forgotten()
        told = []
        for place, fields in found:
            number += 1
            told.append(_read(fields, number))
            entry = place.decode("ascii")
        if not told and int(last or 0) != number:
            raise _forgotten()
        return told, (entry, number)


def _forgotten() -> UnavailableError:
    return UnavailableError(
        "the server of the fleet has forgotten what was revoked",
        help_text="begin the fleet anew, and let each host join again: wilkc identity fleet",
    )


def _read(fields: Mapping[bytes, bytes], number: int) -> tuple[Kind, str, int]:
    try:
        kind, name = (fields[one].decode("utf-8", "surrogatepass") for one in (b"kind", b"name"))
        until, told = int(fields[b"until"]), int(fields[b"number"])
    except (KeyError, ValueError) as error:
        raise UnavailableError("the server of the fleet holds something else") from error
    if kind not in _KINDS or not 0 < len(name) <= MAX_NAME or not 0 <= until <= FOREVER:
        raise UnavailableError("the server of the fleet holds something else")
    if told != number:
        raise _forgotten()
    return cast("Kind", kind), name, until


def _client(url: str) -> Redis:
    try:
        # Nobody else needs the package.
        from redis import Redis  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError as error:
        raise UnavailableError(
            "the package `redis` is not installed", help_text="pip install 'wilkc[redis]'"
        ) from error
    try:
        client: Redis = Redis.from_url(
            url,
            **redis_way(url),
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except (ValueError, TypeError) as error:
        raise UsageError(f"no address of a server: {error}") from error
    return client


@contextmanager
def _failing() -> Iterator[None]:
    """Whatever the server or the way to it does wrong is one kind of error."""
    from redis import RedisError  # noqa: PLC0415

    try:
        yield
    except (RedisError, OSError, TypeError, ValueError, AttributeError) as error:
        raise UnavailableError(f"cannot ask the server of the fleet: {error}") from error
