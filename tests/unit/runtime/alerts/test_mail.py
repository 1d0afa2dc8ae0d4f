"""Mail to a real SMTP server, and every server that must not get one."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.unit.runtime.alerts.authority import NAME, Authority
from wilkc.runtime.alerts import ChannelError, Engine, Message
from wilkc.runtime.alerts.channel.mail import Email
from wilkc.runtime.alerts.settings import EmailSettings
from wilkc.runtime.egress.outside import Outside

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.runtime.alerts.conftest import Happening

AT_US = 1_800_000_000_250_000
PASSWORD = "correct horse"  # noqa: S105  # of a server that lives for one test
LOGIN = {"user": "wilk", "password_file": "password"}


@dataclass
class MailServer:
    """A real SMTP server on a port of the kernel's choice.

    Attributes:
        context: its side of TLS.
        starttls: whether TLS begins by STARTTLS instead of with the first byte; None for
            no TLS at all.
        answer: what it says to a message.
        got: sender, receivers, bytes and whether it came through TLS.
    """

    context: ssl.SSLContext
    starttls: bool | None = True
    answer: str = "250 OK"
    got: list[tuple[str | None, list[str], bytes, bool]] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(  # noqa: N802  # the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server
        assert isinstance(envelope.content, bytes)
        secure = session.ssl is not None or self.starttls is False
        self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, secure))
        return self.answer

    def _login(self, *arguments: Any) -> AuthResult:
        data: LoginPassword = arguments[-1]
        self.logins.append(data.password)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    def _make(self) -> SMTP:
        context = self.context if self.starttls else None
        return SMTP(
            self, hostname="mail.example", tls_context=context, require_starttls=bool(context),
            authenticator=self._login, auth_require_tls=self.starttls is not False,
        )  # fmt: skip

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()

        async def serve() -> None:
            self._done = asyncio.Event()
            tls = self.context if self.starttls is False else None
            server = await self._loop.create_server(self._make, "127.0.0.1", 0, ssl=tls)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await self._done.wait()
            server.close()
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(serve(),))
        self._thread.start()
        assert ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(30)
        self._loop.close()


@pytest.fixture
def message(happens: Happening) -> Message:
    """An alert about an agent whose name is an attempt to be a header."""
    seen = happens("file.delete", risk="high", agent="a\r\nBcc: all@evil.example\r\n\r\nhello")
    return Message(Engine().take(seen)[0], "example.org/log")


def _channel(folder: Path, port: int, **members: Any) -> Email:
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)
    given = {
        "host": NAME,
        "port": port,
        "sender": "wilk@example.org",
        "to": ("ops@example.org", "oncall@example.org"),
        "private": ("127.0.0.0/8",),
        "ca_file": "ca.pem",
    }
    outside = Outside(resolve=lambda host: {NAME: ["127.0.0.1"]}[host])
    return Email(EmailSettings(**{**given, **members}), folder, outside)


def _refused(channel: Email, message: Message) -> str:
    with pytest.raises(ChannelError) as caught:
        channel.send(message, at_us=AT_US)
    assert PASSWORD not in caught.value.message
    return caught.value.code


@pytest.mark.parametrize("starttls", [True, False])
def test_mail_arrives_by_tls_with_nothing_injected(
    starttls: bool, tmp_path: Path, authority: Authority, message: Message
) -> None:
    with MailServer(authority.context(), starttls) as server:
        security = "starttls" if starttls else "tls"
        _channel(tmp_path, server.port, security=security).send(message, at_us=AT_US)
    ((sender, receivers, content, secure),) = server.got
    assert (sender, receivers, secure) == (
        "wilk@example.org", ["ops@example.org", "oncall@example.org"], True,
    )  # fmt: skip
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == (
        "[wilk high] A3 a··Bcc: all@evil.example····hello: a record of high or critical risk"
    )
    assert mail["X-Wilk-Alert"] == message.alert.id
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_content()
    assert f"wilkc audit ack {message.alert.id}" in text
    assert "records      1\r\n" in text


def test_it_signs_in_only_under_tls(tmp_path: Path, authority: Authority, message: Message) -> None:
    with MailServer(authority.context()) as server:
        _channel(tmp_path, server.port, **LOGIN).send(message, at_us=AT_US)
    assert server.logins == [PASSWORD.encode()]
    with MailServer(authority.context(), starttls=None) as server:
        assert _refused(_channel(tmp_path, server.port, **LOGIN), message) == "tls_not_offered"
    assert (server.logins, server.got) == ([], [])


def test_a_password_that_is_refused(tmp_path: Path, authority: Authority, message: Message) -> None:
    with MailServer(authority.context()) as server:
        channel = _channel(tmp_path, server.port, **LOGIN)
        (tmp_path / "password").write_text("wrong")
        assert _refused(channel, message) == "login_refused"
    assert server.got == []


def test_a_password_that_others_may_read(
    tmp_path: Path, authority: Authority, message: Message
) -> None:
    with MailServer(authority.context()) as server:
        channel = _channel(tmp_path, server.port, **LOGIN)
        (tmp_path / "password").chmod(0o644)
        assert _refused(channel, message) == "secret_open"
    assert server.logins == []


def test_a_server_that_offers_no_tls_gets_nothing(
    tmp_path: Path, authority: Authority, message: Message
) -> None:
    with MailServer(authority.context(), starttls=None) as server:
        assert _refused(_channel(tmp_path, server.port), message) == "tls_not_offered"
        channel = _channel(tmp_path, server.port, security="tls")
        assert _refused(channel, message) == "tls_failed"
    assert server.got == []


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("another name", {"name": "other.example"}),
        ("expired", {"ends": -timedelta(days=1)}),
        ("self-signed", {"self_signed": True}),
    ],
)
@pytest.mark.parametrize("starttls", [True, False])
def test_a_certificate_that_does_not_vouch(
    kind: str,
    members: dict[str, Any],
    starttls: bool,
    tmp_path: Path,
    authority: Authority,
    message: Message,
) -> None:
    del kind
    with MailServer(authority.context(**members), starttls) as server:
        security = "starttls" if starttls else "tls"
        channel = _channel(tmp_path, server.port, security=security)
        assert _refused(channel, message) == "certificate_refused"
    assert server.got == []


def test_a_message_that_the_server_refuses(
    tmp_path: Path, authority: Authority, message: Message
) -> None:
    with MailServer(authority.context(), answer="451 later") as server:
        assert _refused(_channel(tmp_path, server.port), message) == "status_refused"


@pytest.mark.parametrize(
    "members",
    [
        {"to": ()},
        {"to": ("a@example.org",) * 21},
        {"to": ("not an address",)},
        {"to": ("a@example.org\r\nBcc: b@evil.example",)},
        {"sender": "x@example.org\nBcc: b@evil.example"},
    ],
)
def test_addresses_that_are_none(
    members: dict[str, Any], tmp_path: Path, authority: Authority, message: Message
) -> None:
    del authority
    assert _refused(_channel(tmp_path, 1, **members), message) == "address_malformed"


def _drip(send: Callable[[bytes], object]) -> None:
    for _ in range(400):
        send(b"220-x\r\n")
        threading.Event().wait(0.05)


def test_a_server_that_drips_is_left_when_the_time_is_up(
    tmp_path: Path, authority: Authority, message: Message
) -> None:
    del authority

    def serve() -> None:
        made, _ = listener.accept()
        with made, pytest.raises(OSError, match=r"."):
            _drip(made.sendall)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        channel = replace(_channel(tmp_path, listener.getsockname()[1]), seconds=0.5)
        assert _refused(channel, message) == "timed_out"
        thread.join(30)


def test_a_private_address_that_is_not_named(
    tmp_path: Path, authority: Authority, message: Message
) -> None:
    with MailServer(authority.context()) as server:
        channel = _channel(tmp_path, server.port, private=())
        assert _refused(channel, message) == "address_refused"
    assert server.got == []
