"""Whatever is wrong with the place that bundles come from, or with the disk they go to."""

from __future__ import annotations

import resource
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.integration.faults.stage import LATER, OPEN, VALID, Stage, signed
from wilkc.bundle import generate_key
from wilkc.bundle.archive import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Signer


@dataclass
class Shop:
    """A server of bundles: its answer, and what it was asked."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    slow: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def put(self, body: bytes) -> None:
        """From now on all is well, and this is the bundle."""
        self.body, self.status, self.headers, self.cut, self.slow = body, 200, {}, 0, False


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shop.asked.append(dict(self.headers))
            body = shop.body
            self.send_response(shop.status)
            for name, value in shop.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if shop.slow:
                body = self._drip(body)
            self.wfile.write(body[: len(body) - shop.cut])

        def _drip(self, body: bytes) -> bytes:
            """A byte now and then until the server is well; the connection ends then."""
            while shop.slow and len(body) > 1:
                self.wfile.write(body[:1])
                body = body[1:]
                time.sleep(0.05)
            return b""

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            pass

    return Handler


@pytest.fixture
def shops() -> Iterator[tuple[Shop, Shop]]:
    """The server that is asked, and another one."""
    opened = []
    for shop in (Shop(), Shop()):
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shop))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        shop.address = f"http://127.0.0.1:{server.server_address[1]}/bundle.tar.gz"
        opened.append((shop, server, thread))
    yield opened[0][0], opened[1][0]
    for shop, server, thread in opened:
        shop.slow = False
        server.shutdown()
        server.server_close()
        thread.join()


def _truncated(shop: Shop, good: bytes) -> None:
    shop.put(good)
    shop.cut = 9


def _slow(shop: Shop, good: bytes) -> None:
    shop.put(good)
    shop.slow = True


def _absent(shop: Shop, good: bytes) -> None:
    shop.put(good)
    shop.status = 404


FAULTS: dict[str, tuple[Callable[[Shop, bytes], None], str]] = {
    "truncated": (_truncated, "cut short by 9 bytes"),
    "slow": (_slow, "not within"),
    "404": (_absent, "it answers 404"),
}
"""What becomes of the server, and what the sidecar says of it."""


@pytest.fixture
def fetching(
    cli: Cli,
    folder: Path,
    keys: Path,
    signer: Signer,
    environment: dict[str, str],
    shops: tuple[Shop, Shop],
) -> Iterator[Stage]:
    """A stage whose bundle comes from the first server, which has release 5."""
    shops[0].put(signed(VALID, signer.key, 5))
    made = Stage(cli, folder, environment)
    made.serve(shops[0].address, keys, "--poll", "0.2")
    with made:
        yield made
    made.judge()
    # Nobody was told what the netrc would have sent.
    assert [asked for shop in shops for asked in shop.asked if "Authorization" in asked] == []


def _released(stage: Stage, shop: Shop, signer: Signer) -> None:
    """The fault ends with a new release, which is soon in force."""
    shop.put(signed(LATER, signer.key, 6))
    stage.expect_well(time.monotonic(), name="later")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_of_bundles(
    fetching: Stage, shops: tuple[Shop, Shop], signer: Signer, fault: str
) -> None:
    breaks, message = FAULTS[fault]
    breaks(shops[0], signed(LATER, signer.key, 6))
    fetching.sidecar.line_with(message)
    fetching.expect("app", ran=True)
    fetching.expect("later", "no_rule_matches")
    _released(fetching, shops[0], signer)


def _tampered(signer: Signer) -> bytes:
    members = unpack(signed(VALID, signer.key, 6))
    return pack(members | {"wilk/data.json": unpack(signed(OPEN, signer.key, 6))["wilk/data.json"]})


def _rolled_back(signer: Signer) -> bytes:
    return signed(OPEN, signer.key, 4)


def _unsigned(signer: Signer) -> bytes:
    members = unpack(signed(OPEN, signer.key, 6))
    return pack({name: data for name, data in members.items() if "signatures" not in name})


def _strange(signer: Signer) -> bytes:
    del signer
    return signed(OPEN, generate_key(), 6)


def _of_another_scope(signer: Signer) -> bytes:
    return signed(OPEN, signer.key, 6, scope="other")


BUNDLES = {
    "tampered": (_tampered, "changed after signing"),
    "rolled_back": (_rolled_back, "sequence 4, and 5 was in force"),
    "unsigned": (_unsigned, "is not signed"),
    "strange": (_strange, "signature"),
    "scope": (_of_another_scope, "for scope `other`"),
}
"""Bundles that would grant everything, and why they are refused."""


@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_bundle_that_grants_everything(
    fetching: Stage, shops: tuple[Shop, Shop], signer: Signer, bundle: str
) -> None:
    made, message = BUNDLES[bundle]
    shops[0].put(made(signer))
    assert message in fetching.sidecar.line_with("refused the new bundle")
    fetching.expect("app", ran=True)
    fetching.expect("secret", "blocked")
    _released(fetching, shops[0], signer)


def test_a_server_that_sends_elsewhere(
    fetching: Stage, shops: tuple[Shop, Shop], signer: Signer
) -> None:
    """The other host even has a valid bundle; it is not asked."""
    shops[1].put(signed(LATER, signer.key, 6))
    shops[0].status, shops[0].headers = 302, {"Location": shops[1].address}
    fetching.sidecar.line_with("redirects are not followed")
    fetching.expect("later", "no_rule_matches")
    assert shops[1].asked == []
    _released(fetching, shops[0], signer)


def test_a_full_disk_when_a_bundle_is_put_in_force(
    stage: Stage, release: Path, signer: Signer
) -> None:
    """A limit on the size of files does what a full disk does, to the supervisor alone."""
    number = stage.sidecar.process.pid
    free = resource.prlimit(number, resource.RLIMIT_FSIZE, (8, resource.RLIM_INFINITY))
    fresh = release.with_name("fresh")
    fresh.write_bytes(signed(LATER, signer.key, 2))
    fresh.replace(release)
    stage.sidecar.line_with("cannot write the state")
    stage.expect("app", ran=True)
    stage.expect("later", "no_rule_matches")
    resource.prlimit(number, resource.RLIMIT_FSIZE, free)
    stage.expect_well(time.monotonic(), name="later")
