"""The HTTP form by TLS: who is let in, which server is spoken to, and each who is refused."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.alerts.authority import NAME, Authority, Receiver
from wilkc.adapters.mcp import Filter, Gate, Listing
from wilkc.adapters.mcp.http import Door, Front, Listening, Place, Sessions, Way
from wilkc.core.tls import LOOK_SECONDS, Certificate, ServerTls, client_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.adapters.mcp.conftest import Policy
    from wilkc.adapters.mcp.flight import Flight

LOCAL = "127.0.0.1"
PAST = timedelta(days=-1)
LARGE = "x" * 4_000_000
"""More than any buffer of a socket takes."""
OLD = ssl.TLSVersion.TLSv1_2


@dataclass
class World:
    """A listener, its authorities, and a policy that permits the tool `ok`."""

    folder: Path
    server: Authority
    clients: Authority
    policy: Policy
    logged: list[str] = field(default_factory=list)

    def tls(self, *, mutual: bool = False) -> ServerTls:
        shown = self.server.issue()
        return ServerTls(Certificate(shown, shown), self.clients.ca_file if mutual else None)

    @contextmanager
    def front(self, tls: ServerTls, place: Place, trusted: ssl.SSLContext) -> Iterator[int]:
        gate, listing = Gate(self.policy), Listing(self.policy, "a", counts=False)

        def made(asked: Flight) -> Filter:
            return Filter("s", gate, listing, self.logged.append, asked)

        way = Way(place, trusted, made, Sessions(), 20.0, authorization=False)
        door = Door("/mcp")
        with Front(Listening(LOCAL), lambda _: door, way, self.logged.append, tls) as front:
            yield front.port

    @contextmanager
    def before(self, shown: ssl.SSLContext, answer: bytes = b"") -> Iterator[tuple[int, Receiver]]:
        """The listener before a server that shows a certificate."""
        with Receiver(shown, answer or _answer("done")) as receiver:
            place = Place(LOCAL, receiver.port, "/mcp", tls=True)
            trusted = client_context(str(self.server.ca_file))
            with self.front(self.tls(), place, trusted) as port:
                yield port, receiver

    @contextmanager
    def mutual(self, tls: ServerTls) -> Iterator[int]:
        """The listener alone; what it answers is that the tool is not permitted."""
        nowhere = Place(LOCAL, 9, "/mcp", tls=True)
        with self.front(tls, nowhere, client_context(str(self.server.ca_file))) as port:
            yield port

    def context(self, certificate: Path | None = None) -> ssl.SSLContext:
        shown = Certificate(certificate, certificate) if certificate else None
        return client_context(str(self.server.ca_file), shown)


@pytest.fixture
def world(tmp_path: Path, policy: Policy) -> World:
    return World(tmp_path, Authority(tmp_path), Authority(tmp_path, "clients"), policy)


def _answer(text: str) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": text}}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def _call(port: int, context: ssl.SSLContext | None, tool: str = "ok", name: str = NAME) -> bytes:
    """All that comes back to a call; an end that TLS does not tell of is an error."""
    params = {"name": tool, "arguments": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    head = "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    asked = f"{head}Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    with socket.create_connection((LOCAL, port), timeout=30) as plain:
        if context is None:
            plain.sendall(asked)
            return plain.recv(65_536)
        with context.wrap_socket(plain, server_hostname=name, suppress_ragged_eofs=False) as end:
            end.sendall(asked)
            heard = b""
            while piece := end.recv(65_536):
                heard += piece
            return heard


def _status(heard: bytes) -> int:
    return int(heard.split()[1])


def _said(heard: bytes) -> Any:
    return json.loads(heard.partition(b"\r\n\r\n")[2])


def _refused(port: int, context: ssl.SSLContext | None) -> bool:
    """By TLS 1.3 a client has finished when it is refused, so it hears of it when it reads."""
    try:
        return _call(port, context, "other") == b""
    except OSError:
        return True


def test_a_call_goes_through_by_tls_on_both_sides(world: World) -> None:
    with world.before(world.server.context(LOCAL)) as (port, receiver):
        assert _said(_call(port, world.context()))["result"] == {"content": "done"}
        assert json.loads(receiver.got[0][1])["params"]["name"] == "ok"
        assert _said(_call(port, world.context(), "other"))["error"]["code"] == -32001
        assert len(receiver.got) == 1


def test_a_large_answer_comes_whole(world: World) -> None:
    with world.before(world.server.context(LOCAL), _answer(LARGE)) as (port, _):
        assert _said(_call(port, world.context()))["result"]["content"] == LARGE


def test_a_stream_has_an_end_that_no_cut_looks_like(world: World) -> None:
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": "done"}})
    stream = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    stream += f"data: {line}\n\n".encode()
    with world.before(world.server.context(LOCAL), stream) as (port, _):
        assert b'"content":"done"' in _call(port, world.context())


@pytest.mark.parametrize(
    "shown",
    [
        lambda one: one.server.context(LOCAL, highest=OLD),
        lambda one: one.server.context("other.example"),
        lambda one: one.server.context(LOCAL, ends=PAST),
        lambda one: one.server.context(LOCAL, self_signed=True),
        lambda one: one.clients.context(LOCAL),
        lambda _: None,
    ],
    ids=["TLS 1.2", "another name", "expired", "self-signed", "another authority", "no TLS"],
)
def test_a_server_that_does_not_prove_who_it_is_gets_no_call(
    shown: Callable[[World], ssl.SSLContext], world: World
) -> None:
    with world.before(shown(world)) as (port, receiver):
        heard = _call(port, world.context())
        assert (_status(heard), _said(heard)["error"]["code"]) == (502, -32603)
        assert not any(b"tools/call" in body for _, body in receiver.got)
        assert world.policy.events[-1][2] != ""
    with world.before(world.server.context(LOCAL)) as (port, receiver):
        assert _status(_call(port, world.context())) == 200


def test_who_is_no_known_client_is_let_in_nowhere(world: World) -> None:
    known = world.clients.issue("front.example", client=True)
    old = world.context(known)
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = OLD
    with world.mutual(world.tls(mutual=True)) as port:
        assert _said(_call(port, world.context(known), "other"))["error"]["code"] == -32001
        for context in (
            None,
            old,
            world.context(),
            world.context(world.server.issue("front.example", client=True)),
            world.context(world.clients.issue("front.example", client=True, ends=PAST)),
            world.context(world.clients.issue("front.example", client=True, self_signed=True)),
            world.context(world.clients.issue("front.example")),
        ):
            assert _refused(port, context)
        assert _status(_call(port, world.context(known), "other")) == 200


def test_a_listener_that_does_not_prove_who_it_is_is_told_nothing(world: World) -> None:
    for shown in (
        world.server.issue("other.example"),
        world.server.issue(ends=PAST),
        world.server.issue(self_signed=True),
        world.clients.issue(),
    ):
        with (
            world.mutual(ServerTls(Certificate(shown, shown))) as port,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            _call(port, world.context())
    with world.mutual(world.tls()) as port:
        assert _status(_call(port, world.context(), "other")) == 200


def test_certificates_are_taken_up_without_a_restart(world: World) -> None:
    shown, authorities = world.folder / "shown.pem", world.folder / "authorities.pem"
    shutil.copy(world.server.issue(), shown)
    shutil.copy(world.clients.ca_file, authorities)
    old = world.context(world.clients.issue("front.example", client=True))
    others = Authority(world.folder, "others")
    new = world.context(others.issue("front.example", client=True))
    with world.mutual(ServerTls(Certificate(shown, shown), authorities)) as port:
        assert _status(_call(port, old, "other")) == 200
        assert _refused(port, new)
        shutil.copy(world.server.issue("second.example"), shown)
        shutil.copy(others.ca_file, authorities)
        time.sleep(LOOK_SECONDS)
        assert _status(_call(port, new, "other", "second.example")) == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            _call(port, new, "other")
        with pytest.raises(OSError, match=r"alert|closed|reset|EOF"):
            _call(port, old, "other", "second.example")


def test_a_client_that_says_nothing_takes_no_place_from_others(world: World) -> None:
    with world.mutual(world.tls()) as port, socket.create_connection((LOCAL, port), timeout=30):
        assert _status(_call(port, world.context(), "other")) == 200
