"""A bundle behind an address, served by hosts that do not mean well."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.opa.sources.web import WebSource, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\n"


@dataclass
class Host:
    """Answers each connection by what it is told to send."""

    reply: Callable[[socket.socket], None] = lambda one: one.sendall(_whole(b"bundle"))
    wrap: Callable[[socket.socket], socket.socket] = lambda one: one
    heads: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/b.tar.gz?x=1"

    def source(self, seconds: float = 5.0) -> WebSource:
        return WebSource(parse_address(self.address), pause_seconds=1, fetch_seconds=seconds)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain:
                self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), self.wrap(plain) as connection:
            head = b""
            while b"\r\n\r\n" not in head and (piece := connection.recv(4096)):
                head += piece
            self.heads.append(head)
            self.reply(connection)

    def close(self) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def host() -> Iterator[Host]:
    """See `Host`."""
    running = Host()
    yield running
    running.close()


def _whole(body: bytes, head: bytes = OK, more: bytes = b"") -> bytes:
    return b"%s%sContent-Length: %d\r\n\r\n%s" % (head, more, len(body), body)


def _found(source: WebSource) -> list[bytes]:
    return [offer.data for offer in source.look()]


def test_the_bundle_is_fetched_and_asked_for_by_its_tag(host: Host) -> None:
    source = host.source()
    host.reply = lambda one: one.sendall(_whole(b"bundle", more=b'ETag: "1"\r\n'))
    assert _found(source) == [b"bundle"]
    assert host.heads[0].startswith(b"GET /b.tar.gz?x=1 HTTP/1.1\r\n")
    assert b"If-None-Match" not in host.heads[0]
    host.reply = lambda one: one.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n")
    assert _found(source) == []
    assert b'If-None-Match: "1"\r\n' in host.heads[1]
    host.reply = lambda one: one.sendall(_whole(b"other"))
    assert _found(source) == [b"other"]
    _found(source)
    assert b"If-None-Match" not in host.heads[3]


def _fails(source: WebSource, message: str) -> None:
    with pytest.raises(UnavailableError, match=message):
        _found(source)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (_whole(b"no", b"HTTP/1.1 404 Not Found\r\n"), "it answers 404"),
        (_whole(b"no", b"HTTP/1.1 500 Oh\r\n"), "it answers 500"),
        (_whole(b"", b"HTTP/1.1 204 None\r\n"), "it answers 204"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "it answers 304"),
        (OK + b"Content-Length: 9\r\n\r\nbund", "cut short by 5 bytes"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nbund", "IncompleteRead"),
        (b"SSH-2.0-x\r\n", "SSH"),
        (b"", "closed"),
        (OK + b"Content-Length: 999999999999\r\n\r\n", "larger than any bundle"),
    ],
)
def test_answers_that_are_no_bundle(host: Host, answer: bytes, message: str) -> None:
    host.reply = lambda one: one.sendall(answer)
    _fails(host.source(), message)
    host.reply = lambda one: one.sendall(_whole(b"bundle"))
    assert _found(host.source()) == [b"bundle"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(host: Host, status: int) -> None:
    other = Host()
    head = f"HTTP/1.1 {status} There\r\nLocation: {other.address}\r\n".encode()
    host.reply = lambda one: one.sendall(_whole(b"", head))
    try:
        _fails(host.source(), f"{status}, and redirects are not followed")
        assert other.heads == []
    finally:
        other.close()


def test_more_than_a_bundle_without_a_length(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wilkc.opa.sources.web.MAX_BUNDLE_BYTES", 100_000)
    host.reply = lambda one: one.sendall(OK + b"\r\n" + b"x" * 1_000_000)
    _fails(host.source(), "larger than any bundle")


def _drip(data: bytes, at_once: bytes = b"") -> Callable[[socket.socket], None]:
    def reply(connection: socket.socket) -> None:
        connection.sendall(at_once)
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    return reply


@pytest.mark.parametrize(
    "reply",
    [
        _drip(OK * 50),
        _drip(b"x" * 100, OK + b"Content-Length: 100\r\n\r\n"),
        _drip(b"x" * 100, OK + b"\r\n"),
        _drip(b"x" * 100, b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n"),
        lambda _: time.sleep(3),
    ],
    ids=["head", "body", "body without a length", "body that ends the connection", "silence"],
)
def test_slowness_has_an_end(host: Host, reply: Callable[[socket.socket], None]) -> None:
    host.reply = reply
    started = time.monotonic()
    _fails(host.source(0.5), "not within 0.5 s")
    assert time.monotonic() - started < 2.5


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    source = WebSource(parse_address(f"http://127.0.0.1:{port}/"), pause_seconds=1)
    _fails(source, "refused")


def _certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "host")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "host.pem"
    path.write_bytes(pem + built.public_bytes(serialization.Encoding.PEM))
    return path


def test_tls_needs_a_certificate_that_is_trusted(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    host.wrap = lambda one: context.wrap_socket(one, server_side=True)
    text = host.address.replace("http:", "https:")
    _fails(WebSource(parse_address(text), pause_seconds=1), "CERTIFICATE_VERIFY_FAILED")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert _found(WebSource(parse_address(text), pause_seconds=1)) == [b"bundle"]
    other = text.replace("127.0.0.1", "localhost")
    _fails(WebSource(parse_address(other), pause_seconds=1), "CERTIFICATE_VERIFY_FAILED")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    _fails(WebSource(parse_address(text), pause_seconds=1), "PROTOCOL_VERSION")


def test_proxies_and_netrc_do_not_matter(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("default login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert _found(host.source()) == [b"bundle"]
    assert b"uthorization" not in host.heads[0]


@pytest.mark.parametrize("tag", ["x" * 2000, '"a\tb"', '"\xe9"'])
def test_an_odd_tag_is_not_sent_back(host: Host, tag: str) -> None:
    source = host.source()
    host.reply = lambda one: one.sendall(
        _whole(b"bundle", more=f"ETag: {tag}\r\n".encode("latin-1"))
    )
    _found(source)
    _found(source)
    assert b"If-None-Match" not in host.heads[1]


@pytest.mark.parametrize(
    "text",
    [
        "ftp://example.org/b",
        "http://",
        "http:///b",
        "http://10.0.0.1/b",
        "http://example.org/b",
        "http://localhost.example.org/b",
        "https://user:pass@example.org/b",
        "https://@example.org/b",
        "https://example.org/b#x",
        "https://example.org/b c",
        "https://example.org/\r\nX: y",
        "https://example.org:x/",
        "https://example.org:99999/",
        "http://[::1/",
        "http://ex\u00e4mple.org/",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)
