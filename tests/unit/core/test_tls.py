"""TLS: what is let through, and each case that is refused."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.alerts.authority import NAME, Authority
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.tls import (
    LOOK_SECONDS,
    Certificate,
    ServerTls,
    client_context,
    hold_to_tls_1_3,
    is_loopback,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Listener:
    """Answers each connection by one word, after the handshake."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as secure:
                secure.sendall(b"hello")

    def ask(self, context: ssl.SSLContext, name: str | None = NAME) -> bytes:
        address = self._listener.getsockname()
        with (
            socket.create_connection(address, timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            return secure.recv(5)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def files(tmp_path: Path, authority: Authority) -> Certificate:
    path = tmp_path / "server.pem"
    shutil.copy(authority.issue(), path)
    return Certificate(path, path)


@pytest.fixture
def listen() -> Iterator[list[Listener]]:
    made: list[Listener] = []
    yield made
    for one in made:
        one.close()


def _listener(listen: list[Listener], context: ssl.SSLContext) -> Listener:
    listen.append(Listener(context))
    return listen[-1]


def _client(authority: Authority, certificate: Path | None = None) -> ssl.SSLContext:
    shown = Certificate(certificate, certificate) if certificate else None
    return client_context(str(authority.ca_file), shown)


def _let_in(listener: Listener, context: ssl.SSLContext, name: str = NAME) -> bool:
    """By TLS 1.3 a client has finished when it is refused, so it hears of it when it reads."""
    try:
        return listener.ask(context, name) == b"hello"
    except OSError:
        return False


def test_a_verified_server_is_asked(
    authority: Authority, files: Certificate, listen: list[Listener]
) -> None:
    assert _listener(listen, ServerTls(files).context).ask(_client(authority)) == b"hello"


def test_a_server_of_an_older_version_is_refused(
    authority: Authority, listen: list[Listener]
) -> None:
    listener = _listener(listen, authority.context(highest=ssl.TLSVersion.TLSv1_2))
    with pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL"):
        listener.ask(_client(authority))


def test_a_client_of_an_older_version_is_refused(
    authority: Authority, files: Certificate, listen: list[Listener]
) -> None:
    old = ssl.create_default_context(cafile=str(authority.ca_file))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        _listener(listen, ServerTls(files).context).ask(old)


def test_a_wrong_name_is_refused(
    authority: Authority, files: Certificate, listen: list[Listener]
) -> None:
    listener = _listener(listen, ServerTls(files).context)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"doesn't match|not valid for"):
        listener.ask(_client(authority), "other.example")
    with pytest.raises(ValueError, match="hostname"):
        listener.ask(_client(authority), None)


def test_an_expired_certificate_is_refused(authority: Authority, listen: list[Listener]) -> None:
    listener = _listener(listen, authority.context(ends=timedelta(days=-1)))
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        listener.ask(_client(authority))


def test_a_self_signed_certificate_is_refused(authority: Authority, listen: list[Listener]) -> None:
    listener = _listener(listen, authority.context(self_signed=True))
    with pytest.raises(ssl.SSLCertVerificationError):
        listener.ask(_client(authority))


def test_another_authority_is_refused(
    authority: Authority, files: Certificate, listen: list[Listener], tmp_path: Path
) -> None:
    listener = _listener(listen, ServerTls(files).context)
    with pytest.raises(ssl.SSLCertVerificationError):
        listener.ask(_client(Authority(tmp_path, "other")))
    with pytest.raises(ssl.SSLCertVerificationError):
        listener.ask(client_context())
    assert listener.ask(_client(authority)) == b"hello"


def test_only_known_clients_are_let_in(
    authority: Authority, files: Certificate, listen: list[Listener], tmp_path: Path
) -> None:
    clients = Authority(tmp_path, "clients")
    listener = _listener(listen, ServerTls(files, clients.ca_file).context)
    known = clients.issue("caller.example", client=True)
    assert listener.ask(_client(authority, known)) == b"hello"
    unknown = [
        None,
        authority.issue("caller.example", client=True),
        clients.issue("caller.example", client=True, self_signed=True),
        clients.issue("caller.example", client=True, ends=timedelta(days=-1)),
        clients.issue("caller.example"),
    ]
    for one in unknown:
        assert not _let_in(listener, _client(authority, one))


def test_changed_files_are_taken_up_without_a_restart(
    authority: Authority, files: Certificate, listen: list[Listener], tmp_path: Path
) -> None:
    clients, others = Authority(tmp_path, "clients"), Authority(tmp_path, "others")
    ca_file = tmp_path / "client-ca.pem"
    shutil.copy(clients.ca_file, ca_file)
    listener = _listener(listen, ServerTls(files, ca_file).context)
    old = _client(authority, clients.issue("caller.example", client=True))
    new = _client(authority, others.issue("caller.example", client=True))
    assert listener.ask(old) == b"hello"
    shutil.copy(authority.issue("second.example"), files.chain)
    shutil.copy(others.ca_file, ca_file)
    time.sleep(LOOK_SECONDS)
    assert listener.ask(new, "second.example") == b"hello"
    with pytest.raises(ssl.SSLCertVerificationError):
        listener.ask(new)
    assert not _let_in(listener, old, "second.example")


@pytest.mark.parametrize("damage", [b"", b"nothing", None])
def test_files_under_way_change_nothing(
    authority: Authority, files: Certificate, listen: list[Listener], damage: bytes | None
) -> None:
    listener = _listener(listen, ServerTls(files).context)
    if damage is None:
        files.chain.unlink()
    else:
        files.chain.write_bytes(damage)
    time.sleep(LOOK_SECONDS)
    assert listener.ask(_client(authority)) == b"hello"
    shutil.copy(authority.issue("second.example"), files.chain)
    time.sleep(LOOK_SECONDS)
    assert listener.ask(_client(authority), "second.example") == b"hello"


def test_keys_are_not_written_where_the_environment_says(
    authority: Authority, files: Certificate, listen: list[Listener], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    _listener(listen, ServerTls(files).context).ask(_client(authority))
    assert not (tmp_path / "keys.log").exists()


def test_a_librarys_context_is_held_to_it(
    authority: Authority, listen: list[Listener], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A context of a library that takes none, with a server that has no TLS 1.3."""
    held = ssl.create_default_context(cafile=str(authority.ca_file))
    hold_to_tls_1_3(held, "a library")
    older = _listener(listen, authority.context(highest=ssl.TLSVersion.TLSv1_2))
    assert not _let_in(older, held)
    assert _let_in(older, ssl.create_default_context(cafile=str(authority.ca_file)))
    assert _let_in(_listener(listen, authority.context()), held)
    for other in (None, object()):
        with pytest.raises(UnavailableError, match=r"a library cannot be held to TLS 1\.3"):
            hold_to_tls_1_3(other, "a library")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    with pytest.raises(UnavailableError, match="SSLKEYLOGFILE"):
        hold_to_tls_1_3(ssl.create_default_context(), "a library")


def test_files_that_are_none_are_refused(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("none")
    none, there = tmp_path / "none.pem", authority.issue()
    for make in (
        lambda: client_context(str(none)),
        lambda: client_context(str(tmp_path / "missing.pem")),
        lambda: client_context(str(authority.ca_file), Certificate(none, none)),
        lambda: ServerTls(Certificate(none, none)),
        lambda: ServerTls(Certificate(there, authority.issue())),
        lambda: ServerTls(Certificate(there, there), none),
        lambda: ServerTls(Certificate(there, there), tmp_path / "missing.pem"),
    ):
        with pytest.raises(UsageError):
            make()


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("localhost.example", False),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("", False)],  # noqa: S104  # not bound
)  # fmt: skip
def test_what_stays_on_the_host(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
