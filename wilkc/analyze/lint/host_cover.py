"""Whether hosts with their ports and protocols are covered by others. Layer: analyze (pure).

Ports and protocols cut what an entry takes into cells in which the same others hold; in each
of them the hosts are compared as sets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.automata import FORBIDDEN_HOSTS, Hosts, hosts_of, shortest_host, union
from wilkc.language.hosts import MAX_PORT, PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.language.atoms import Effect
    from wilkc.language.hosts import HostPattern
    from wilkc.plan.model import HostRule, NetworkPlan

    Ranges = tuple[tuple[int, int], ...]

_EVERY_PORT: Final = ((1, MAX_PORT),)


def hosts_blocked(rule: HostRule, plan: NetworkPlan) -> bool:
    """Whether blocks, and what no rule opens, leave nothing of an allow."""
    closed = tuple(one for held in plan.blocked_ports for one in held.patterns)
    blocks = _near(rule, plan.block)
    bounds = [*closed, *(ports for block in blocks for ports in block.ports)]
    return bool(rule.patterns) and all(
        _takes(port, closed)
        or _covers(rule, ALLOW, [one for one in blocks if _holds(one, port, protocol)])
        for port, protocol in _cells(rule, bounds)
    )


def hosts_covered(rule: HostRule, others: Sequence[HostRule], *, allows: bool) -> bool:
    """Whether other entries of the same list take everything that an entry takes."""
    near = _near(rule, others)
    bounds = [ports for other in near for ports in other.ports]
    effect = ALLOW if allows else BLOCK
    return bool(rule.patterns) and all(
        _within(rule, [one for one in near if _holds(one, port, protocol)], effect)
        for port, protocol in _cells(rule, bounds)
    )


def _near(rule: HostRule, others: Iterable[HostRule]) -> list[HostRule]:
    """The entries that could take some of what an entry takes; a cheap look."""
    return [
        other
        for other in others
        if any(_may_take(one, part) for one in other.patterns for part in rule.patterns)
    ]


def _may_take(one: HostPattern, part: HostPattern) -> bool:
    if one.shape not in {"name", "suffix"} or one.text == "localhost":
        return True
    return part.text == one.text or part.text.endswith(f".{one.text}")


def _cells(rule: HostRule, bounds: Iterable[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """One port of each range in which the same others hold, with each protocol."""
    edges = {edge for low, high in bounds for edge in (low, high + 1)}
    for low, high in rule.ports or _EVERY_PORT:
        for port in sorted({low, *(edge for edge in edges if low < edge <= high)}):
            for protocol in sorted(rule.protocols or PROTOCOLS):
                yield port, protocol


def _holds(rule: HostRule, port: int, protocol: str) -> bool:
    """In a block no ports and no protocols mean all; an allow always has both."""
    spoken = not rule.protocols or protocol in rule.protocols
    return spoken and (not rule.ports or _takes(port, rule.ports))


def _takes(port: int, ranges: Ranges) -> bool:
    return any(low <= port <= high for low, high in ranges)


def _covers(rule: HostRule, effect: Effect, blocks: Iterable[HostRule]) -> bool:
    taken = _hosts(blocks, BLOCK) | FORBIDDEN_HOSTS
    return shortest_host(_hosts([rule], effect), taken) is None


def _within(rule: HostRule, others: Iterable[HostRule], effect: Effect) -> bool:
    return shortest_host(_hosts([rule], effect), _hosts(others, effect)) is None


def _hosts(rules: Iterable[HostRule], effect: Effect) -> Hosts:
    return union(hosts_of(pattern, effect) for rule in rules for pattern in rule.patterns)
