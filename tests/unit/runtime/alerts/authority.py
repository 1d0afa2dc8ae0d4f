"""A certificate authority of the test's own, and receivers that show its certificates."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "receiver.example"
SECONDS = 30.0
_DAY = timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Issues certificates; its own is in `ca_file`."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"{name} of a test")
        self.ca_file = folder / f"{name}.pem"
        made = (
            self._builder(self._name, self._key.public_key(), datetime.now(UTC) + _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        name: str = NAME,
        *,
        ends: timedelta = _DAY,
        self_signed: bool = False,
        client: bool = False,
    ) -> Path:
        """A file with a new key and its certificate for a name; of a server, or of a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(
            _name(name) if self_signed else self._name, key.public_key(), datetime.now(UTC) + ends
        ).subject_name(_name(name))
        use = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        signed = (
            builder.add_extension(x509.SubjectAlternativeName([_alternative(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .sign(key if self_signed else self._key, hashes.SHA256())
        )
        path = self._folder / f"{name.replace(':', '-')}-{key.public_key().public_numbers().x}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        return path

    def context(
        self,
        name: str = NAME,
        *,
        ends: timedelta = _DAY,
        highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        self_signed: bool = False,
    ) -> ssl.SSLContext:
        """The server's side of TLS with a new certificate for a name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = highest
        context.load_cert_chain(self.issue(name, ends=ends, self_signed=self_signed))
        return context

    def _builder(
        self, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends: datetime
    ) -> x509.CertificateBuilder:
        own = self._key.public_key()
        builder = x509.CertificateBuilder().issuer_name(issuer).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(datetime.now(UTC) - 30 * _DAY).not_valid_after(ends)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
        if issuer == self._name:
            authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(own)
            builder = builder.add_extension(authority, critical=False)
        return builder if key is not own and key != own else builder.subject_name(self._name)


def _alternative(name: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs, crl_sign=signs,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


class Connections(ABC):
    """Listens on the loopback and hands over one connection after another, until it is left.

    Attributes:
        port: where; 0 before.
        connections: how many came so far.
    """

    port = 0
    connections = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(SECONDS)

    def _serve(self) -> None:
        while True:
            try:
                made, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with suppress(OSError), made:
                made.settimeout(SECONDS)
                self._answer(made)

    @abstractmethod
    def _answer(self, made: socket.socket) -> None:
        """What is done with a connection."""


@dataclass
class Receiver(Connections):
    """An HTTPS server that answers each request with the same bytes, or as told.

    Attributes:
        context: its side of TLS; None for none, where it answers to whatever comes.
        answer: what it sends.
        talk: takes the place of the answer: is given the connection.
        got: every request, as head and body.
    """

    context: ssl.SSLContext | None
    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    talk: Callable[[socket.socket], None] | None = None
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def _answer(self, made: socket.socket) -> None:
        if self.context is None:
            self.got.append(({}, made.recv(65_536)))
            made.sendall(self.answer)
            return
        made = self.context.wrap_socket(made, server_side=True)
        with made, made.makefile("rb") as file:
            first = file.readline()
            if not first:
                return
            head = {":first": first.decode(errors="replace").strip()}
            while line := file.readline().decode(errors="replace").strip():
                name, _, value = line.partition(": ")
                head[name.lower()] = value
            if "content-length" not in head:
                return
            self.got.append((head, file.read(int(head["content-length"]))))
            if self.talk is not None:
                self.talk(made)
            else:
                made.sendall(self.answer)
