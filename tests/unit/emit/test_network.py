from __future__ import annotations

import json
from typing import Any

import pytest

from wilkc.core.spans import Span
from wilkc.emit.network import network_data
from wilkc.language.hosts import LOCALHOST, METADATA, PRIVATE, PROTOCOLS, parse_host_rule
from wilkc.plan.model import HostRule, Limit, NetworkPlan, Rule

SPAN = Span("spec.yaml", 1, 1, 1, 2)
EVERYWHERE = [[1, 65_535]]


def host_rule(
    name: str, text: str, ports: tuple[tuple[int, int], ...] = (), protocols: tuple[str, ...] = ()
) -> HostRule:
    patterns = parse_host_rule(text)
    return HostRule(name, text, SPAN, patterns, ports=ports, protocols=frozenset(protocols))


def places_of(data: dict[str, Any], rule: str) -> set[str]:
    return {entry[4] for held in data["under"].values() for entry in held if entry[1] == rule}


def test_nothing_is_emitted_with_its_counts() -> None:
    assert network_data(NetworkPlan()) == {
        "allow": {"n": 0, "under": {}},
        "block": {"n": 0, "under": {}},
        "ports": {"n": 0, "each": []},
        "conditions": [],
    }


@pytest.mark.parametrize(
    ("text", "key", "place"),
    [
        ("example.com", "com", "=example.com"),
        ("n", "n", "=n"),
        ("*.example.com", "com", ".example.com"),
        ("*", "*", ""),
        ("10.1.2.3", "=10.1.2.3", "10.1.2.3/32"),
        ("2001:db8::1", "=2001:db8::1", "2001:db8::1/128"),
        ("10.1.0.0/16", "10.", "10.1.0.0/16"),
        ("10.0.0.0/8", "10.", "10.0.0.0/8"),
        ("10.0.0.0/7", "/.", "10.0.0.0/7"),
        ("2001:db8::/32", "2001:", "2001:db8::/32"),
        ("fc00::/7", "/:", "fc00::/7"),
        ("0:1::/32", "/:", "0:1::/32"),
        ("::/0", "/:", "::/0"),
        ("localhost", "localhost", "=localhost"),
    ],
)
def test_an_allow_stands_under_the_key_that_its_hosts_have(text: str, key: str, place: str) -> None:
    rule = host_rule("net.allow.0", text, ((443, 443),), ("https",))
    entry = [0, "net.allow.0", [[443, 443]], ["https"], place]
    assert network_data(NetworkPlan(allow=(rule,)))["allow"] == {
        "n": 1,
        "under": {key: [entry]},
    }


def test_a_block_without_ports_and_protocols_names_all() -> None:
    data = network_data(NetworkPlan(block=(host_rule("net.block.0", "a"),)))
    assert data["block"]["under"]["a"] == [[0, "net.block.0", EVERYWHERE, sorted(PROTOCOLS), "=a"]]


def test_an_allow_without_ports_opens_none() -> None:
    data = network_data(NetworkPlan(allow=(host_rule("net.allow.0", "a"),)))
    assert data["allow"]["under"]["a"] == [[0, "net.allow.0", [], [], "=a"]]


def test_words_are_written_out_and_mean_more_in_a_block() -> None:
    local, private = host_rule("l", "localhost"), host_rule("p", "private")
    allowed = network_data(NetworkPlan(allow=(local, private)))["allow"]
    blocked = network_data(NetworkPlan(block=(local, private)))["block"]
    names = {"=localhost", ".localhost", "=metadata.google.internal", "=metadata.goog"}
    assert places_of(allowed, "l") == {"=localhost"}
    assert places_of(blocked, "l") == {"=localhost", ".localhost", *LOCALHOST}
    assert places_of(allowed, "p") == {*PRIVATE, *METADATA}
    assert places_of(blocked, "p") == {*PRIVATE, *METADATA, *names}


def test_a_pattern_stands_under_its_rarest_label() -> None:
    texts = ("api.example.com", "*.example.com", "web.example.org", "*.cdn.example.org")
    rules = tuple(host_rule(f"net.allow.{n}", text) for n, text in enumerate(texts))
    assert {
        key: [entry[4] for entry in held]
        for key, held in network_data(NetworkPlan(allow=rules))["allow"]["under"].items()
    } == {
        "api": ["=api.example.com"],
        "com": [".example.com"],
        "web": ["=web.example.org"],
        "cdn": [".cdn.example.org"],
    }


def test_rules_keep_their_order_and_closed_ports_their_ranges() -> None:
    plan = NetworkPlan(
        allow=(host_rule("x/net.allow.7", "a"), host_rule("net.allow.0", "a")),
        blocked_ports=(
            Rule("net.blocked_ports.0", "22", SPAN, ((22, 22),)),
            Rule("net.blocked_ports.1", "8000-9000", SPAN, ((8_000, 9_000),)),
        ),
    )
    data = network_data(plan)
    assert [entry[:2] for entry in data["allow"]["under"]["a"]] == [
        [0, "x/net.allow.7"],
        [1, "net.allow.0"],
    ]
    assert data["ports"] == {
        "n": 2,
        "each": [[0, "net.blocked_ports.0", [22, 22]], [1, "net.blocked_ports.1", [8_000, 9_000]]],
    }


def test_limits_become_conditions() -> None:
    plan = NetworkPlan(
        rate=Limit("net.max_requests_per_minute", 60, SPAN),
        timeout=Limit("net.timeout_seconds", 30, SPAN),
    )
    assert network_data(plan)["conditions"] == [
        {
            "id": "net.max_requests_per_minute",
            "type": "rate_limit",
            "properties": {"key": "network", "limit": 60, "window_seconds": 60},
        },
        {"id": "net.timeout_seconds", "type": "timeout", "properties": {"seconds": 30}},
    ]


def test_the_same_plan_gives_the_same_bytes() -> None:
    rules = tuple(host_rule(str(n), text) for n, text in enumerate(("private", "a", "*", "::/0")))
    plan = NetworkPlan(allow=rules, block=rules)
    assert json.dumps(network_data(plan)) == json.dumps(network_data(plan))
