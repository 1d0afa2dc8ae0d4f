"""The bundle server: one secret, one path, long polling."""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING

import pytest

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
