"""Generated network sections, and targets that are near to what they allow."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wilkc.core.contract import Request
from wilkc.language.hosts import DEFAULT_PORTS, PROTOCOLS, canonical_host

if TYPE_CHECKING:
    import random

NAMES = (
    "example.com", "api.example.com", "a.b.example.com", "xexample.com", "localhost",
    "x.localhost", "db.internal", "internal", "metadata.google.internal", "xn--bcher-kva.example",
    "com", "n", "a-b.c1", "private.test",
)  # fmt: skip
ADDRESSES = (
    "10.1.2.3", "10.2.0.1", "127.0.0.1", "0.0.0.0", "0.1.2.3", "93.184.216.34",  # noqa: S104  # data
    "8.8.8.8", "169.254.169.254", "169.254.0.7", "100.100.100.200", "100.64.0.1", "192.0.0.9",
    "198.19.0.1", "172.16.0.1", "172.32.0.1", "192.168.1.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::1", "::", "2001:db8::1", "2606:4700::1111", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "0:1::", "64:ff9b:1::a00:1",
    "1:0:0:2::3", "1::2:0:0:3", "168.63.129.16", "169.254.170.2", "fd20:ce::254",
)  # fmt: skip
PATTERNS = (
    *NAMES, *ADDRESSES, "*", "private", "*.example.com", "*.com", "*.internal", "*.localhost",
    "10.1.0.0/16", "10.0.0.0/8", "8.0.0.0/7", "0.0.0.0/0", "::/0", "2001:db8::/32", "fc00::/7",
    "2000::/3", "::/1", "0:1::/32", "127.0.0.0/8", "172.16.0.0/12", "93.184.216.32/29",
)  # fmt: skip
PORTS = (80, 443, 22, 8080, 5432, 1, 65_535)
ODD: dict[str, tuple[Any, ...]] = {
    "host": (
        "", ".", "a..b", ".a", "a.", "A.example.com", "api.example.com.", "a_b.example.com",
        "-a.com", "a-.com", "ab--c.com", "xn--.com", "xn--a.com", "a b", "a\n", "10.1.2.3\n",
        "\u00fc.example", "api\uff0eexample.com", "\uff41pi.example.com", "*.example.com", "a/b",
        "a@b", "a:443", "a%00", "010.1.2.3", "10.1.2.3.", "127.1", "0x7f.1", "1.2.3.0x4", "a.0x",
        "a.1", "256.1.1.1", "1e3", "[::1]", "::ffff:10.1.2.3", "::ffff:a01:203", "::10.1.2.3",
        "::a01:203", "64:ff9b::a01:203", "64:ff9b::", "2002:a01:203::", "fe80::1%eth0", "FE80::1",
        "0:0:0:0:0:0:0:1", "::01", "1::0:1", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
        "1:0:0:2:0:0:0:3", "1:0:0:2::", "1::2::3", "2001:db8::01", "1:0:0:2:3:4::",
        "1::2:0:0:0:3", ":::", ":", "1:2:3:4:5:6:7:8:9", "1::0:0", "0::", "::0", "12345::",
        "a" * 64 + ".com", "a." * 130 + "a", None, True, 7, [], ["a"], {"a": 1},
    ),
    "port": (0, -1, 65_536, "443", "", None, True, 443.0, 443.5, [443], {}, 10**20),
    "protocol": ("HTTPS", "gopher", "", " https", None, 1, ["https"], "icmp"),
    "resolved": (
        [], None, "10.1.2.3", {}, [None], ["a"], [1], ["::ffff:10.1.2.3"],
        ["8.8.8.8", "8.8.8.8 "], [["8.8.8.8"]], ["8.8.8.8", "010.1.2.3"], ["2001:DB8::1"], True,
        ["8.8.8.8", ""],
    ),
}  # fmt: skip
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Entry = dict[str, Any]


# ---- specs ----


def random_section(rng: random.Random) -> dict[str, Any]:
    section: dict[str, Any] = {
        "allowed_hosts": [random_entry(rng) for _ in range(rng.randint(0, 10))],
        "blocked_hosts": [random_entry(rng) for _ in range(rng.choice((0, 0, 1, 3)))],
        "blocked_ports": rng.sample((*PORTS, "8000-9000"), rng.choice((0, 0, 1, 2))),
    }
    if rng.random() < 0.3:
        section["max_requests_per_minute"] = 60
    if rng.random() < 0.3:
        section["timeout_seconds"] = 30
    return section


def random_entry(rng: random.Random) -> Entry:
    entry: Entry = {"host": rng.choice(PATTERNS)}
    if rng.random() < 0.6:
        entry["protocols"] = rng.sample(sorted(PROTOCOLS), rng.randint(1, 4))
    portless = DEFAULT_PORTS.keys().isdisjoint(entry.get("protocols", ["https"]))
    if portless or rng.random() < 0.6:
        low = rng.choice(PORTS)
        entry["ports"] = [low, f"{low}-{min(65_535, low + rng.choice((0, 1, 5_000)))}"]
    return entry


# ---- targets ----


def random_target(rng: random.Random, agent: str, section: dict[str, Any]) -> Request:
    """A target near what the section allows."""
    host = rng.choice(NAMES) if rng.random() < 0.6 else random_address(rng)
    port, protocol = rng.choice(PORTS), rng.choice(sorted(PROTOCOLS))
    if section["allowed_hosts"] and rng.random() < 0.8:
        entry = rng.choice(section["allowed_hosts"])
        host = within_pattern(rng, entry["host"])
        protocol = rng.choice(entry.get("protocols", ["https"]))
        port = entry["ports"][0] if "ports" in entry else DEFAULT_PORTS.get(protocol, port)
    properties: dict[str, Any] = {"host": host, "port": port, "protocol": protocol}
    if address_of(host) is not None:
        properties |= {"resolved": [host]} if rng.random() < 0.2 else {}
    elif rng.random() < 0.5:
        properties["resolved"] = [
            "93.184.216.34" if rng.random() < 0.6 else random_address(rng)
            for _ in range(rng.randint(1, 3))
        ]
    action = "connect" if rng.random() < 0.95 else rng.choice(("request", "listen"))
    return Request(agent, action, "network", "a target", properties)


def random_address(rng: random.Random) -> str:
    """A known address, any IPv4 one, or an IPv6 one whose groups are mostly zero."""
    if rng.random() < 0.4:
        return rng.choice(ADDRESSES)
    if rng.random() < 0.4:
        return str(ipaddress.IPv4Address(rng.getrandbits(32)))
    groups = [f"{rng.choice((0, 0, 0, 1, rng.getrandbits(16))):x}" for _ in range(8)]
    text = ":".join(groups)
    # Also the spelling that shortens nothing.
    return text if rng.random() < 0.2 else canonical_host(text)


def within_pattern(rng: random.Random, text: str) -> str:
    """A host that the pattern could take."""
    if text == "*":
        return rng.choice(NAMES)
    if text == "private":
        return rng.choice(ADDRESSES)
    if text.startswith("*."):
        return rng.choice(("a", "evil", "a.b", "xn--bcher-kva")) + text[1:]
    if "/" in text:
        block = ipaddress.ip_network(text)
        return canonical_host(str(block[rng.randrange(min(block.num_addresses, 2**64))]))
    return text


def made_odd(rng: random.Random, request: Request) -> Request:
    """The same request with one property spelt in a way that must not pass, or left out."""
    name = rng.choice(("host", "host", *ODD))
    properties = {**request.properties, name: rng.choice(ODD[name])}
    if rng.random() < 0.1:
        del properties[name]
    return replace(request, properties=properties)


def address_of(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
