"""Listening at a port: who may ask there, and how it is kept from others. Layer: cli."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wilkc.adapters.authzen import Address
from wilkc.cli.identities import opened_identity
from wilkc.cli.options import together
from wilkc.core.errors import UsageError
from wilkc.core.tls import Certificate, ServerTls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.cli.options import Command
    from wilkc.identity import Identity

_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What a port shows and whom it lets in, as the options say.

    Attributes:
        tls_cert: PEM file of the certificate, or None.
        tls_key: PEM file of its key; None takes the certificate's file.
        client_ca: PEM file of the clients' authorities, or None.
    """

    tls_cert: str | None
    tls_key: str | None
    client_ca: str | None

    def named(self) -> bool:
        """Whether there is any."""
        return bool(self.tls_cert or self.tls_key or self.client_ca)

    def opened(self) -> ServerTls | None:
        """The server's side; None where no certificate is named.

        Raises:
            UsageError: the files are none, or something is named without a certificate.
        """
        if self.tls_cert is None:
            if self.named():
                raise UsageError("name the certificate by `--tls-cert`")
            return None
        certificate = Certificate(Path(self.tls_cert), Path(self.tls_key or self.tls_cert))
        return ServerTls(certificate, Path(self.client_ca) if self.client_ca else None)


@dataclass(frozen=True, slots=True)
class Way:
    """How callers come in, as the options say.

    Attributes:
        listen_address: `HOST:PORT`, or None.
        tls: what is shown there.
        identity: folder of who may ask, or None.
        audit: folder of the log that failures go to, or None.
    """

    listen_address: str | None
    tls: TlsFiles
    identity: str | None
    audit: str | None

    def address(self) -> Address | None:
        """Where to listen in the network.

        Raises:
            UsageError: the address or the certificate is none.
        """
        if self.listen_address is None:
            if self.tls.named():
                raise UsageError("certificates go with `--listen-address`")
            return None
        host, _, port = self.listen_address.rpartition(":")
        if not host or not port.isdecimal() or int(port) > _MAX_PORT:
            raise UsageError(
                f"`{self.listen_address}` is no address",
                help_text="write it like `127.0.0.1:8181`, or `[::1]:8181`",
            )
        return Address(host.strip("[]"), int(port), self.tls.opened(), bool(self.tls.client_ca))

    @contextmanager
    def opened(self) -> Iterator[Identity | None]:
        """Who may ask, until the context ends; None for whoever can connect."""
        if self.identity is None:
            yield None
            return
        with opened_identity(Path(self.identity), self.audit) as identity:
            yield identity


_TLS_OPTIONS = (
    click.option("--tls-cert", metavar="FILE", help="Certificate to show, in PEM; reloaded."),
    click.option("--tls-key", metavar="FILE", help="Its key; default: in the same file."),
    click.option("--client-ca", metavar="FILE", help="Authority of clients that may connect."),
)
_BEFORE = (
    click.option("--listen-address", metavar="HOST:PORT", help="Serve there, not at a socket."),
)
_AFTER = (
    click.option("--identity", metavar="DIR", help="Who may ask, see `wilkc identity`."),
    click.option("--audit", metavar="DIR", help="Log that failed authentications go to."),
)


def tls_options(command: Command) -> Command:
    """Add `--tls-cert`, `--tls-key` and `--client-ca`; the command gets them as `tls`."""

    @functools.wraps(command)
    def gathered(
        *, tls_cert: str | None, tls_key: str | None, client_ca: str | None, **rest: Any
    ) -> Any:
        return command(tls=TlsFiles(tls_cert, tls_key, client_ca), **rest)

    return together(*_TLS_OPTIONS)(gathered)


def listening_options(command: Command) -> Command:
    """Add the options; the command gets them as `way`."""

    @functools.wraps(command)
    def gathered(
        *,
        listen_address: str | None,
        tls: TlsFiles,
        identity: str | None,
        audit: str | None,
        **rest: Any,
    ) -> Any:
        return command(way=Way(listen_address, tls, identity, audit), **rest)

    return together(*_BEFORE)(tls_options(together(*_AFTER)(gathered)))
