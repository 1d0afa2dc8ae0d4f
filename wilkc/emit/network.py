"""The `network` category as data for `policies/lib/wilk/network`. Layer: emit.

A list is one object from keys to entries. A canonical host has few keys: `=` and its own
text; for a name also `*` and `.` with each of its suffixes; for an address also its first
group with the separator after it (`10.`, `fd00:`) and the short blocks of its family (`/.`,
`/:`). An entry is [rank, rule id, port ranges, protocols, CIDR block or empty]: what the
pattern language abbreviates (no ports, no protocols, `private`, `localhost` in a block) is
written out, so that the Rego needs one rule for all of it.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
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

COUNT: Final = "n"
"""Key of the number of rules, which stands for the presence of the list."""
_IPV4_GROUP_BITS: Final = 8
_IPV6_GROUP_BITS: Final = 16
_LOCALHOST: Final = HostPattern("name", "localhost")

Place = tuple[str, str]
"""Key of the list, and the CIDR block to compare with or an empty text."""


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
        "ports": {COUNT: len(plan.blocked_ports), "each": closed},
        "conditions": _conditions(plan),
    }


def _list(rules: Iterable[HostRule], effect: Effect) -> Json:
    held: dict[str, list[Json]] = defaultdict(list)
    count = 0
    for rank, rule in enumerate(rules):
        count += 1
        ports, protocols = _reach(rule, effect)
        places = {place for pattern in rule.patterns for place in _places(pattern, effect)}
        for key, block in sorted(places):
            held[key].append([rank, rule.id, ports, protocols, block])
    return {COUNT: count, **held}


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
            yield "*", ""
        case "suffix":
            yield f".{pattern.text}", ""
        case "block":
            yield _block_place(pattern.text)
        case "name":
            yield f"={pattern.text}", ""
            if effect == BLOCK and pattern == _LOCALHOST:
                yield f".{pattern.text}", ""
                yield from map(_block_place, LOCALHOST)
        case "private":
            yield from map(_block_place, (*PRIVATE, *METADATA))
            if effect == BLOCK:
                names = (*METADATA_NAMES, _LOCALHOST.text)
                yield from ((f"={name}", "") for name in names)
                yield f".{_LOCALHOST.text}", ""


@cache
def _block_place(text: str) -> Place:
    """The key that every address of the block has, and the block where the key says less."""
    block = ipaddress.ip_network(text)
    first = str(block.network_address)
    if block.prefixlen == block.max_prefixlen:
        return f"={first}", ""
    if isinstance(block, ipaddress.IPv4Network):
        fixed = block.prefixlen >= _IPV4_GROUP_BITS
        return (f"{first.partition('.')[0]}." if fixed else "/."), text
    # An address whose first group is zero may begin with `0:` or with `::`.
    group = first.partition(":")[0]
    fixed = block.prefixlen >= _IPV6_GROUP_BITS and group not in {"", "0"}
    return (f"{group}:" if fixed else "/:"), text


def _conditions(plan: NetworkPlan) -> list[Json]:
    conditions: list[Json] = []
    if plan.rate:
        window = {"key": "network", "limit": plan.rate.value, "window_seconds": SECONDS_PER_MINUTE}
        conditions.append({"id": plan.rate.id, "type": "rate_limit", "properties": window})
    if plan.timeout:
        seconds = {"seconds": plan.timeout.value}
        conditions.append({"id": plan.timeout.id, "type": "timeout", "properties": seconds})
    return conditions
