"""Ordinary programs through the proxy, and what each rule of the policy makes of them."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.egress.hosts import after, hasty
from tests.integration.egress.world import PLAN, PUBLIC, at_most, limited

if TYPE_CHECKING:
    from tests.integration.egress.world import World
    from wilkc.core.sandbox_plan import Limits, SandboxPlan

TLS = {"via": "connect", "target": "api.example.com:443", "sni": "api.example.com"}


def _curl(world: World, *words: str) -> tuple[str, Any]:
    """Curl with the authority of the tests, in a file that only the sandbox has."""
    script = f"printf %s {shlex.quote(world.authority.certificate)} > /tmp/ca.pem; " + shlex.join(
        ["/usr/bin/curl", "-sS", "--max-time", "40", "--cacert", "/tmp/ca.pem", *words]  # noqa: S108
    )
    ended, printed = world.run("attacked", "/bin/sh", "-c", script)
    return printed, ended


@pytest.mark.parametrize(
    "proxy", [(), ("--proxy", "socks5h://127.0.0.1:1080")], ids=["http", "socks5"]
)
def test_curl_by_tls(world: World, proxy: tuple[str, ...]) -> None:
    printed, ended = _curl(world, *proxy, "https://api.example.com/")
    assert printed == "hello"
    assert ended.exit == 0
    assert ended.record["egress"]["bytes_received"] > len("hello")
    denied, ended = _curl(world, *proxy, "https://evil.example.net/")
    assert "hello" not in denied
    assert ended.exit != 0
    assert world.notes.denied == [("evil.example.net", "no_rule_matches")]


def test_curl_posts_by_plain_http(world: World) -> None:
    body = "x" * 3000  # long enough that curl waits for leave
    for coding in ((), ("-H", "Transfer-Encoding: chunked")):
        printed, _ = _curl(
            world, *coding, "-H", "Expect: 100-continue", "-H", "Connection: X-Secret",
            "-H", "X-Secret: no", "--data", body, "http://plain.example.com/a?b=c",
        )  # fmt: skip
        assert printed == "hello"
        head = world.plain.heard[-1].split(b"\r\n\r\n")[0].decode().lower()
        assert head.startswith("post /a?b=c http/1.1\r\nhost: plain.example.com\r\n")
        assert "connection: close" in head
        assert "x-secret" not in head
    printed, _ = _curl(world, "http://other.example.com/")
    assert json.loads(printed)["detail"] == "protocol_not_allowed"


@pytest.mark.parametrize("coding", [(), ("-H", "Transfer-Encoding: chunked")])
def test_curl_hears_a_host_that_leaves_the_body_unread(
    world: World, coding: tuple[str, ...]
) -> None:
    world.plain.answer = hasty
    printed, ended = _curl(
        world, *coding, "-H", "Expect: 100-continue", "--data", "x" * 3000,
        "http://plain.example.com/",
    )  # fmt: skip
    assert (printed, ended.exit) == ("hello", 0)


@pytest.mark.parametrize(
    ("length", "body"),
    [("Content-Length: 3", "abc"), ("Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n")],
)
def test_a_request_behind_another_is_never_sent(world: World, length: str, body: str) -> None:
    second = "GET http://plain.example.com/second HTTP/1.1\r\nHost: plain.example.com\r\n\r\n"
    first = (
        f"POST http://plain.example.com/ HTTP/1.1\r\nHost: plain.example.com\r\n{length}\r\n\r\n"
    )
    world.plain.answer = after(body.encode())
    [found] = world.steps("attacked", {"via": "http", "raw": first + body + second})
    assert (found["status"], found["body"]) == (200, "hello")
    head = world.plain.heard[0].partition(b"\r\n\r\n")[0]
    assert world.notes.outcomes[0]["bytes_sent"] == len(head) + 4 + len(body)
    assert len(world.plain.heard) == 1


def test_python_by_tls(world: World) -> None:
    """Its `http.client` asks for tunnels by HTTP/1.0 and without a header `Host`."""
    program = (
        "import ssl, sys, urllib.request as r\n"
        "context = ssl.create_default_context(cadata=sys.argv[1])\n"
        "print(r.urlopen('https://api.example.com/', context=context).read().decode())\n"
    )
    _, printed = world.run(
        "attacked", "/usr/bin/python3", "-I", "-c", program, world.authority.certificate
    )
    assert printed == "hello\n"


def test_a_refusal_tells_a_model_what_to_do(world: World) -> None:
    [found] = world.steps("attacked", {**TLS, "target": "evil.example.net:443"})
    told = found["told"]
    assert "x-wilk-rule: none" in found["head"]
    assert (found["status"], told["decision"], told["reason"]) == (403, False, "PERMISSION_DENIED")
    assert told["revision"] == world.sidecar.revision
    assert all(told["next_steps"])
    assert world.way is not None
    [request] = [asked for kind, (asked, _) in world.notes.events if kind == "intent"]
    assert request.context["request_id"] == told["request_id"]


def test_a_tunnel_is_opaque_only_by_a_rule_for_tcp(world: World) -> None:
    ssh = {"via": "connect", "bytes": b"hi\r\n\r\n".hex()}
    [granted] = world.steps("opaque", {**ssh, "target": "git.example.com:22"})
    assert granted["body"].startswith("SSH-2.0-test")
    [refused] = world.steps("attacked", {**ssh, "target": "api.example.com:443"})
    assert (refused["status"], refused.get("body")) == (200, "")
    assert world.notes.outcomes[-1]["error"] == "not_tls"
    assert world.secure.heard == []


def test_a_private_address_needs_a_rule_for_the_address(world: World) -> None:
    for address, agent, status in (
        ("10.0.0.1", "attacked", 403),
        ("10.0.0.1", "private", 200),
        ("192.168.0.1", "private", 403),
        ("169.254.169.254", "private", 403),
        ("::ffff:10.0.0.1", "private", 200),
        ("::ffff:10.0.0.1", "attacked", 403),
        ("64:ff9b::a9fe:a9fe", "private", 403),
    ):
        world.names["api.example.com"] = [address]
        [found] = world.steps(agent, TLS)
        assert found["status"] == status, (address, agent, found)
    # One bad address among good ones refuses all.
    world.names["api.example.com"] = [PUBLIC, "10.0.0.1"]
    assert [one["status"] for one in world.steps("attacked", TLS)] == [403]


def test_what_was_judged_is_what_is_dialled(world: World) -> None:
    world.names["api.example.com"] = ["64:ff9b::cb00:710a", "203.0.113.11"]
    [found] = world.steps("attacked", TLS)
    assert found["body"] == "hello"
    assert world.notes.granted[-1].properties["resolved"] == [PUBLIC, "203.0.113.11"]
    assert world.notes.outcomes[-1]["address"] == PUBLIC


def test_what_cannot_be_read_counts_in_the_record_of_the_launch(world: World) -> None:
    raw = {"via": "http", "raw": "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "until": [400]}
    many = {**TLS, "via": "together", "times": 3}
    found = world.steps("attacked", many, raw, raw, plan=limited(connections=2))
    assert found[0]["statuses"] == [200, 200, 429]
    assert [one["status"] for one in found[1:]] == [400, 400]
    counts = world.way.record()
    assert counts["refused_malformed"] == 2
    # A place is free again a moment after its connection, so there may be more of these.
    assert counts["refused_crowded"] == counts["refused"] - 2 > 0
    # On record are sums, however many there were.
    told = [(told[0], told[1].detail) for kind, told in world.notes.events if kind == "intent"]
    sums = [detail for request, detail in told if request.properties["host"] == "127.0.0.1"]
    assert set(sums) == {"malformed_request", "too_many_connections"}
    assert len(sums) <= 6


def test_the_rate_of_a_rule(world: World) -> None:
    gateway = world.gateway
    statuses = [one["status"] for one in world.steps("rated", *[TLS] * 3, gateway=gateway)]
    assert statuses == [200, 200, 429]
    assert world.notes.denied == [("api.example.com", "rate_exceeded")]
    # The same hits count for the next command.
    assert [one["status"] for one in world.steps("rated", TLS, gateway=gateway)] == [429]


def test_the_time_of_a_rule(world: World) -> None:
    holding = {**TLS, "via": "hold", "authority": world.authority.certificate}
    [found] = world.steps("timed", holding)
    assert found["ended"]
    assert world.notes.outcomes[-1]["error"] == "time_over"


def test_a_name_that_leads_nowhere(world: World) -> None:
    [found] = world.steps("attacked", {**TLS, "target": "lost.example.com:443"})
    assert (found["status"], found["told"]["detail"]) == (502, "name_not_resolved")
    assert world.notes.granted == []
    assert world.notes.denied == [("lost.example.com", "name_not_resolved")]


def _bulk(world: World, limits: Limits) -> tuple[Any, int]:
    step = {**TLS, "path": "/many/400000"}
    plan = _with(limits)
    words = world.steps("attacked", step, plan=plan)
    return words[0], world.way.traffic().rx_bytes


def _with(limits: Limits) -> SandboxPlan:
    return replace(PLAN, limits=limits)


def test_the_limit_of_the_network(world: World) -> None:
    found, received = _bulk(world, at_most(200_000))
    assert len(found.get("body", "")) < 200_000
    assert received <= 200_000
    assert world.notes.outcomes[-1]["error"] == "network_limit_exceeded"
    assert world.way.record()["limit_exceeded"]
    for limits in (at_most(1_000_000), at_most(200_000, "monitoring")):
        found, received = _bulk(world, limits)
        assert len(found["body"]) == 400_000
        assert received > 400_000
    assert not world.way.record()["limit_exceeded"]


def test_a_used_up_limit_ends_the_launch_as_a_limit(world: World) -> None:
    ended, _ = world.run(
        "attacked",
        "/bin/sh", "-c",
        "curl -sk https://api.example.com/many/400000 >/dev/null; curl -s http://plain.example.com/",
        plan=_with(at_most(200_000)),
    )  # fmt: skip
    assert (ended.kind, ended.detail) == ("limit", "network")
    assert world.plain.heard == []
