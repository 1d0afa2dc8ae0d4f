"""Every listener and every client that leaves the host, by name, and what each refuses.

A client is let near a listener that shows a certificate, and whatever it says inside TLS is what
it would have told whoever stands there. So the same table holds for all protocols: it speaks to
the right server, and says nothing to any other.
"""

from __future__ import annotations

import ast
import os
import re
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.s3_server import ACCESS, REGION
from tests.unit.runtime.alerts.authority import SECONDS, Authority, Connections
from tests.unit.runtime.alerts.hooked import AT_US, secret
from wilkc.adapters.authzen import Address, AuthzenServer, AuthzenSettings
from wilkc.adapters.librechat import Matter
from wilkc.adapters.librechat.mongo import Mongo
from wilkc.adapters.mcp.http import Place, read_listening, read_place
from wilkc.adapters.mcp.http.upstream import Exchange
from wilkc.cli.identities import fetched
from wilkc.core.errors import WilkError
from wilkc.core.tls import client_context
from wilkc.identity.fleet import join_fleet
from wilkc.opa.sources.web import WebSource, parse_address
from wilkc.runtime.alerts.channel.mail import Email
from wilkc.runtime.alerts.channel.model import ChannelError, Message
from wilkc.runtime.alerts.channel.webhook import Webhook
from wilkc.runtime.alerts.model import Alert
from wilkc.runtime.alerts.settings import EmailSettings, WebhookSettings
from wilkc.runtime.egress.outside import Outside
from wilkc.runtime.limits.model import RateLimit
from wilkc.runtime.limits.redis import RedisStore
from wilkc.runtime.sinks import s3
from wilkc.runtime.sinks.postgres import PostgresSink

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

LOCAL = "127.0.0.1"
ELSEWHERE = "db.example"
PAST = timedelta(days=-1)
PACKAGE = Path(__file__).parents[2] / "wilkc"
MESSAGE = Message(
    Alert("a" * 32, "A3", "high", "a title", "agent", "file", "ref", (1,), AT_US, AT_US, 1),
    "example.org/log",
)


@dataclass
class Stranger(Connections):
    """Shows a certificate to whoever connects, and notes what is said inside TLS.

    Attributes:
        context: its side of TLS.
        before: what goes before TLS.
        greeting: what it says first inside TLS.
        said: the first words of each that came so far.
    """

    context: ssl.SSLContext
    before: Callable[[socket.socket], None] = lambda _: None
    greeting: bytes = b""
    said: list[bytes] = field(default_factory=list)

    def _answer(self, made: socket.socket) -> None:
        self.before(made)
        with self.context.wrap_socket(made, server_side=True) as end:
            end.sendall(self.greeting)
            if said := end.recv(65_536):
                self.said.append(said)


@dataclass
class Reached:
    """Where a client is sent, and whom it shall believe."""

    port: int
    ca_file: str
    folder: Path

    @property
    def outside(self) -> Outside:
        return Outside(resolve=lambda _: [LOCAL])


def _webhook(to: Reached) -> None:
    given = WebhookSettings(
        f"https://{LOCAL}:{to.port}/", (secret(to.folder),), private=("127.0.0.0/8",),
        ca_file=to.ca_file,
    )  # fmt: skip
    Webhook(given, to.folder, to.outside).send(MESSAGE, at_us=AT_US)


def _mail(security: Any) -> Callable[[Reached], None]:
    def send(to: Reached) -> None:
        given = EmailSettings(
            LOCAL, "wilk@example.org", ("ops@example.org",), port=to.port, security=security,
            private=("127.0.0.0/8",), ca_file=to.ca_file,
        )  # fmt: skip
        Email(given, to.folder, to.outside).send(MESSAGE, at_us=AT_US)

    return send


def _bundles(to: Reached) -> None:
    list(WebSource(parse_address(f"https://{LOCAL}:{to.port}/"), pause_seconds=1).look())


def _issuer(to: Reached) -> None:
    fetched(f"https://{LOCAL}:{to.port}/").read()


def _mcp(to: Reached) -> None:
    place = read_place(f"https://{LOCAL}:{to.port}/mcp")
    with Exchange(place, client_context(to.ca_file)) as exchange:
        exchange.ask("POST", {}, b"{}", SECONDS)


def _mcp_unsaid(to: Reached) -> None:
    """Without a context the system's authorities are believed, and nothing goes in clear."""
    with Exchange(Place(LOCAL, to.port, "/mcp", tls=True), None) as exchange:
        exchange.ask("POST", {}, b"{}", SECONDS)


def _redis(to: Reached) -> None:
    with closing(RedisStore(f"rediss://{LOCAL}:{to.port}")) as store:
        store.hit([RateLimit("k", 1, 60)])


def _fleet(to: Reached) -> None:
    join_fleet(to.folder, f"rediss://{LOCAL}:{to.port}", "f", begin=True)


def _postgres(to: Reached) -> None:
    PostgresSink(f"postgresql://wilk@{LOCAL}:{to.port}/x?sslrootcert={to.ca_file}").close()


def _s3(to: Reached) -> None:
    s3.S3Sink(s3.Bucket("b", endpoint=f"https://{LOCAL}:{to.port}", ca_file=to.ca_file)).close()


def _mongo(to: Reached) -> None:
    uri = f"mongodb://{LOCAL}:{to.port}/?tls=true&tlsCAFile={to.ca_file}"
    source = Mongo.open(uri, "LibreChat", seconds=1.5)
    with closing(source):
        source.facts("nobody", Matter())


def _offers_starttls(end: socket.socket) -> None:
    with end.makefile("rb") as file:
        end.sendall(b"220 mail\r\n")
        assert file.readline().startswith(b"ehlo")
        end.sendall(b"250-mail\r\n250 STARTTLS\r\n")
        assert file.readline().strip() == b"STARTTLS"
        end.sendall(b"220 go on\r\n")


def _offers_postgres(end: socket.socket) -> None:
    assert len(end.recv(8)) == 8
    end.sendall(b"S")


@dataclass(frozen=True)
class Kind:
    """A client: how it is made to speak, and what its server does around TLS."""

    speak: Callable[[Reached], None]
    before: Callable[[socket.socket], None] = lambda _: None
    greeting: bytes = b""


CLIENTS = {
    "webhook": Kind(_webhook),
    "mail by TLS": Kind(_mail("tls"), greeting=b"220 mail\r\n"),
    "mail by STARTTLS": Kind(_mail("starttls"), _offers_starttls),
    "source of bundles": Kind(_bundles),
    "keys of an issuer": Kind(_issuer),
    "server of MCP": Kind(_mcp),
    "server of MCP, the system's authorities": Kind(_mcp_unsaid),
    "rates in Redis": Kind(_redis),
    "what a fleet revokes": Kind(_fleet),
    "sink in PostgreSQL": Kind(_postgres, _offers_postgres),
    "sink in S3": Kind(_s3),
    "LibreChat's MongoDB": Kind(_mongo),
}
REFUSED: dict[str, Callable[[Authority, Authority], ssl.SSLContext]] = {
    "TLS 1.2": lambda own, _: own.context(LOCAL, highest=ssl.TLSVersion.TLSv1_2),
    "another name": lambda own, _: own.context("other.example"),
    "expired": lambda own, _: own.context(LOCAL, ends=PAST),
    "self-signed": lambda own, _: own.context(LOCAL, self_signed=True),
    "another authority": lambda _, other: other.context(LOCAL),
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority that all clients believe, also those that believe the system's."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca_file))
    for name, value in {**ACCESS, "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    return made


def _said(kind: Kind, shown: ssl.SSLContext, own: Authority, folder: Path) -> list[bytes]:
    # The one that is spoken to ends without a word, which is a failure too.
    with (
        Stranger(shown, kind.before, kind.greeting) as stranger,
        pytest.raises((WilkError, ChannelError, OSError, HTTPException)),
    ):
        kind.speak(Reached(stranger.port, str(own.ca_file), folder))
    assert stranger.connections
    return stranger.said


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_speaks_to_who_proves_to_be_the_server(
    name: str, own: Authority, tmp_path: Path
) -> None:
    assert _said(CLIENTS[name], own.context(LOCAL), own, tmp_path)


@pytest.mark.parametrize("why", REFUSED)
@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_says_nothing_to_anybody_else(
    name: str, why: str, own: Authority, tmp_path: Path
) -> None:
    shown = REFUSED[why](own, Authority(tmp_path, "other"))
    assert _said(CLIENTS[name], shown, own, tmp_path) == []


NOBODY: Any = None
"""A service that is never asked."""
ANYWHERE = AuthzenSettings(None, address=Address("0.0.0.0", 0))  # noqa: S104  # not bound
IN_CLEAR: dict[str, Callable[[], object]] = {
    "webhook": lambda: _webhook_to(f"http://{ELSEWHERE}/"),
    "source of bundles": lambda: parse_address(f"http://{ELSEWHERE}/"),
    "keys of an issuer": lambda: fetched(f"http://{LOCAL}/"),
    "server of MCP": lambda: read_place(f"http://{ELSEWHERE}/mcp"),
    "rates in Redis": lambda: RedisStore(f"redis://{ELSEWHERE}"),
    "what a fleet revokes": lambda: join_fleet(Path(), f"redis://{ELSEWHERE}", "f", begin=True),
    "sink in PostgreSQL": lambda: PostgresSink(f"postgresql://{ELSEWHERE}/x?sslmode=prefer"),
    "sink in S3": lambda: s3.S3Sink(s3.Bucket("b", endpoint=f"http://{ELSEWHERE}")),
    "LibreChat's MongoDB": lambda: Mongo.open(f"mongodb://{ELSEWHERE}/?tlsInsecure=true", "x"),
    "listener of MCP": lambda: read_listening("0.0.0.0:80", tls=False),
    "listener of AuthZEN": lambda: AuthzenServer(NOBODY, ANYWHERE),
}


def _webhook_to(url: str) -> None:
    Webhook(WebhookSettings(url, ("secret",)), Path()).send(MESSAGE, at_us=AT_US)


@pytest.mark.parametrize("name", IN_CLEAR)
def test_beyond_this_host_nothing_goes_in_clear(name: str) -> None:
    with pytest.raises((WilkError, ChannelError)):
        IN_CLEAR[name]()


HELD = {
    "core/tls.py": "where TLS is set up",
    "adapters/authzen/server.py": "test_callers.py: listener of AuthZEN",
    "opa/listening.py": "test_callers.py, test_http_tls.py: listeners of AuthZEN and MCP",
    "adapters/mcp/http/front.py": "test_http_tls.py: listener of MCP",
    "adapters/mcp/http/caller.py": "test_http_tls.py: listener of MCP",
    "adapters/mcp/http/carrying.py": "test_http_tls.py: listener of MCP",
    "adapters/mcp/http/upstream.py": "server of MCP",
    "adapters/librechat/mongo.py": "LibreChat's MongoDB",
    "identity/fleet.py": "what a fleet revokes",
    "opa/sources/web.py": "source of bundles, keys of an issuer",
    "runtime/alerts/channel/dialling.py": "webhook, mail by TLS",
    "runtime/alerts/channel/mail.py": "mail by TLS, mail by STARTTLS",
    "runtime/alerts/channel/webhook.py": "webhook",
    "runtime/limits/redis.py": "rates in Redis",
    "runtime/sinks/postgres.py": "sink in PostgreSQL",
    "runtime/sinks/s3.py": "sink in S3",
}
"""Modules that speak beyond the host, and the clients above that stand for them."""
AT_HOME = {
    "opa/bundle_server.py": "a loopback port that OPA alone knows the token of",
    "opa/pages.py": "a unix socket, and a loopback port",
    "opa/unix_adapter.py": "a unix socket",
    "runtime/egress/outside.py": "the agent's own connections, encrypted by the agent",
    "runtime/egress/namespace.py": "inside the agent's network",
    "runtime/host/inside/network.py": "a try of the sandbox",
    "runtime/host/verifying.py": "a try of the sandbox",
}
"""Modules that use the network and do not speak beyond the host for Wilk."""
NETWORK = {"ssl", "smtplib", "socketserver", "ftplib", "imaplib", "poplib", "telnetlib", "requests",
           "urllib3", "http.client", "http.server", "urllib.request", "xmlrpc.client", "redis",
           "boto3", "psycopg", "pymongo", "uvicorn"}  # fmt: skip
OPENING = {"AF_INET", "AF_INET6", "create_connection", "create_server", "open_connection",
           "start_server", "create_datagram_endpoint", "wrap_socket"}  # fmt: skip


WORDS = re.compile("|".join(sorted({name.split(".")[0] for name in NETWORK} | OPENING)))


def _uses_network(path: Path) -> bool:
    text = path.read_text()
    # What has none of the words need not be parsed.
    for node in ast.walk(ast.parse(text)) if WORDS.search(text) else ():
        if isinstance(node, ast.Attribute) and node.attr in OPENING:
            return True
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        if any(name in NETWORK or name.split(".")[0] in NETWORK for name in found):
            return True
    return False


def test_no_listener_and_no_client_is_forgotten() -> None:
    using = {os.fspath(one.relative_to(PACKAGE)) for one in PACKAGE.rglob("*.py")
             if _uses_network(one)}  # fmt: skip
    assert using == HELD.keys() | AT_HOME.keys()
    named = ", ".join(HELD.values())
    assert all(name.partition(", the system")[0] in named for name in CLIENTS)
