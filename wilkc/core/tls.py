"""The one place where TLS is set up. Layer: core.

TLS 1.3 (RFC 8446) and nothing older, on both sides, for all that leaves this host. A client
verifies certificate and name always; a server may demand a client's certificate. Nothing is
taken from the environment but the system's authorities, where no others are named. The module
`ssl` is loaded by who needs it.
"""

from __future__ import annotations

import ssl
import threading
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

LOOK_SECONDS: Final = 1.0
"""How often it is looked whether a server's files have changed."""
_State = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with what is above it, and its key, as PEM files.

    Attributes:
        chain: the certificate first.
        key: its private key, without a passphrase.
    """

    chain: Path
    key: Path


def is_loopback(host: str) -> bool:
    """Whether a host is this one: a loopback address, or `localhost` (RFC 6761 section 6.3)."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def redis_way(url: str) -> dict[str, Any]:
    """What the client of Redis is told of TLS, which another host is always asked by.

    Args:
        url: `unix:///run/redis.sock`, `redis://localhost:6379/0`, or `rediss://…` with TLS.

    Raises:
        UsageError: the address asks for less.
    """
    parts = urlsplit(url)
    if parts.scheme == "redis" and parts.hostname and not is_loopback(parts.hostname):
        raise UsageError(
            f"`{parts.hostname}` is another host, which is asked by TLS only",
            help_text="write its address as `rediss://…`",
        )
    if parts.scheme != "rediss":
        return {}
    if "ssl_" in parts.query:
        raise UsageError("how TLS verifies is not for the address to say")
    return {
        "ssl_min_version": ssl.TLSVersion.TLSv1_3,
        "ssl_include_verify_flags": [ssl.VERIFY_X509_STRICT],
    }


def client_context(ca_file: str = "", certificate: Certificate | None = None) -> ssl.SSLContext:
    """The client's side: the server's certificate and name are verified strictly.

    Args:
        ca_file: PEM file of the authorities that are believed; empty for the system's.
        certificate: shown to a server that asks for one.

    Raises:
        UsageError: a file cannot be read or holds no such thing.
    """
    # Not `create_default_context`, which writes keys to where SSLKEYLOGFILE says.
    context = _only_1_3(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if ca_file:
            context.load_verify_locations(cafile=ca_file)
        else:
            context.load_default_certs()
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"cannot read `{ca_file}`: {error}") from error
    if certificate is not None:
        _show(context, certificate)
    return context


def hold_to_tls_1_3(context: object, library: str) -> None:
    """Hold a library's own context to what `client_context` demands.

    For libraries that take no context and have no setting for it. That certificates and names
    are verified is for the caller to see to.

    Args:
        context: what the library keeps; any connection that it makes must come from it.
        library: its name.

    Raises:
        UnavailableError: it keeps none, or one of another kind.
    """
    if not isinstance(context, ssl.SSLContext):
        raise UnavailableError(f"this version of {library} cannot be held to TLS 1.3")
    _hold(context)
    if context.keylog_filename is not None:
        raise UnavailableError("the variable SSLKEYLOGFILE would write the keys of connections")


class ServerTls:
    """The server's side, which takes up changed files without a restart.

    Files that make no sense together, as while they are replaced, change nothing: what was
    loaded last goes on.

    Args:
        certificate: what it shows.
        client_ca: PEM file of the authorities whose clients are let in; None lets in everybody.

    Raises:
        UsageError: a file cannot be read or holds no such thing.
    """

    def __init__(self, certificate: Certificate, client_ca: Path | None = None) -> None:
        self._certificate = certificate
        self._client_ca = client_ca
        self._lock = threading.Lock()
        self._state = self._look()
        self._current = self._made()
        self._looked = time.monotonic()
        self.context = self._made()
        """For the listener; each connection is handed on to the newest files."""
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, *_: Any) -> None:
        """Called for every connection before anything is shown, with a name or without."""
        connection.context = self._newest()

    def _newest(self) -> ssl.SSLContext:
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._looked = time.monotonic()
                try:
                    state = self._look()
                    if state != self._state:
                        self._current = self._made()
                        self._state = state
                except UsageError:
                    return self._current
            return self._current

    def _look(self) -> _State:
        files = [self._certificate.chain, self._certificate.key]
        found = []
        for path in [*files, self._client_ca] if self._client_ca else files:
            try:
                status = path.stat()
            except OSError as error:
                raise UsageError(f"cannot read `{path}`: {error.strerror}") from error
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
        return tuple(found)

    def _made(self) -> ssl.SSLContext:
        context = _only_1_3(ssl.PROTOCOL_TLS_SERVER)
        # A ticket would bring a client in again whose certificate is no longer accepted.
        context.num_tickets = 0
        _show(context, self._certificate)
        if self._client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            try:
                context.load_verify_locations(cafile=self._client_ca)
            except (OSError, ssl.SSLError) as error:
                raise UsageError(f"cannot read `{self._client_ca}`: {error}") from error
        return context


def _only_1_3(side: int) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    _hold(context)
    return context


def _hold(context: ssl.SSLContext) -> None:
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_STRICT


def _show(context: ssl.SSLContext, certificate: Certificate) -> None:
    def refuse() -> str:
        raise UsageError(f"the key `{certificate.key}` has a passphrase")

    try:
        context.load_cert_chain(certificate.chain, certificate.key, password=refuse)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"`{certificate.chain}` and `{certificate.key}` are no certificate and its key: {error}"
        ) from error
