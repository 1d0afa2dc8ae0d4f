"""Requests for connections at the edges of host rules. Layer: analyze (pure).

LANGUAGE.md section 5.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.boundary.around import Around, bounded
from wilkc.core.contract import Request
from wilkc.language.hosts import MAX_PORT, PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.boundary.around import Bounds
    from wilkc.language.hosts import HostPattern
    from wilkc.plan.model import HostRule, NetworkPlan

PRIVATE: Final = (
    "10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.0.1", "172.16.0.0", "172.32.0.0",
    "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "0.0.0.1", "224.0.0.1",
    "100.64.0.1", "8.8.8.8", "2001:4860:4860::8888",
)  # fmt: skip
_NOT_CANONICAL: Final[tuple[Any, ...]] = (
    "", "A.example", "a..b", ".a", "a.", "a b", "127.1", "0x7f.1", "010.0.0.1", "[::1]", "::FFFF:1",
    "a_b.c", "xn--a", "é.example", "a" * 64 + ".b", "a.b" * 100, "*", "*.a", "1", "a\0", 1, None,
)  # fmt: skip
_PORTS: Final[tuple[Any, ...]] = (0, 1, MAX_PORT, MAX_PORT + 1, -1, "443", 443.0, 443.5, True, None)


def network_requests(agent: str, plan: NetworkPlan, bounds: Bounds) -> Iterator[Request]:
    """Requests around every host rule, its ports and protocols, and behind its names."""
    for rule in (*plan.allow, *plan.block):
        port, protocol = _plain(rule)
        for pattern in rule.patterns:
            for host in around_host(pattern).within(bounds):
                yield _asked(agent, host, port, protocol)
            yield from bounded(_behind(agent, rule, pattern), bounds.extras)
    yield from bounded(_blocked_ports(agent, plan), bounds.extras)
    yield from bounded(_malformed(agent, plan), bounds.extras)


@lru_cache(maxsize=16_384)
def around_host(pattern: HostPattern) -> Around[str]:
    """Hosts that a pattern takes, and the apex, sub-domains and addresses beside them."""
    name = pattern.text
    match pattern.shape:
        case "name" | "suffix":
            below = (f"a.{name}", f"b.a.{name}")
            members = (name, *below) if pattern.shape == "name" else (*below, name)
            parent = name.partition(".")[2] or "example"
            near = (f"x{name}", parent, f"{name}.evil.example", f"a-{name}", name[:-1],
                    name.upper(), f"{name}.", f".{name}", f"x.{parent}", *PRIVATE[:3])  # fmt: skip
            return Around(members, near)
        case "block":
            return _addresses(name)
        case "private":
            return Around(("10.0.0.1", "localhost", "a.localhost", *PRIVATE), ("8.8.8.8", "a.b"))
        case _:
            return Around(("a.example", "localhost", "metadata.google.internal"), PRIVATE)


def _addresses(text: str) -> Around[str]:
    block = ipaddress.ip_network(text)
    first, last = int(block.network_address), int(block.broadcast_address)
    top = (1 << block.max_prefixlen) - 1
    make = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address  # noqa: PLR2004 - IP's versions
    members = [str(make(first)), str(make(last)), str(make((first + last) // 2))]
    if block.version == 4:  # noqa: PLR2004 - IP's versions
        members.append(f"::ffff:{make(first)}")
    near = [str(make(code)) for code in (first - 1, last + 1) if 0 <= code <= top]
    return Around(tuple(dict.fromkeys(members)), (*near, "a.example", "8.8.8.8"))


def _plain(rule: HostRule) -> tuple[int, str]:
    protocol = "https" if "https" in rule.protocols else min(rule.protocols, default="https")
    return (rule.ports[0][0] if rule.ports else 443), protocol


def _behind(agent: str, rule: HostRule, pattern: HostPattern) -> Iterator[Request]:
    host = around_host(pattern).members[0]
    port, protocol = _plain(rule)
    for low, high in rule.ports:
        for near in (low - 1, high, high + 1):
            yield _asked(agent, host, near, protocol)
    for other in sorted(PROTOCOLS):
        yield _asked(agent, host, port, other)
    for address in PRIVATE:
        yield _asked(agent, host, port, protocol, resolved=["8.8.8.8", address])
    for wrong in ([], ["x"], "8.8.8.8", None, [1], [host]):
        yield _asked(agent, host, port, protocol, resolved=wrong)


def _blocked_ports(agent: str, plan: NetworkPlan) -> Iterator[Request]:
    host, protocol = _anywhere(plan)
    for rule in plan.blocked_ports:
        for low, high in rule.patterns:
            for port in (low, low - 1, high, high + 1):
                yield _asked(agent, host, port, protocol)


def _malformed(agent: str, plan: NetworkPlan) -> Iterator[Request]:
    host, protocol = _anywhere(plan)
    for port in _PORTS:
        yield _asked(agent, host, port, protocol)
    for other in _NOT_CANONICAL:
        yield _asked(agent, other, 443, protocol)
    for word in ("gopher", "HTTPS", "", 1, None):
        yield _asked(agent, host, 443, word)
    whole = {"host": host, "port": 443, "protocol": protocol}
    for name in whole:
        rest = {key: value for key, value in whole.items() if key != name}
        yield Request(agent, "connect", "network", "", rest)
    for action in ("request", "listen", ""):
        yield Request(agent, action, "network", "", dict(whole))
    if plan.rate:
        for used in (plan.rate.value - 1, plan.rate.value, plan.rate.value + 1, -1, "1", 1.5, None):
            usage = {"usage": {f"{agent}/network": used}}
            yield Request(agent, "connect", "network", "", dict(whole), usage)


def _anywhere(plan: NetworkPlan) -> tuple[str, str]:
    for rule in plan.allow:
        return around_host(rule.patterns[0]).members[0], _plain(rule)[1]
    return "a.example", "https"


def _asked(agent: str, host: object, port: object, protocol: object, **more: object) -> Request:
    properties = {"host": host, "port": port, "protocol": protocol, **more}
    return Request(agent, "connect", "network", "", properties)
