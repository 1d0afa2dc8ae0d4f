"""The bundle server: one secret, one path, long polling."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest

from wilkc.opa.bundle_server import MAX_STRANGERS
from wilkc.opa.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher(b"one") as running:
        yield running


def _get(
    publisher: Publisher, path: str = "/bundle.tar.gz", **headers: str
) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection("127.0.0.1", publisher.port, timeout=10)
    given = {"Authorization": f"Bearer {publisher.token}"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=given)
    with connection.getresponse() as response:
        found = response.status, response.read(), response.headers.get("ETag", "")
    connection.close()
    return found


def test_the_bundle_is_served_with_its_tag(publisher: Publisher) -> None:
    status, body, tag = _get(publisher)
    assert (status, body) == (200, b"one")
    assert _get(publisher, If_None_Match=tag) == (304, b"", tag)


@pytest.mark.parametrize("given", ["", "Bearer x", "Basic eDp5", "Bearer", "bearer \xff"])
def test_without_the_secret_nothing_is_served(publisher: Publisher, given: str) -> None:
    assert _get(publisher, Authorization=given)[:2] == (401, b"")


@pytest.mark.parametrize("path", ["/", "/other", "/bundle.tar.gz/", "/../bundle.tar.gz"])
def test_other_paths_are_not_there(publisher: Publisher, path: str) -> None:
    assert _get(publisher, path)[:2] == (404, b"")


def test_who_waits_gets_the_next_bundle_at_once(publisher: Publisher) -> None:
    _, _, tag = _get(publisher)
    timer = threading.Timer(0.2, publisher.publish, [b"two"])
    timer.start()
    started = time.monotonic()
    status, body, new = _get(publisher, If_None_Match=tag, Prefer="modes=snapshot,delta;wait=30")
    timer.join()
    assert (status, body) == (200, b"two")
    assert new != tag
    assert time.monotonic() - started < 5


def test_waiting_ends(publisher: Publisher) -> None:
    _, _, tag = _get(publisher)
    started = time.monotonic()
    assert _get(publisher, If_None_Match=tag, Prefer="wait=1")[0] == 304
    assert 0.9 < time.monotonic() - started < 5


def test_the_same_bundle_again_has_another_tag(publisher: Publisher) -> None:
    before = _get(publisher)[2]
    publisher.publish(b"one")
    assert _get(publisher)[2] != before


def test_closing_does_not_wait_for_who_waits() -> None:
    with Publisher(b"one") as publisher:
        tag = _get(publisher)[2]
        found: list[int] = []
        thread = threading.Thread(
            target=lambda: found.append(_get(publisher, If_None_Match=tag, Prefer="wait=30")[0])
        )
        thread.start()
        time.sleep(0.2)
        started = time.monotonic()
    thread.join()
    assert found == [304]
    assert time.monotonic() - started < 5


def test_whoever_says_nothing_keeps_nobody_out_and_no_end_waits_for_them() -> None:
    with Publisher(b"one") as publisher, ExitStack() as stack:
        idle = [_idle(stack, publisher) for _ in range(MAX_STRANGERS + 10)]
        for number, connection in enumerate(idle):
            # Each of them goes on to say a little, and never enough.
            with suppress(OSError):
                connection.sendall(
                    b"GET /bundle.tar.gz HTTP/1.1\r\nX: " + bytes([97 + number % 26])
                )
        assert _get(publisher)[:2] == (200, b"one")
        assert _ended(idle[0])
        assert not _ended(idle[-1])
        started = time.monotonic()
        publisher.__exit__(None, None, None)
        assert time.monotonic() - started < 5


def test_who_shows_the_secret_is_not_cut_off_for_those_who_do_not() -> None:
    with Publisher(b"one") as publisher, ExitStack() as stack:
        tag = _get(publisher)[2]
        found: list[tuple[int, bytes, str]] = []
        waiting = threading.Thread(
            target=lambda: found.append(_get(publisher, If_None_Match=tag, Prefer="wait=30"))
        )
        waiting.start()
        time.sleep(0.2)
        for _ in range(2 * MAX_STRANGERS):
            _idle(stack, publisher)
        time.sleep(0.2)
        publisher.publish(b"two")
        waiting.join(5)
        assert [one[:2] for one in found] == [(200, b"two")]


def _idle(stack: ExitStack, publisher: Publisher) -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", publisher.port), timeout=5))


def _ended(connection: socket.socket) -> bool:
    connection.settimeout(0.5)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True
