"""Whatever breaks between the guard and the decision: no, with a reason, in time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.guard.conftest import SPEC, Notes, compiled_bundle
from tests.integration.sidecar.conftest import freeze, opa_processes
from tests.unit.opa.conftest import GRANT, FakePoint, answer, http
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.announcement import announce
from wilkc.runtime import Decision, Guard, PermissionDenied
from wilkc.runtime.limits import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 0.5
SLACK = 3.0
"""Seconds that a busy machine may add to a deadline."""
ASKED = ("file:./src/app.ts", "read")


def ask_all(guard: Guard, detail: str | None = None) -> list[Decision]:
    """The answers of every way to ask; all of them no, and in time."""
    started = time.monotonic()
    found = [guard.check(*ASKED), asyncio.run(guard.check_async(*ASKED))]
    with pytest.raises(PermissionDenied) as caught, guard.action(*ASKED):
        pytest.fail("it ran")
    found.append(caught.value.decision)
    assert time.monotonic() - started < 3 * SECONDS + SLACK
    for one in found:
        assert (one.allow, one.reason) == (False, "VALIDATION_ERROR")
        assert detail in {None, one.detail}
    return found


def hurried(socket: Path, workspace: Path, recorder: Any = None) -> Guard:
    """A guard with a short deadline."""
    return Guard(
        socket,
        recorder or Notes(),
        agent="worker",
        workspace=workspace,
        seconds=SECONDS,
        fulfils=["max_bytes"],
    )


def await_yes(guard: Guard) -> None:
    """Wait until it is well again, as it must be soon."""
    deadline = time.monotonic() + 10
    while not guard.check(*ASKED).allow:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def own(opa: Path, short: Path) -> Iterator[Sidecar]:
    """A sidecar of this test alone."""
    bundle, key = compiled_bundle(worker=SPEC)
    with Sidecar(bundle, {"k": key}, SidecarSettings(opa, short / "run" / "opa.sock")) as sidecar:
        yield sidecar


def test_opa_killed(own: Sidecar, workspace: Path) -> None:
    guard = hurried(own.socket, workspace)
    await_yes(guard)
    (process,) = opa_processes(own.socket.parent)
    os.kill(process, signal.SIGKILL)
    found = guard.check(*ASKED)
    assert found.allow or found.reason == "VALIDATION_ERROR"
    await_yes(guard)
    assert asyncio.run(guard.check_async(*ASKED)).allow
    guard.close()


def test_opa_stopped(own: Sidecar, workspace: Path) -> None:
    guard = hurried(own.socket, workspace)
    await_yes(guard)
    (process,) = opa_processes(own.socket.parent)
    freeze(process)
    try:
        ask_all(guard, "late_answer")
    finally:
        os.kill(process, signal.SIGCONT)
    await_yes(guard)
    guard.close()


def test_the_socket_removed(own: Sidecar, workspace: Path) -> None:
    guard = hurried(own.socket, workspace)
    own.socket.unlink()
    ask_all(guard, "no_decision_point")
    guard.close()


def test_the_announcement_removed(own: Sidecar, workspace: Path) -> None:
    guard = hurried(own.socket, workspace)
    await_yes(guard)
    own.socket.with_name("opa.sock.revisions").unlink()
    ask_all(guard, "unknown_revision")
    guard.close()


def test_a_decision_of_another_revision(own: Sidecar, workspace: Path) -> None:
    guard = hurried(own.socket, workspace)
    await_yes(guard)
    announce(own.socket, ["another"])
    ask_all(guard, "unknown_revision")
    announce(own.socket, [own.revision])
    await_yes(guard)
    guard.close()


def test_proxies_and_a_netrc_do_not_matter(
    own: Sidecar, workspace: Path, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (short / "netrc").write_text("default login x password y\n")
    monkeypatch.setenv("NETRC", str(short / "netrc"))
    monkeypatch.setenv("HOME", str(short))
    guard = Guard(own.socket, Notes(), agent="worker", workspace=workspace, seconds=20)
    assert guard.check(*ASKED).allow
    assert asyncio.run(guard.check_async(*ASKED)).allow
    guard.close()


@pytest.fixture
def fake(short: Path) -> Iterator[FakePoint]:
    """A server in the place of OPA, with `r1` announced."""
    announce(short / "opa.sock", ["r1"])
    point = FakePoint(short / "opa.sock")
    yield point
    point.close()


def test_the_fake_would_be_believed(fake: FakePoint, workspace: Path) -> None:
    """The refusals below are refused for what they are."""
    guard = Guard(
        fake.path,
        Notes(),
        agent="worker",
        workspace=workspace,
        seconds=20,
        fulfils=["max_bytes"],
    )
    assert guard.check(*ASKED).allow
    assert asyncio.run(guard.check_async(*ASKED)).allow
    guard.close()


WHOLE = json.dumps(answer()).encode()
CONTEXT: Any = GRANT["context"]


def _result(**changed: Any) -> bytes:
    return http(json.dumps(answer({**GRANT, **changed})).encode())


@pytest.mark.parametrize(
    "reply",
    [
        http(WHOLE, "500 Internal Server Error"),
        http(WHOLE, "302 Found", "Location: http://127.0.0.1:9/\r\n"),
        http(b"<html><body>200 allowed</body></html>"),
        http(WHOLE[:-1]),
        http(WHOLE)[:-1],
        http(b"{}"),
        http(b"[]"),
        http(b'{"result": true}'),
        http(b""),
        b"",
        _result(decision="true"),
        _result(decision=1),
        _result(decision=None),
        _result(context={**CONTEXT, "revision": "r2"}),
        _result(context={**CONTEXT, "revision": ""}),
        _result(context={**CONTEXT, "reason": "PERMISSION_DENIED"}),
        _result(context={**CONTEXT, "conditions": [{"id": "x", "type": "new", "properties": {}}]}),
        _result(context={**CONTEXT, "conditions": [{"id": "x", "type": "new"}]}),
        _result(context={**CONTEXT, "conditions": None}),
        _result(context={**CONTEXT, "more": 1}),
        http(json.dumps({**answer(), "warning": {}}).encode()),
        http(json.dumps({"result": GRANT}).encode()),
        http(json.dumps(answer(provenance={"bundles": {}})).encode()),
        http(json.dumps(answer(provenance={"bundles": {"wilk": {"revision": "r2"}}})).encode()),
    ],
    ids=range(24),
)
def test_an_odd_answer_is_no(fake: FakePoint, workspace: Path, reply: bytes) -> None:
    fake.reply = lambda _c, _n: reply or None
    guard = hurried(fake.path, workspace)
    ask_all(guard)
    guard.close()


def test_an_opa_without_a_bundle(fake: FakePoint, workspace: Path) -> None:
    fake.reply = lambda _c, _n: http(b'{"provenance":{"version":"1.22.2"}}')
    guard = hurried(fake.path, workspace)
    ask_all(guard, "odd_answer")
    guard.close()


def test_an_answer_after_half_a_minute(fake: FakePoint, workspace: Path) -> None:
    def reply(_connection: object, _number: int) -> bytes:
        fake.stopped.wait(30)
        return http(WHOLE)

    fake.reply = reply
    guard = hurried(fake.path, workspace)
    ask_all(guard, "late_answer")
    guard.close()


def test_an_answer_that_drips(fake: FakePoint, workspace: Path) -> None:
    def reply(connection: Any, _number: int) -> None:
        for byte in http(WHOLE):
            connection.sendall(bytes([byte]))
            if fake.stopped.wait(0.02):
                return

    fake.reply = reply
    guard = hurried(fake.path, workspace)
    ask_all(guard, "late_answer")
    guard.close()


def test_a_thousand_callers_of_a_silent_point_are_answered_in_time(
    fake: FakePoint, workspace: Path
) -> None:
    def reply(_connection: object, _number: int) -> None:
        fake.stopped.wait(30)

    fake.reply = reply
    guard = hurried(fake.path, workspace)

    async def ask() -> list[Decision]:
        asking = (guard.check_async("tool:search", "call") for _ in range(1000))
        return list(await asyncio.gather(*asking))

    started = time.monotonic()
    found = asyncio.run(ask())
    # A thousand callers need the processor themselves; nobody would be answered before 30 s.
    assert time.monotonic() - started < SECONDS + 6 * SLACK
    assert {one.detail for one in found} == {"late_answer"}
    guard.close()


class Broken:
    """Raises something unforeseen whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise KeyError(name)


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"properties": Broken()}, "guard_failed"),
        ({"properties": {"size": object()}}, "malformed_request"),
        ({"properties": {"size": float("nan")}}, "malformed_request"),
        ({"properties": {5: 5}}, "malformed_request"),
        ({"properties": {"x": "\ud800"}}, "text_not_unicode"),
        ({"properties": {"x": "y" * 70_000}}, "malformed_request"),
        ({"properties": 5}, "guard_failed"),
        ({"fulfils": 5}, "guard_failed"),
        ({"fulfils": [[]]}, "guard_failed"),
        ({"security": Broken()}, "security_context_invalid"),
        ({"security": 5}, "security_context_invalid"),
        ({"agent": 5}, "principal_unclear"),
        ({"agent": []}, "guard_failed"),
        ({"time": "2000-01-01T00:00:00Z"}, "reserved_context"),
        ({"trace_id": "x"}, "reserved_context"),
        ({"anything": object()}, "malformed_request"),
    ],
    ids=range(16),
)
def test_whatever_a_caller_gives_is_never_an_exception(
    fake: FakePoint, workspace: Path, given: dict[str, Any], detail: str
) -> None:
    notes = Notes()
    guard = Guard(fake.path, notes, agent="worker", workspace=workspace, seconds=20)
    for found in (guard.check(*ASKED, **given), asyncio.run(guard.check_async(*ASKED, **given))):
        assert (found.allow, found.reason, found.detail) == (False, "VALIDATION_ERROR", detail)
    assert notes.events == [("intent", detail)] * 2
    assert fake.requests == []
    guard.close()


@pytest.mark.parametrize(
    "resource", [5, None, b"file:x", "", ":", "file", "file:\0", "file:\ud800"]
)
def test_a_resource_that_is_none(fake: FakePoint, workspace: Path, resource: Any) -> None:
    guard = hurried(fake.path, workspace)
    found = guard.check(resource, "read")
    assert (found.allow, found.reason) == (False, "VALIDATION_ERROR")
    assert not asyncio.run(guard.check_async(resource, "read")).allow
    assert not guard.run(resource).decision.allow
    guard.close()


class Store:
    """Counts nothing, in every possible way of failing."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def hit(self, _: object) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def refund(self, _: object) -> None:
        pytest.fail("nothing was taken")

    def close(self) -> None:
        pass


LIMIT: Any = {"key": "k", "limit": 5, "window_seconds": 60}


def _limited(fake: FakePoint, workspace: Path, store: Any, limit: Any) -> list[str]:
    """The details of both answers to a grant with a rate limit."""
    condition = {"id": "r", "type": "rate_limit", "properties": limit}
    fake.reply = lambda _c, _n: _result(context={**CONTEXT, "conditions": [condition]})
    guard = Guard(fake.path, Notes(), agent="worker", workspace=workspace, rates=store, seconds=20)
    found = [guard.check(*ASKED), asyncio.run(guard.check_async(*ASKED))]
    guard.close()
    return [one.detail for one in found]


@pytest.mark.parametrize("answer", [OSError("gone"), KeyError("x"), None, True, 5, "yes"])
def test_a_store_of_rates_that_fails_denies(fake: FakePoint, workspace: Path, answer: Any) -> None:
    found = _limited(fake, workspace, Store(answer), LIMIT)
    assert found == ["rate_store_unavailable"] * 2


@pytest.mark.parametrize(
    "changed",
    [{"key": ""}, {"key": 1}, {"limit": -1}, {"limit": None}, {"window_seconds": 0}, {"burst": 1}],
)
def test_a_malformed_rate_limit_denies(
    fake: FakePoint, workspace: Path, changed: dict[str, Any]
) -> None:
    assert _limited(fake, workspace, MemoryStore(), LIMIT) == ["allowed"] * 2
    found = _limited(fake, workspace, MemoryStore(), {**LIMIT, **changed})
    assert found == ["rate_limit_malformed"] * 2


def test_a_silent_point_does_not_hold_the_loop(fake: FakePoint, workspace: Path) -> None:
    def reply(_connection: object, _number: int) -> None:
        fake.stopped.wait(30)

    fake.reply = reply
    before = threading.active_count()
    guard = hurried(fake.path, workspace)

    async def tick() -> int:
        asking = asyncio.create_task(guard.check_async(*ASKED))
        ticks = 0
        while not asking.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert asyncio.run(tick()) > 5
    guard.close()
    # One more at most: of the fake point, which is silent still.
    assert threading.active_count() <= before + 1
