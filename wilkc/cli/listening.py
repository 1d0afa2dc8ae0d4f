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
from wilkc.core.errors import UsageError
from wilkc.core.tls import Certificate, ServerTls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.identity import Identity

_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Way:
    """How callers come in, as the options say.

    Attributes:
        listen_address: `HOST:PORT`, or None.
        tls_cert: PEM file of the certificate, or None.
        tls_key: PEM file of its key; None takes the certificate's file.
        client_ca: PEM file of the clients' authorities, or None.
        identity: folder of who may ask, or None.
        audit: folder of the log that failures go to, or None.
    """

    listen_address: str | None
    tls_cert: str | None
    tls_key: str | None
    client_ca: str | None
    identity: str | None
    audit: str | None

    def address(self) -> Address | None:
        """Where to listen in the network.

        Raises:
            UsageError: the address or the certificate is none.
        """
        if self.listen_address is None:
            if self.tls_cert or self.tls_key or self.client_ca:
                raise UsageError("certificates go with `--listen-address`")
            return None
        host, _, port = self.listen_address.rpartition(":")
        if not host or not port.isdecimal() or int(port) > _MAX_PORT:
            raise UsageError(
                f"`{self.listen_address}` is no address",
                help_text="write it like `127.0.0.1:8181`, or `[::1]:8181`",
            )
        return Address(host.strip("[]"), int(port), self._tls(), bool(self.client_ca))

    @contextmanager
    def opened(self) -> Iterator[Identity | None]:
        """Who may ask, until the context ends; None for whoever can connect."""
        if self.identity is None:
            yield None
            return
        with opened_identity(Path(self.identity), self.audit) as identity:
            yield identity

    def _tls(self) -> ServerTls | None:
        if self.tls_cert is None:
            if self.tls_key or self.client_ca:
                raise UsageError("name the certificate by `--tls-cert`")
            return None
        certificate = Certificate(Path(self.tls_cert), Path(self.tls_key or self.tls_cert))
        return ServerTls(certificate, Path(self.client_ca) if self.client_ca else None)


_OPTIONS = (
    click.option("--listen-address", metavar="HOST:PORT", help="Serve there, not at a socket."),
    click.option("--tls-cert", metavar="FILE", help="Certificate to show, in PEM; reloaded."),
    click.option("--tls-key", metavar="FILE", help="Its key; default: in the same file."),
    click.option("--client-ca", metavar="FILE", help="Authority of clients that may connect."),
    click.option("--identity", metavar="DIR", help="Who may ask, see `wilkc identity`."),
    click.option("--audit", metavar="DIR", help="Log that failed authentications go to."),
)


def listening_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as `way`."""

    @functools.wraps(command)
    def gathered(  # noqa: PLR0913  # one parameter per option
        *,
        listen_address: str | None,
        tls_cert: str | None,
        tls_key: str | None,
        client_ca: str | None,
        identity: str | None,
        audit: str | None,
        **rest: Any,
    ) -> Any:
        way = Way(listen_address, tls_cert, tls_key, client_ca, identity, audit)
        return command(way=way, **rest)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered
