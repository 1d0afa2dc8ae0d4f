"""What the shim makes of a question of the proxy; whatever goes wrong is a no."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.answering import Notes, Point
from wilkc.core.contract import Condition, Decision, denial
from wilkc.core.sandbox_plan import Quantity
from wilkc.identity import create_identity, open_revocations
from wilkc.runtime.egress.channel import Channel
from wilkc.runtime.egress.judging import Asked, Judge
from wilkc.runtime.egress.meter import Meter
from wilkc.runtime.egress.refusals import own_refusal, refusal_body, status_of
from wilkc.runtime.egress.session import Session
from wilkc.runtime.guard.unrevoked import Unrevoked
from wilkc.runtime.limits import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Asked("l-1", "connect", "a.example", 443, "CONNECT")
REVISION = "r" * 64
RATE = Condition("r", "rate_limit", {"key": "k", "limit": 1, "window_seconds": 60})


def _grant(*conditions: Condition, revision: str = REVISION) -> Decision:
    return Decision(
        allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="",
        conditions=conditions, revision=revision,
    )  # fmt: skip


def _no(detail: str) -> Decision:
    return denial("PERMISSION_DENIED", detail, "no", revision=REVISION)


def _point(answers: dict[str, Decision] | None = None, error: Exception | None = None) -> Point:
    return Point(answers or {}, error, 0.25)


def _book(broken: bool = False) -> Notes:  # of a table of cases
    return Notes("intent" if broken else "")


def _judge(point: Point, book: Notes, rates: Any = None) -> Judge:
    return Judge(point, book, rates, "agent", "l")


def test_what_is_asked() -> None:
    point, book = _point({"https": _grant()}), _book()
    judge = _judge(point, book)
    first = judge.may_reach(ASKED)
    assert (first.decision.allow, first.intent, book.decisions) == (True, None, [])
    second = judge.may_dial(ASKED, first.request, ["203.0.113.1", "::ffff:203.0.113.2"])
    assert second.intent is not None
    assert book.granted == [second.request]
    [before, after] = point.asked
    assert (after.type, after.action, after.id) == ("network", "connect", "a.example:443")
    assert before.properties == {
        "host": "a.example", "port": 443, "protocol": "https", "ip_literal": False,
        "method": "CONNECT",
    }  # fmt: skip
    assert after.properties["resolved"] == ["203.0.113.1", "203.0.113.2"]
    assert set(after.context) == {"time", "launch", "agent", "request_id"}


@pytest.mark.parametrize(
    ("answers", "protocol", "detail"),
    [
        ({"https": _no("protocol_not_allowed"), "wss": _grant()}, "wss", "allowed"),
        (
            {
                "https": _no("port_not_allowed"),
                "wss": _no("protocol_not_allowed"),
                "tcp": _grant(),
            },
            "tcp",
            "allowed",
        ),
        ({"https": _no("blocked"), "tcp": _grant()}, "https", "blocked"),
        (
            {
                "https": _no("port_not_allowed"),
                "wss": _no("protocol_not_allowed"),
                "tcp": _no("protocol_not_allowed"),
            },
            "https",
            "port_not_allowed",
        ),
    ],
)
def test_which_protocol_a_tunnel_is_taken_for(
    answers: dict[str, Decision], protocol: str, detail: str
) -> None:
    verdict = _judge(_point(answers), _book()).may_reach(ASKED)
    assert (verdict.request.properties["protocol"], verdict.decision.detail) == (protocol, detail)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "168.63.129.16", "169.254.170.2",
     "169.254.170.23", "fd00:ec2::23", "fd20:ce::254", "0.0.0.1", "::", "224.0.0.1", "ff02::1",
     "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "255.255.255.255",
     "fe80::1%eth0", "localhost", ""],
)  # fmt: skip
def test_addresses_that_no_answer_can_open(address: str) -> None:
    """Also where the decision point would say yes to everything."""
    point, book = _point({"https": _grant()}), _book()
    judge = _judge(point, book)
    first = judge.may_reach(ASKED)
    verdict = judge.may_dial(ASKED, first.request, ["203.0.113.1", address])
    assert not verdict.decision.allow
    assert not book.decisions[0].allow


def test_whatever_goes_wrong_is_a_no() -> None:
    rate = Condition("r", "rate_limit", {"key": "k", "limit": 1, "window_seconds": 60})
    odd = Condition("x", "something_new", {})
    for point, broken, rates, status in (
        (_point(error=RuntimeError("x")), False, None, 503),
        (_point({"https": _grant()}), True, None, 503),
        (_point({"https": _grant(revision="")}), False, None, 503),
        (_point({"https": _grant(odd)}), False, None, 403),
        (_point({"https": _grant(rate)}), False, None, 403),
        (_point({"https": _no("blocked")}), True, None, 403),
    ):
        book = _book(broken)
        judge = _judge(point, book, rates)
        verdict = judge.may_reach(ASKED)
        if verdict.decision.allow:
            verdict = judge.may_dial(ASKED, verdict.request, ["203.0.113.1"])
        assert not verdict.decision.allow
        assert status_of(verdict.decision) == status


def test_hits_are_given_back_where_nothing_is_recorded() -> None:
    rate = Condition("r", "rate_limit", {"key": "k", "limit": 1, "window_seconds": 60})
    point, store = _point({"https": _grant(rate)}), MemoryStore()
    for broken, allowed in ((True, False), (False, True), (False, False)):
        judge = _judge(point, _book(broken), store)
        first = judge.may_reach(ASKED)
        verdict = judge.may_dial(ASKED, first.request, ["203.0.113.1"])
        assert verdict.decision.allow == allowed


@dataclass
class Proxy:
    """The other side of a session."""

    channel: Channel
    thread: threading.Thread
    stopping: threading.Event
    book: Notes

    def end(self) -> None:
        self.channel.close()
        self.thread.join(20)
        assert not self.thread.is_alive()


def _session(point: Point, *, looks_again: bool = True, rates: Any = None) -> Proxy:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    book, stopping = _book(), threading.Event()
    session = Session(Channel(ours), _judge(point, book, rates), looks_again, stopping)
    thread = threading.Thread(target=session.run, daemon=True)
    thread.start()
    return Proxy(Channel(theirs), thread, stopping, book)


ASK = {"id": "l-1", "via": "connect", "host": "a.example", "port": 443, "method": "CONNECT"}


def _granted(point: Point) -> Proxy:
    proxy = _session(point)
    proxy.channel.send(ask=ASK)
    assert proxy.channel.receive(20) == {"resolve": True}
    assert proxy.book.decisions == []
    proxy.channel.send(resolved=["203.0.113.1"])
    answer = proxy.channel.receive(20)
    assert answer == {"dial": ["203.0.113.1"], "protocol": "https", "seconds": None}
    return proxy


def test_a_conversation() -> None:
    proxy = _granted(_point({"https": _grant()}))
    proxy.channel.send(end="", address="203.0.113.1", sent=1, received=2)
    proxy.thread.join(20)
    assert proxy.book.outcomes == [
        {"status": "success", "error": None, "address": "203.0.113.1", "bytes_sent": 1,
         "bytes_received": 2},
    ]  # fmt: skip
    proxy.end()


def test_a_proxy_that_dies_leaves_a_record() -> None:
    proxy = _granted(_point({"https": _grant()}))
    proxy.end()
    assert [one["error"] for one in proxy.book.outcomes] == ["proxy_died"]


def test_the_end_of_the_launch_and_of_a_grant_end_a_connection() -> None:
    point = _point({"https": _grant()})
    for reason in ("launch_ended", "no_longer_allowed"):
        proxy = _granted(point)
        if reason == "launch_ended":
            proxy.stopping.set()
        else:
            point.answers["https"] = _no("blocked")
        assert proxy.channel.receive(20) == {"stop": True}
        proxy.channel.send(end="told", address="203.0.113.1", sent=0, received=0)
        proxy.thread.join(20)
        assert [one["error"] for one in proxy.book.outcomes] == [reason]
        proxy.end()


def test_without_an_answer_an_open_connection_stays() -> None:
    point = _point({"https": _grant()})
    judge = _judge(point, _book())
    request = judge.may_reach(ASKED).request
    assert judge.still_may(request)
    point.answers["https"] = denial("VALIDATION_ERROR", "late_answer", "late")
    assert judge.still_may(request)
    point.answers["https"] = _no("no_rule_matches")
    assert not judge.still_may(request)


def test_a_revoked_agent_gets_no_connection_and_keeps_none(tmp_path: Path) -> None:
    create_identity(tmp_path / "who")
    revocations, book = open_revocations(tmp_path / "who"), _book()
    # It gets what the look has left of the time.
    point: Any = Point({"https": _grant()})
    judge = Judge(Unrevoked(point, revocations), book, None, "agent", "l")
    request = judge.may_reach(ASKED).request
    assert judge.may_dial(ASKED, request, ["203.0.113.1"]).decision.allow
    assert judge.still_may(request)
    revocations.revoke("agent", "agent")
    assert not judge.still_may(request)
    assert judge.may_reach(ASKED).decision.detail == "agent_revoked"
    assert judge.may_dial(ASKED, request, ["203.0.113.1"]).decision.detail == "agent_revoked"
    assert [one.detail for one in book.decisions] == ["allowed", "agent_revoked", "agent_revoked"]


@pytest.mark.parametrize(
    "asked",
    [{}, {**ASK, "via": "bind"}, {**ASK, "port": "443"}, {**ASK, "port": True},
     {**ASK, "host": None}, {**ASK, "host": "a" * 301}, {**ASK, "id": 1}, "text", None],
)  # fmt: skip
def test_a_question_that_no_proxy_asks_gets_no_answer(asked: Any) -> None:
    proxy = _session(_point({"https": _grant()}))
    proxy.channel.send(ask=asked)
    assert proxy.channel.receive(20) is None
    assert proxy.book.decisions == []
    proxy.end()


@pytest.mark.parametrize("resolved", [[], "203.0.113.1", [1], None])
def test_no_addresses_no_connection(resolved: Any) -> None:
    proxy = _session(_point({"https": _grant()}))
    proxy.channel.send(ask=ASK)
    assert proxy.channel.receive(20) == {"resolve": True}
    proxy.channel.send(resolved=resolved)
    assert proxy.channel.receive(20) is None
    proxy.end()
    # The name was told to whoever answers for it, and that is on record.
    assert proxy.book.denied == [("a.example", "name_not_resolved")]


def test_a_proxy_that_dies_while_it_looks_up_leaves_a_record() -> None:
    proxy = _session(_point({"https": _grant()}))
    proxy.channel.send(ask=ASK)
    assert proxy.channel.receive(20) == {"resolve": True}
    proxy.end()
    assert proxy.book.denied == [("a.example", "name_not_resolved")]


def test_a_name_that_is_looked_up_takes_its_hit() -> None:
    """A name can carry what must not leave to whoever answers for it, and need no address."""
    point, store = _point({"https": _grant(RATE)}), MemoryStore()
    for answer in ({"resolve": True}, None):
        proxy = _session(point, rates=store)
        proxy.channel.send(ask=ASK)
        told = proxy.channel.receive(20)
        assert told is not None
        assert told == answer or told["status"] == 429
        assert ("resolve" in told) == (answer is not None)
        proxy.end()
    assert proxy.book.denied == [("a.example", "rate_exceeded")]


def test_a_connection_takes_one_hit_and_not_two() -> None:
    two = Condition("r", "rate_limit", {"key": "k", "limit": 2, "window_seconds": 60})
    point, store = _point({"https": _grant(two)}), MemoryStore()
    for allowed in (True, True, False):
        judge = _judge(point, _book(), store)
        verdict = judge.may_look_up(ASKED, judge.may_reach(ASKED))
        assert verdict.decision.allow == allowed
        if allowed:
            dialled = judge.may_dial(ASKED, verdict.request, ["203.0.113.1"], verdict.counted)
            assert dialled.decision.allow
            assert dialled.decision.conditions == (two,)


def test_what_was_not_counted_before_is_counted_when_dialled() -> None:
    """The policy may have become another one between the two questions."""
    other = Condition("r", "rate_limit", {"key": "other", "limit": 1, "window_seconds": 60})
    point, store = _point({"https": _grant(RATE)}), MemoryStore()
    for number, allowed in ((1, True), (2, False)):
        counting = Condition("r", "rate_limit", {**RATE.properties, "key": str(number)})
        point.answers["https"] = _grant(counting)
        judge = _judge(point, _book(), store)
        verdict = judge.may_look_up(ASKED, judge.may_reach(ASKED))
        assert verdict.decision.allow
        point.answers["https"] = _grant(other)
        dialled = judge.may_dial(ASKED, verdict.request, ["203.0.113.1"], verdict.counted)
        assert dialled.decision.allow == allowed


def test_a_name_is_not_looked_up_on_conditions_that_nobody_fulfils() -> None:
    for decision, rates, status in (
        (_grant(Condition("x", "something_new", {})), None, 403),
        (_grant(RATE), None, 403),
        (_grant(revision=""), None, 503),
    ):
        judge = _judge(_point({"https": decision}), _book(), rates)
        verdict = judge.may_look_up(ASKED, judge.may_reach(ASKED))
        assert not verdict.decision.allow
        assert verdict.intent is not None
        assert status_of(verdict.decision) == status


def test_what_a_model_is_told() -> None:
    for detail, status in (
        ("no_rule_matches", 403), ("blocked", 403), ("rate_exceeded", 403),
        ("too_many_connections", 429), ("network_limit_exceeded", 429), ("late_answer", 503),
        ("host_unreachable", 502), ("malformed_request", 400),
    ):  # fmt: skip
        decision = own_refusal(detail, "why")
        assert status_of(decision) == status
        body = refusal_body(decision, "l-7")
        assert (body["decision"], body["request_id"], body["message"]) == (False, "l-7", "why")
        assert body["next_steps"]


def test_the_limit_is_kept_to_the_byte() -> None:
    meter = Meter(Quantity(100, 80, "bytes", "hard"))
    assert meter.carry(lambda room: room, 60, sent=True) == 60
    assert not meter.spend(41, sent=False)
    assert meter.spend(30, sent=False)
    assert meter.carry(lambda room: room, 60, sent=True) == 10
    assert meter.carry(lambda room: room, 60, sent=True) is None
    assert meter.is_used_up()
    traffic = meter.read()
    assert (traffic.sent, traffic.received) == (70, 30)


def test_which_limits_slow_down() -> None:
    fast = Meter(Quantity(10**12, 10**12, "bytes_per_second", "hard"))
    slow = Meter(Quantity(1000, 800, "bytes_per_second", "hard"))
    watched = Meter(Quantity(1000, 800, "bytes_per_second", "monitoring"))
    soft = Meter(Quantity(1000, 800, "bytes", "soft"))
    for meter in (fast, watched, soft):
        meter.spend(1000, sent=True)
    assert fast.owed() < 0.1
    assert (watched.owed(), soft.owed()) == (0.0, 0.0)
    slow.spend(5_000, sent=True)
    assert 4.0 < slow.owed() <= 5.0
    slow.spend(10_000, sent=False)
    assert 14.0 < slow.owed() <= 15.0
    soft.spend(10**6, sent=True)
    assert soft.owed() > 1.0
    assert not soft.is_used_up()
    braked = Meter(Quantity(10**9, 10**9, "bytes", "soft"))
    for on in (False, True, False):
        braked.brake(on)
        braked.spend(10**8, sent=True)
        assert (braked.owed() > 0.5) == on
