"""Hosts on the loopback of this machine, with certificates of an authority made for the tests."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ("api.example.com", "plain.example.com", "localhost", "other.example.org")


@dataclass(frozen=True)
class Authority:
    """A certificate authority, and one certificate of it for all hosts."""

    certificate: str
    server: ssl.SSLContext


def make_authority(folder: Path) -> Authority:
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wilk test")])
    now = dt.datetime.now(dt.UTC)

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )

    root = (
        build(name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    host = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    alternatives = x509.SubjectAlternativeName([x509.DNSName(one) for one in NAMES])
    leaf = (
        build(host, own.public_key())
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "host.pem"
    pem.write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return Authority(root.public_bytes(serialization.Encoding.PEM).decode(), context)


@dataclass
class Host:
    """A listener that answers each connection by one function, and keeps what it was sent."""

    answer: Callable[[socket.socket, bytes], None]
    context: ssl.SSLContext | None = None
    greets: bytes = b""
    heard: list[bytes] = field(default_factory=list)
    accepted: int = 0
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    port: int = 0

    def __post_init__(self) -> None:
        # Now, since the proxy has none of this process's descriptors.
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                end, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._one, args=(end,), daemon=True).start()

    def _one(self, end: socket.socket) -> None:
        try:
            with end:
                end.settimeout(60)
                end.sendall(self.greets)
                if self.context is None:
                    self._talk(end)
                    return
                with self.context.wrap_socket(end, server_side=True) as secure:
                    self._talk(secure)
        except OSError:
            return

    def _talk(self, end: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = end.recv(65_536)
            if not piece:
                break
            data += piece
        self.heard.append(data)
        self.answer(end, data)


def after(body: bytes) -> Callable[[socket.socket, bytes], None]:
    """A page, once this body has come."""

    def answer(end: socket.socket, asked: bytes) -> None:
        while not asked.endswith(body) and (piece := end.recv(65_536)):
            asked += piece
        page(end, asked)

    return answer


def hasty(end: socket.socket, asked: bytes) -> None:
    """An answer to the head alone, and a reset: as by a host that leaves the body unread."""
    page(end, asked)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


def page(end: socket.socket, asked: bytes) -> None:
    """A small page; `HOLD` keeps the connection, `/evil` leads elsewhere, `/many/N` is long."""
    if asked.startswith(b"HOLD"):
        end.sendall(b".")
        end.recv(1)
        return
    path = asked.split(b" ")[1] if asked.count(b" ") > 1 else b"/"
    if path.startswith(b"/redirect"):
        end.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://evil.example.net/\r\n"
            b"Content-Length: 0\r\nConnection: keep-alive\r\n\r\n"
        )
        return
    if path.startswith(b"/many/"):
        count = int(path[6:])
        end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % count)
        while count:
            count -= end.send(b"x" * min(count, 65_536))
        return
    end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: yes\r\n\r\nhello")
