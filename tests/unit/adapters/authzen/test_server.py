"""AuthZEN over a real socket: HTTP, hostile callers, the beginning and the end."""

from __future__ import annotations

import builtins
import contextlib
import gzip
import socket
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.authzen import EVALUATION, EVALUATIONS, JSON, METADATA, ask
from tests.unit.adapters.authzen.conftest import Point, asked
from wilkc.adapters.authzen import AuthzenServer, AuthzenSettings, Service, app, server
from wilkc.adapters.authzen.app import MAX_EVALUATION_BYTES, MAX_EVALUATIONS_BYTES
from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

YES, NO = asked("./yes"), asked("./no")


def _raw(place: Path, data: bytes) -> bytes:
    """The head of what comes back, or all that came before the server closed."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(place))
        # A refusal may come before all is sent; then nobody reads on.
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(data)
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (piece := connection.recv(65_536)):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


def test_a_grant_and_its_twin(place: Path) -> None:
    assert ask(place, YES).decisions is True
    denied = ask(place, NO)
    assert (denied.status, denied.decisions) == (200, False)
    assert denied.headers["cache-control"] == "no-store"
    assert "server" not in denied.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT"])
@pytest.mark.parametrize("path", [EVALUATION, EVALUATIONS])
def test_other_methods(place: Path, point: Point, method: str, path: str) -> None:
    answer = ask(place, YES, path, method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert ask(place, YES, METADATA).status == 405
    assert point.asked == []


@pytest.mark.parametrize(
    "path",
    ["/", "/access/v1/evaluation/", "/access/v1//evaluation", "/access/v2/evaluation",
     "/Access/v1/evaluation", "/access/v1/search/subject", "/v1/data/wilk/decision",
     "/access/v1/./evaluation", "/.well-known/authzen-configuration/tenant"],
)  # fmt: skip
def test_other_paths(place: Path, point: Point, path: str) -> None:
    assert ask(place, YES, path).status == 404
    assert point.asked == []


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/json ;x=y"]
)
def test_content_types_that_are_json(place: Path, kind: str) -> None:
    assert ask(place, YES, headers={"Content-Type": kind}).decisions is True


@pytest.mark.parametrize(
    "kind", ["", "json", "text/json", "application/jsonx", "application/json, text/plain"]
)
def test_content_types_that_are_not(place: Path, point: Point, kind: str) -> None:
    assert ask(place, YES, headers={"Content-Type": kind}).status == 400
    assert point.asked == []


def test_a_body_that_is_compressed_is_no_json(place: Path) -> None:
    body = gzip.compress(b'{"subject":{}}')
    assert ask(place, body, headers=JSON | {"Content-Encoding": "gzip"}).status == 400


@pytest.mark.parametrize("identity", ["x", "a b", "~" * 256, '"<>', "bfe9eb29-ab87-4ca3"])
@pytest.mark.parametrize("path", [EVALUATION, EVALUATIONS, METADATA, "/nowhere"])
def test_a_request_id_comes_back(place: Path, identity: str, path: str) -> None:
    answer = ask(place, YES, path, headers=JSON | {"X-Request-ID": identity})
    assert answer.headers["x-request-id"] == identity


@pytest.mark.parametrize("identity", ["", "x" * 257, "é", "a\tb", "\x7f"])
def test_a_request_id_that_is_odd_is_refused(place: Path, point: Point, identity: str) -> None:
    answer = ask(place, YES, headers=JSON | {"X-Request-ID": identity})
    assert answer.status == 400
    assert "x-request-id" not in answer.headers
    assert point.asked == []


def test_two_request_ids_are_refused(place: Path, point: Point) -> None:
    head = (
        b"POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\nX-Request-ID: b\r\n"
    )
    answer = _raw(place, head + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")
    assert answer.startswith(b"HTTP/1.1 400")
    assert point.asked == []


@pytest.mark.parametrize(
    ("path", "limit"),
    [(EVALUATION, MAX_EVALUATION_BYTES), (EVALUATIONS, MAX_EVALUATIONS_BYTES)],
)
def test_a_body_has_a_limit(place: Path, point: Point, path: str, limit: int) -> None:
    blank = b" " * (limit - len(b'{"x":1}'))
    assert ask(place, b'{"x":1}' + blank, path).status == 400
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    sized = head + f"Content-Length: {limit + 1}\r\n\r\n"
    refused = _raw(place, sized.encode() + b" " * (limit + 1))
    assert refused.startswith(b"HTTP/1.1 413")
    assert b"\r\nconnection: close\r\n" in refused
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    dripped = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n"
    assert _raw(place, dripped + chunk * (limit // 65_536 + 1)).startswith(b"HTTP/1.1 413")
    assert point.asked == []
    assert ask(place, YES).decisions is True


def test_a_body_that_does_not_come(
    place: Path, point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "BODY_SECONDS", 0.2)
    head = b"POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    answer = _raw(place, head + b"Content-Length: 9\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408")
    assert point.asked == []


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 99,
        b"POST /access/v1/evaluation HTTP/1.1\r\n\r\n",
        b"POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\n b\0\r\n\r\n",
    ],
    ids=range(7),
)
def test_what_is_no_http_is_refused(place: Path, point: Point, data: bytes) -> None:
    assert b" 200 " not in _raw(place, data).partition(b"\r\n")[0]
    assert point.asked == []
    assert ask(place, YES).decisions is True


def test_a_caller_that_leaves_harms_nobody(place: Path, logged: list[str]) -> None:
    head = b"POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(place))
            connection.sendall(head + b"Content-Length: 99\r\n\r\n{")
    assert ask(place, YES).decisions is True
    assert logged == []


def status(place: Path) -> int | None:
    """Of an answer; None if the server hung up before it had the whole question."""
    try:
        return ask(place, YES).status
    except ConnectionError:
        return None


def test_connections_are_counted(
    service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 4)
    with AuthzenServer(service, AuthzenSettings(folder / "a.sock")) as serving:
        idle = [socket.socket(socket.AF_UNIX) for _ in range(4)]
        try:
            for one in idle:
                one.connect(str(serving.socket))
            # A connection counts once the server has taken it up, which it may be slow to do.
            deadline = time.monotonic() + 30
            while status(serving.socket) != 503:
                assert time.monotonic() < deadline
        finally:
            for one in idle:
                one.close()
        deadline = time.monotonic() + 30
        while status(serving.socket) != 200:
            assert time.monotonic() < deadline
        assert ask(serving.socket, YES).decisions is True


def test_a_fault_of_ours_is_no_permission(place: Path, point: Point, logged: list[str]) -> None:
    def fail(_request: object) -> None:
        raise KeyError("secret")

    point.before = fail
    answer = ask(place, YES, headers=JSON | {"X-Request-ID": "i"})
    assert (answer.status, answer.body) == (500, b"the evaluation failed")
    assert answer.headers["x-request-id"] == "i"
    assert logged == ["an evaluation failed: KeyError: 'secret'"]


def test_callers_at_a_time_get_their_own_answers(place: Path) -> None:
    def call(number: int) -> bool:
        for turn in range(20):
            wanted = (number + turn) % 2 == 0
            answer = ask(place, YES if wanted else NO, headers=JSON | {"X-Request-ID": f"{number}"})
            if answer.decisions is not wanted or answer.headers["x-request-id"] != f"{number}":
                return False
        return True

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(call, range(32)))


def test_the_socket_is_private_and_goes_with_the_server(service: Service, folder: Path) -> None:
    place = folder / "made" / "authzen.sock"
    with AuthzenServer(service, AuthzenSettings(place)) as serving:
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
        assert serving.is_alive()
    assert not place.parent.exists()
    assert not serving.is_alive()


def test_evaluations_under_way_are_answered_at_the_end(
    service: Service, point: Point, folder: Path
) -> None:
    begun = threading.Event()

    def wait(_request: object) -> None:
        begun.set()
        time.sleep(0.5)

    point.before = wait
    with ThreadPoolExecutor(1) as pool:
        with AuthzenServer(service, AuthzenSettings(folder / "a.sock")) as serving:
            answer = pool.submit(ask, serving.socket, YES)
            assert begun.wait(10)
        assert answer.result().decisions is True
    with pytest.raises(OSError, match=r"No such file|refused"):
        ask(serving.socket, YES)


def test_there_is_one_server_at_a_place(service: Service, place: Path) -> None:
    with (
        pytest.raises(UnavailableError, match="another server"),
        AuthzenServer(service, AuthzenSettings(place)),
    ):
        pass
    assert ask(place, YES).decisions is True


def test_a_socket_that_was_left_behind_is_replaced(service: Service, folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / "a.sock"))
    with AuthzenServer(service, AuthzenSettings(folder / "a.sock")) as serving:
        assert ask(serving.socket, YES).decisions is True


def test_places_where_no_socket_may_stand(service: Service, folder: Path) -> None:
    (folder / "file").write_text("kept")
    (folder / "open").mkdir(mode=0o755)
    for name in ("file", "open/a.sock", "x" * 200, "a b", ".hidden"):
        with (
            pytest.raises(UsageError),
            AuthzenServer(service, AuthzenSettings(folder / name)),
        ):
            pass
    assert (folder / "file").read_text() == "kept"


def test_without_the_extra_nothing_is_served(
    service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = builtins.__import__

    def lacking(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "uvicorn":
            raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")
        return found(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with (
        pytest.raises(UnavailableError, match="`uvicorn`, which is not installed") as refused,
        AuthzenServer(service, AuthzenSettings(folder / "a.sock")),
    ):
        pass
    assert "wilkc[authzen]" in refused.value.help_text
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("first", [b"", b"whole"])
def test_who_says_nothing_or_says_it_slowly_keeps_nobody_out(
    service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    settings = AuthzenSettings(folder / "authzen.sock")
    whole = f"GET {METADATA} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with AuthzenServer(service, settings) as served, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(served.socket))
        if first:
            # A head in time earns no more than that for the next one.
            connection.sendall(whole)
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        ended = False
        for byte in whole[:-4] * 20:
            try:
                connection.sendall(bytes([byte]))
                connection.settimeout(0.1)
                ended = connection.recv(65_536) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
            if ended:
                break
        assert ended
        assert ask(served.socket, YES).decisions is True


def test_an_answer_that_takes_longer_than_a_head_comes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.2)
    point = Point()
    honest = point.decide

    def slow(request: Any) -> Any:
        time.sleep(1)
        return honest(request)

    monkeypatch.setattr(point, "decide", slow)
    settings = AuthzenSettings(folder / "authzen.sock")
    with AuthzenServer(Service(point), settings) as served:
        assert ask(served.socket, YES).decisions is True
