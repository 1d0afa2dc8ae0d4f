"""Every way in which a decision point can fail to answer means no."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.opa.conftest import GRANT, FakePoint, Known, answer, http
from wilkc.core.contract import Request
from wilkc.opa import Transport, is_answer
from wilkc.opa import transport as module

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

ASKED = Request("a", "read", "file", "./x")
WHOLE = http(json.dumps(answer()).encode())


@pytest.fixture
def transport(point: FakePoint) -> Transport:
    return Transport(point.path, Known(), seconds=0.5)


def _detail(transport: Transport) -> str:
    found = transport.decide(ASKED)
    assert not found.allow
    assert found.reason == "VALIDATION_ERROR"
    assert not is_answer(found)
    return found.detail


def test_a_grant_comes_through(point: FakePoint, transport: Transport) -> None:
    assert transport.decide(ASKED).allow
    head, _, body = point.requests[0].partition(b"{")
    assert head.startswith(
        b"POST /v1/data/wilk/decision?provenance=true&strict-builtin-errors=true HTTP/1.1\r\n"
    )
    assert json.loads(b"{" + body) == {"input": ASKED.as_input()}


def test_the_connection_is_kept(point: FakePoint, transport: Transport) -> None:
    assert all(transport.decide(ASKED).allow for _ in range(5))
    assert point.connections == 1
    transport.close()
    assert transport.decide(ASKED).allow
    assert point.connections == 2


def test_a_kept_connection_that_was_closed_is_replaced(
    point: FakePoint, transport: Transport
) -> None:
    assert transport.decide(ASKED).allow
    point.drop_connections()
    assert transport.decide(ASKED).allow
    assert point.connections == 2


def test_a_connection_closed_under_the_request_is_tried_once_more(
    point: FakePoint, transport: Transport
) -> None:
    point.reply = lambda _c, number: None if number == 2 else WHOLE
    assert transport.decide(ASKED).allow
    assert transport.decide(ASKED).allow
    assert len(point.requests) == 3


def test_a_fresh_connection_is_not_tried_again(point: FakePoint, transport: Transport) -> None:
    point.reply = lambda _c, _n: None
    assert _detail(transport) == "no_decision_point"
    assert len(point.requests) == 1


def test_no_socket(short_folder: Path) -> None:
    assert _detail(Transport(short_folder / "none.sock", Known())) == "no_decision_point"


def test_no_listener(point: FakePoint, transport: Transport) -> None:
    point.close()
    assert _detail(transport) == "no_decision_point"


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    assert _detail(Transport(tmp_path / ("x" * 200), Known())) == "no_decision_point"


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (http(b"{}"), "odd_answer"),
        (http(b"<html></html>"), "odd_answer"),
        (http(json.dumps(answer()).encode(), "500 Internal Server Error"), "odd_answer"),
        (http(b"", "301 Moved Permanently", "Location: /v1/data\r\n"), "odd_answer"),
        (http(b"", "204 No Content"), "odd_answer"),
        (http(b" " * 70_000 + json.dumps(answer()).encode()), "odd_answer"),
        (b"nonsense\r\n\r\n", "no_decision_point"),
        (b"HTTP/1.1 xyz\r\n\r\n", "odd_answer"),
        (b"HTTP/9.9 200 OK\r\n\r\n", "odd_answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "odd_answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", "odd_answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "odd_answer"),
    ],
    ids=range(12),
)
def test_odd_answers(point: FakePoint, transport: Transport, data: bytes, detail: str) -> None:
    point.reply = lambda _c, _n: data
    found = transport.decide(ASKED)
    assert not found.allow
    assert found.detail in {detail, "odd_answer"}


def test_a_truncated_body(point: FakePoint, transport: Transport) -> None:
    def reply(connection: socket.socket, _number: int) -> None:
        connection.sendall(WHOLE[:-5])

    point.reply = reply
    assert _detail(transport) == "odd_answer"


def _timed(transport: Transport) -> tuple[str, float]:
    started = time.monotonic()
    detail = _detail(transport)
    return detail, time.monotonic() - started


def test_silence(point: FakePoint, transport: Transport) -> None:
    def reply(_connection: socket.socket, _number: int) -> None:
        point.stopped.wait(5)

    point.reply = reply
    detail, seconds = _timed(transport)
    assert detail == "late_answer"
    assert 0.4 < seconds < 2


@pytest.mark.parametrize("part", [slice(None), slice(10, None)], ids=["head", "body"])
def test_an_answer_that_drips_does_not_outlast_the_deadline(
    point: FakePoint, transport: Transport, part: slice
) -> None:
    def reply(connection: socket.socket, _number: int) -> None:
        connection.sendall(WHOLE[: part.start or 0])
        for byte in WHOLE[part]:
            connection.sendall(bytes([byte]))
            if point.stopped.wait(0.02):
                return

    point.reply = reply
    detail, seconds = _timed(transport)
    assert detail == "late_answer"
    assert seconds < 2


def test_endless_interim_answers_do_not_outlast_the_deadline(
    point: FakePoint, transport: Transport
) -> None:
    def reply(connection: socket.socket, _number: int) -> None:
        while not point.stopped.wait(0.01):
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    point.reply = reply
    detail, seconds = _timed(transport)
    assert detail == "late_answer"
    assert seconds < 2


def test_a_late_answer_is_never_taken_for_the_next_one(
    point: FakePoint, transport: Transport
) -> None:
    denied = {**GRANT, "decision": False}
    denied["context"] = {**GRANT["context"], "reason": "PERMISSION_DENIED"}  # type: ignore[dict-item]
    no = http(json.dumps(answer(denied)).encode())

    def reply(_connection: socket.socket, number: int) -> bytes:
        if number == 1:
            time.sleep(0.7)
            return WHOLE
        return no

    point.reply = reply
    assert _detail(transport) == "late_answer"
    time.sleep(0.4)
    assert transport.decide(ASKED).detail == "allowed"
    assert not transport.decide(ASKED).allow


def test_bytes_that_nobody_asked_for_end_the_connection(
    point: FakePoint, transport: Transport
) -> None:
    def reply(connection: socket.socket, number: int) -> bytes:
        if number == 1:
            connection.sendall(WHOLE)
            time.sleep(0.1)
            return WHOLE
        return http(b"{}")

    point.reply = reply
    assert transport.decide(ASKED).allow
    time.sleep(0.2)
    assert _detail(transport) == "odd_answer"
    assert point.connections == 2


def test_each_thread_has_its_own_connection(point: FakePoint, transport: Transport) -> None:
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(transport.decide(ASKED).allow))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    del threads
    gc.collect()
    assert found == [True] * 4
    assert point.connections == 4


def test_a_child_process_does_not_share_the_connection(
    point: FakePoint, transport: Transport
) -> None:
    assert transport.decide(ASKED).allow
    child = os.fork()
    if child == 0:
        os._exit(0 if transport.decide(ASKED).allow else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert transport.decide(ASKED).allow
    assert point.connections == 2


def test_environment_variables_for_proxies_do_not_matter(
    point: FakePoint, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert transport.decide(ASKED).allow
    assert point.connections == 1


@pytest.mark.parametrize(
    ("request_", "detail"),
    [
        (Request("a", "read", "file", "./\ud800"), "malformed_request"),
        (Request("a", "read", "file", "./x", properties={"n": float("nan")}), "malformed_request"),
        (Request("a", "read", "file", "./" + "x" * 70_000), "request_too_large"),
    ],
)
def test_requests_that_cannot_be_sent_are_denied_and_not_sent(
    point: FakePoint, transport: Transport, request_: Request, detail: str
) -> None:
    assert transport.decide(request_).detail == detail
    assert [one.detail for one in transport.decide_many([request_])] == [detail]
    assert point.requests == []


def _deeply_nested() -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(100_000):
        value = {"x": value}
    return value


def test_a_request_nested_too_deeply_is_denied(transport: Transport) -> None:
    asked = Request("a", "read", "file", "./x", properties=_deeply_nested())
    assert transport.decide(asked).detail == "malformed_request"


def _batch_reply(point: FakePoint, revision: Callable[[int], str] = lambda _n: "r1") -> None:
    """Grant what asks for `./yes`, and name a revision by the number of the request."""

    def reply(_connection: socket.socket, number: int) -> bytes:
        body = json.loads(b"{" + point.requests[-1].partition(b"{")[2])
        name = revision(number)
        results = []
        for asked in body["input"]["requests"]:
            allow = asked["resource"]["id"].startswith("./yes")
            reason = "PERMISSION_GRANTED" if allow else "PERMISSION_DENIED"
            context = {**GRANT["context"], "reason": reason, "revision": name}  # type: ignore[dict-item]
            results.append({"decision": allow, "context": context})
        provenance = {"bundles": {"wilk": {"revision": name}}}
        return http(json.dumps(answer(results, provenance=provenance)).encode())

    point.reply = reply


class Every:
    """Accepts every revision."""

    def knows(self, revision: str) -> bool:
        return bool(revision)


def test_a_batch_keeps_its_order_over_many_bodies(point: FakePoint) -> None:
    _batch_reply(point)
    asked = [
        Request("a", "read", "file", f"./{'yes' if n % 3 else 'no'}{'x' * (n % 700)}")
        for n in range(2500)
    ]
    found = Transport(point.path, Known()).decide_many(asked)
    assert [one.allow for one in found] == [bool(n % 3) for n in range(2500)]
    bodies = [b"{" + one.partition(b"{")[2] for one in point.requests]
    assert len(point.requests) > 2500 // module.MAX_BATCH
    assert max(map(len, bodies)) <= 65_536


def test_a_batch_with_unreadable_requests_keeps_its_order(point: FakePoint) -> None:
    _batch_reply(point)
    asked = [
        Request("a", "read", "file", "./yes"),
        Request("a", "read", "file", "./\ud800"),
        Request("a", "read", "file", "./no"),
        Request("a", "read", "file", "./yes" + "x" * 70_000),
        Request("a", "read", "file", "./yes"),
    ]
    found = Transport(point.path, Known()).decide_many(asked)
    assert [one.allow for one in found] == [True, False, False, False, True]


def test_an_empty_batch_asks_nothing(point: FakePoint, transport: Transport) -> None:
    assert transport.decide_many([]) == []
    assert point.requests == []


def test_a_batch_that_fails_is_asked_one_by_one(point: FakePoint, transport: Transport) -> None:
    def reply(_connection: socket.socket, number: int) -> bytes:
        if number in {1, 3}:
            return http(b"{}", "500 Internal Server Error")
        return WHOLE

    point.reply = reply
    found = transport.decide_many([ASKED] * 3)
    assert [one.allow for one in found] == [True, False, True]


def test_a_batch_without_decision_point_is_denied(short_folder: Path) -> None:
    found = Transport(short_folder / "none.sock", Known()).decide_many([ASKED] * 3)
    assert [one.detail for one in found] == ["no_decision_point"] * 3


def _big_batch() -> list[Request]:
    return [Request("a", "read", "file", "./yes" + "x" * 600) for _ in range(300)]


def test_a_batch_over_an_update_is_asked_again(point: FakePoint) -> None:
    _batch_reply(point, lambda number: "r1" if number == 1 else "r2")
    found = Transport(point.path, Every()).decide_many(_big_batch())
    assert {one.revision for one in found} == {"r2"}
    assert all(one.allow for one in found)


def test_a_batch_by_changing_revisions_is_denied(point: FakePoint) -> None:
    _batch_reply(point, lambda number: f"r{number}")
    found = Transport(point.path, Every()).decide_many(_big_batch())
    assert {one.detail for one in found} == {"unknown_revision"}
    assert not any(one.allow for one in found)


def test_a_batch_waits_once_for_a_point_that_is_silent(
    point: FakePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_SECONDS", 0.3)

    def reply(_connection: socket.socket, _number: int) -> None:
        point.stopped.wait(5)

    point.reply = reply
    began = time.monotonic()
    found = Transport(point.path, Known()).decide_many(_big_batch())
    assert {one.detail for one in found} == {"late_answer"}
    assert len(point.requests) == 1
    assert time.monotonic() - began < 2


def test_a_batch_that_is_asked_one_by_one_has_its_time(
    point: FakePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_SECONDS", 0.3)

    def reply(_connection: socket.socket, number: int) -> bytes:
        if number == 1:
            return http(b"{}", "500 Internal Server Error")
        time.sleep(0.1)
        return WHOLE

    point.reply = reply
    found = Transport(point.path, Known()).decide_many([ASKED] * 50)
    assert 0 < sum(one.allow for one in found) < 10
    assert {one.detail for one in found if not one.allow} == {"late_answer"}
