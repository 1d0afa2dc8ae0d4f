"""Looking names up and dialling addresses, on behalf of a proxy that can do neither."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from wilkc.runtime.egress.crew import Crew
from wilkc.runtime.egress.failures import UnreachableError
from wilkc.runtime.egress.outside import Outside, addresses_of, connect


def test_a_resolver_that_hangs_is_left_alone() -> None:
    forever = threading.Event()

    def hang(host: str) -> list[str]:
        forever.wait(30)
        return [host]

    started, crew = time.monotonic(), Crew("test")
    with pytest.raises(UnreachableError):
        addresses_of("a.example", Outside(resolve=hang), 0.05, crew)
    assert time.monotonic() - started < 25
    forever.set()
    with pytest.raises(UnreachableError):
        addresses_of("a.example", Outside(resolve=lambda host: [host] * 33))
    assert addresses_of("a.example", Outside(resolve=lambda _: ["::1"]), crew=crew) == ["::1"]


def test_the_next_address_is_tried() -> None:
    tried: list[str] = []

    def dial(address: str, port: int, seconds: float) -> socket.socket:
        del port, seconds
        tried.append(address)
        if address == "203.0.113.1":
            raise OSError(111, "refused")
        return socket.socket()

    end, address = connect(["203.0.113.1", "203.0.113.2"], 443, Outside(dial=dial))
    end.close()
    assert (address, tried) == ("203.0.113.2", ["203.0.113.1", "203.0.113.2"])
    with pytest.raises(UnreachableError):
        connect(["203.0.113.1"], 443, Outside(dial=dial))
