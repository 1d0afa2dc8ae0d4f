"""The `network` category as data for `policies/lib/wilk/network`. Layer: emit.

The entries of a list stand under keys. A canonical host has few: for a name `*` and each of its
labels, for an address `=` and its own text, its first group with the separator after it (`10.`,
`fd00:`) and the short blocks of its family (`/.`, `/:`). Of the labels of a pattern the one that
the fewest patterns of its list have is its key; to look under one key too many is harmless,
because the place in the entry still decides.

An entry is [rank, rule id, port ranges, protocols, place]. A place is `=` and a name, `.` and what
a name ends in, a CIDR block, or empty for every name. What the pattern language abbreviates (no
ports, no protocols, `private`, `localhost` in a block) is written out, so that the Rego needs one
rule for all of it.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from functools import cache
from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.hosts import (
    LOCALHOST,
    MAX_PORT,
    METADATA,
    METADATA_NAMES,
    PRIVATE,
    PROTOCOLS,
    HostPattern,
)
from wilkc.plan.judges.network import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.core.contract import Json
    from wilkc.language.atoms import Effect
    from wilkc.plan.model import HostRule, NetworkPlan

ANY_NAME: Final = "*"
"""The key that every name has."""
_IPV4_GROUP_BITS: Final = 8
_IPV6_GROUP_BITS: Final = 16
_LOCALHOST: Final = HostPattern("name", "localhost")

Place = tuple[tuple[str, ...], str]
"""The keys of the list under one of which it can stand, and what a host is compared with."""


def network_data(plan: NetworkPlan) -> Json:
    """The JSON under `profiles[pid].network`."""
    closed = [
        [rank, rule.id, [low, high]]
        for rank, rule in enumerate(plan.blocked_ports)
        for low, high in rule.patterns
    ]
    return {
        "allow": _list(plan.allow, ALLOW),
        "block": _list(plan.block, BLOCK),
        "ports": {"n": len(plan.blocked_ports), "each": closed},
        "conditions": _conditions(plan),
    }


def _list(rules: Iterable[HostRule], effect: Effect) -> Json:
    """Entries under their keys, with `n`, the number of rules, which stands for its presence."""
    held = tuple(rules)
    places = [
        {place for pattern in rule.patterns for place in _places(pattern, effect)} for rule in held
    ]
    found = Counter(key for of_one in places for keys, _ in of_one for key in keys)
    under: dict[str, list[Json]] = defaultdict(list)
    for rank, (rule, of_one) in enumerate(zip(held, places, strict=True)):
        ports, protocols = _reach(rule, effect)
        for keys, place in sorted(of_one):
            key = min(keys, key=lambda one: (found[one], one))
            under[key].append([rank, rule.id, ports, protocols, place])
    return {"n": len(held), "under": dict(under)}


def _reach(rule: HostRule, effect: Effect) -> tuple[list[Json], list[Json]]:
    """Port ranges and protocols of a rule; in a block, none given means all."""
    ports = [list(bounds) for bounds in rule.ports]
    protocols = sorted(rule.protocols)
    if effect == BLOCK:
        return ports or [[1, MAX_PORT]], protocols or sorted(PROTOCOLS)
    return ports, protocols


def _places(pattern: HostPattern, effect: Effect) -> Iterator[Place]:
    match pattern.shape:
        case "any":
            yield (ANY_NAME,), ""
        case "suffix":
            yield _below(pattern.text)
        case "block":
            yield _block_place(pattern.text)
        case "name":
            yield _exactly(pattern.text)
            if effect == BLOCK and pattern == _LOCALHOST:
                yield _below(pattern.text)
                yield from map(_block_place, LOCALHOST)
        case "private":
            yield from map(_block_place, (*PRIVATE, *METADATA))
            if effect == BLOCK:
                yield from map(_exactly, (*METADATA_NAMES, _LOCALHOST.text))
                yield _below(_LOCALHOST.text)


def _exactly(name: str) -> Place:
    return tuple(name.split(".")), f"={name}"


def _below(name: str) -> Place:
    return tuple(name.split(".")), f".{name}"


@cache
def _block_place(text: str) -> Place:
    """The key that every address of the block has, and the block itself."""
    block = ipaddress.ip_network(text)
    first = str(block.network_address)
    if block.prefixlen == block.max_prefixlen:
        return (f"={first}",), str(block)
    if isinstance(block, ipaddress.IPv4Network):
        fixed = block.prefixlen >= _IPV4_GROUP_BITS
        return (f"{first.partition('.')[0]}." if fixed else "/.",), text
    # An address whose first group is zero may begin with `0:` or with `::`.
    group = first.partition(":")[0]
    fixed = block.prefixlen >= _IPV6_GROUP_BITS and group not in {"", "0"}
    return (f"{group}:" if fixed else "/:",), text


def _conditions(plan: NetworkPlan) -> list[Json]:
    conditions: list[Json] = []
    if plan.rate:
        window = {"key": "network", "limit": plan.rate.value, "window_seconds": SECONDS_PER_MINUTE}
        conditions.append({"id": plan.rate.id, "type": "rate_limit", "properties": window})
    if plan.timeout:
        seconds = {"seconds": plan.timeout.value}
        conditions.append({"id": plan.timeout.id, "type": "timeout", "properties": seconds})
    return conditions
