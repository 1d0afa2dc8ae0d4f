"""Generated network targets: the reference and OPA give one answer, and what a grant implies."""

from __future__ import annotations

import ipaddress
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.targets import address_of, made_odd, random_section, random_target
from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.hosts import PROTOCOLS, canonical_host, decision_host
from wilkc.language.requests import canonical_request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged
    from tests.property.targets import Address

TARGETS = 3_000
SPECS = 40


def random_text(rng: random.Random) -> str:
    """Pieces of hosts and targets, and characters that have no place in them."""
    pieces = (
        "a", "b-c", "xn--", "xn--bcher-kva", "EXAMPLE", "com", "127", "0x7f", "010", "::", "ffff",
        ".", ".", ".", ":", ":", "-", "--", "[", "]", "/", "@", "%", "\\", "*", "_", " ", "\n",
        "\x00", "https://", "443", "ü", "u\u0308", "ß", "\u0131", "\u0430", "\uff0e", "\u3002",
        "\u200d", "\u202e", "\u0661", "\u05d0", "\u0628", "\U0001f600", "\ud800", "\u212a",
    )  # fmt: skip
    picked = rng.choices(pieces, k=rng.randint(1, 8))
    stray = chr(rng.randrange(0x110000)) if rng.random() < 0.2 else ""
    return "".join((*picked, stray))


# ---- the laws ----


def test_a_canonical_host_is_its_own_canonical_form_and_is_read_by_the_decision_point(
    seed: int,
) -> None:
    rng = random.Random(seed)
    read = 0
    for _ in range(20_000):
        text = random_text(rng)
        try:
            host = canonical_host(text)
        except RequestError:
            continue
        read += 1
        assert host.isascii()
        assert canonical_host(host) == host
        assert str(decision_host(host)) == host
    assert read > 500


def test_a_request_is_refused_or_becomes_canonical_for_good(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(10_000):
        kind = rng.choice(("network", "network", "shell", "file", "llm"))
        try:
            request = canonical_request(Request("a", "connect", kind, random_text(rng)))
        except RequestError:
            continue
        assert canonical_request(request) == request
        if kind == "network":
            port, protocol = request.properties["port"], request.properties["protocol"]
            assert 1 <= port <= 65_535
            assert protocol in PROTOCOLS


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_generated_targets_get_one_answer(judged: Judged, seed: int, hostile: bool) -> None:
    rng = random.Random(f"{seed}/{hostile}")
    sections = {f"a{number}": random_section(rng) for number in range(SPECS)}
    compiled = judged.compiled(
        **{
            agent: json.dumps({"agent": agent, "permissions": {"network": section}})
            for agent, section in sections.items()
        }
    )
    requests = [
        random_target(rng, agent, sections[agent]) for agent in rng.choices([*sections], k=TARGETS)
    ]
    if hostile:
        requests = [made_odd(rng, one) if rng.random() < 0.8 else one for one in requests]
    assert judged.differences(compiled, requests) == []
    granted = [request for request in requests if decide(compiled.plan, request).allow]
    assert len(granted) > TARGETS // 20
    for request in granted:
        check_grant(sections[request.agent], request)


def check_grant(section: dict[str, Any], request: Request) -> None:
    """What holds of every grant, said without Wilk's own tables."""
    properties = request.properties
    if "xn--" not in properties["host"]:  # Only the enforcement point can decode these.
        assert canonical_host(properties["host"]) == properties["host"]
    for text in (properties["host"], *properties.get("resolved", ())):
        address = address_of(text)
        if address is not None:
            assert not address.is_multicast
            assert not address.is_unspecified
            inner = address.is_loopback or address.is_link_local or is_site(address)
            assert not inner or named_by_address(section, address)


def is_site(address: Address) -> bool:
    """Private in the sense of the registries, but for documentation and protocol blocks."""
    apart = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001::/16", "100::/64")
    return address.is_private and not any(address in ipaddress.ip_network(block) for block in apart)


def named_by_address(section: dict[str, Any], address: Address) -> bool:
    texts = [entry["host"] for entry in section["allowed_hosts"]]
    blocks = [text for text in texts if "/" in text or address_of(text) is not None]
    inside = any(address in ipaddress.ip_network(block) for block in blocks)
    return inside or "private" in texts
