"""`wilkc serve` on a bundle behind an address: tags, faults of the server, and its return."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle.archive import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Signer


@dataclass
class Shelf:
    """What the server has: a status, a body, a tag, and headers to add."""

    body: bytes = b""
    tag: str = '"0"'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    given: list[int] = field(default_factory=list)

    def put(self, body: bytes, **changes: object) -> None:
        """Another answer from now on."""
        self.status, self.headers, self.cut = 200, {}, 0
        self.body, self.tag = body, f'"{len(self.given)}"'
        for name, value in changes.items():
            setattr(self, name, value)


def _server(shelf: Shelf) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("If-None-Match") == shelf.tag and shelf.status == 200
            status = 304 if known else shelf.status
            shelf.given.append(status)
            self.send_response(status)
            self.send_header("ETag", shelf.tag)
            for name, value in shelf.headers.items():
                self.send_header(name, value)
            if not known:
                self.send_header("Content-Length", str(len(shelf.body)))
            self.end_headers()
            if not known:
                self.wfile.write(shelf.body[: len(shelf.body) - shelf.cut])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def address(shelf: Shelf) -> Iterator[str]:
    with _server(shelf) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/releases/bundle.tar.gz"
        server.shutdown()
        thread.join()


def _await_unchanged(shelf: Shelf) -> None:
    deadline = time.monotonic() + 60
    while 304 not in shelf.given:
        assert time.monotonic() < deadline, shelf.given
        time.sleep(0.05)


def test_a_bundle_behind_an_address(
    cli: Cli, opa: Path, folder: Path, keys: Path, signer: Signer, shelf: Shelf, address: str
) -> None:
    socket = folder / "run" / "opa.sock"
    words = ("--key", keys / "k.pub.pem", "--scope", "test", "--socket", socket, "--poll", "0.2")
    proxy = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}

    def answer() -> str:
        done = cli.run("decide", "a", "file:./x", "read", "--socket", socket, "--timeout", "10")
        assert done.returncode == 0
        return done.stdout.split("revision")[-1].strip()

    shelf.put(b"", status=404)
    done = cli.run("serve", "--bundle", address, *words, WILK_OPA=str(opa))
    assert (done.returncode, done.stdout) == (7, "")
    assert "it answers 404" in done.stderr
    five = signer.bundle("r5", "a", sequence=5)
    shelf.put(five)
    running = cli.start("serve", "--bundle", address, *words, WILK_OPA=str(opa), **proxy)
    assert running.line_with("ready").startswith("ready  revision r5  sequence 5")
    assert answer() == "r5"
    _await_unchanged(shelf)

    members = unpack(signer.bundle("r6", "b", sequence=6))
    unsigned = pack({name: data for name, data in members.items() if "signatures" not in name})
    for data, message, changes in (
        (five, "it answers 404", {"status": 404}),
        (five, "redirects are not followed", {"status": 302, "headers": {"Location": address}}),
        (five, "cut short by 9 bytes", {"cut": 9}),
        (pack(members | {"wilk/decision.rego": b"package wilk\n"}), "changed after signing", {}),
        (unsigned, "is not signed", {}),
        (signer.bundle("r4", "b", sequence=4), "sequence 4, and 5 was in force", {}),
        (signer.bundle("r6", "b", sequence=6, scope="prod"), "for scope `prod`", {}),
        (b"<html></html>", "no gzip file", {}),
    ):
        shelf.put(data, **changes)
        assert message in running.line_with(message)
        assert answer() == "r5"
    shelf.put(signer.bundle("r6", "a", sequence=6))
    assert running.line_with("active") == "active  revision r6  sequence 6"
    assert answer() == "r6"
    assert running.stop() == 0

    # A start while the server is away, or serves what is older or spoilt, is by what was kept.
    twice = signer.bundle("r6b", "b", sequence=6)
    older, spoilt = signer.bundle("r5", "b", sequence=5), b"<html></html>"
    for data, message, changes in (
        (b"", "it answers 404; revision r6 was kept", {"status": 404}),
        (spoilt, "no gzip file; revision r6 stays", {}),
        (older, "it has sequence 5, and 6 was in force; revision r6 stays", {}),
        (twice, "sequence 6 belongs to revision r6 already; revision r6 stays", {}),
    ):
        shelf.put(data, **changes)
        running = cli.start("serve", "--bundle", address, *words, WILK_OPA=str(opa))
        assert message in running.line_with(message)
        assert running.line_with("ready").startswith("ready  revision r6  sequence 6")
        assert answer() == "r6"
        assert cli.run("status", "--socket", socket).returncode == 6
        assert running.stop() == 0
    # What was kept is trusted no more than what is fetched.
    shelf.put(b"", status=404)
    kept = socket.with_name("opa.sock.state.bundle")
    for data in (signer.bundle("r5", "b", sequence=5), kept.read_bytes()[:-9], b""):
        kept.write_bytes(data)
        done = cli.run("serve", "--bundle", address, *words, WILK_OPA=str(opa))
        assert (done.returncode, done.stdout) in {(5, ""), (7, "")}
    assert not (folder / "run" / "opa.sock").exists()
