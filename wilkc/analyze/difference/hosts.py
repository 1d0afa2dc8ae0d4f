"""Connections that only one version allows. Layer: analyze. LANGUAGE.md section 5.

Protocols are few and ports fall into intervals that no entry tells apart, so the question is
asked for one port of each; there the hosts of an entry are a set, names and addresses. Where
a name leads is a second question: the address behind it must not be blocked, and a private
one must be allowed by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, islice, product
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.model import Undecided
from wilkc.analyze.difference.risk import host_risk
from wilkc.analyze.difference.sides import distinct, is_spent, place_of
from wilkc.core.contract import Request
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.automata import FORBIDDEN_HOSTS, Hosts, hosts_of, shortest_host, union
from wilkc.language.hosts import DEFAULT_PORTS, MAX_PORT, HostPattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.difference.model import Change
    from wilkc.analyze.difference.sides import Direction, Finding, Side
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import HostRule, NetworkPlan

_PRIVATE: Final = hosts_of(HostPattern("private", ""), ALLOW)
_USUAL: Final = ("https", "http", "wss", "ws", "ssh", "ftp", "tcp", "udp")
MAX_SPECS: Final = 6
"""Specs of one agent whose grants are told apart when names are resolved."""


@dataclass(frozen=True)
class _Cell:
    """One side at one port and protocol.

    Attributes:
        side: the specs.
        protocol: asked for.
        port: stands for all that no entry tells apart from it.
    """

    side: Side
    protocol: str
    port: int

    @cached_property
    def allow(self) -> list[tuple[SpecPlan, HostRule, Hosts]]:
        """The allows that name port and protocol, of specs whose rate leaves a connection."""
        return [
            (spec, rule, union(hosts_of(one, ALLOW) for one in rule.patterns))
            for spec in self.side.specs
            if not is_spent(spec.permissions.network.rate)
            for rule in spec.permissions.network.allow
            if self.protocol in rule.protocols and _holds(rule.ports, self.port)
        ]

    @cached_property
    def block(self) -> list[tuple[str, Hosts]]:
        """The blocks that concern port and protocol."""
        return [
            (rule.id, union(hosts_of(one, BLOCK) for one in rule.patterns))
            for spec in self.side.specs
            for rule in spec.permissions.network.block
            if (not rule.protocols or self.protocol in rule.protocols)
            and (not rule.ports or _holds(rule.ports, self.port))
        ]

    @cached_property
    def closed(self) -> bool:
        """Whether the port is blocked as such."""
        return any(
            _holds(rule.patterns, self.port)
            for spec in self.side.specs
            for rule in spec.permissions.network.blocked_ports
        )

    @cached_property
    def allowed(self) -> Hosts:
        """All hosts of all allows."""
        return union(hosts for *_, hosts in self.allow)

    @cached_property
    def blocked(self) -> Hosts:
        """All hosts that no allow opens here."""
        return union((FORBIDDEN_HOSTS, *(hosts for _, hosts in self.block)))

    def allowed_by(self, spec: SpecPlan) -> Hosts:
        """The hosts of one spec's allows."""
        return union(hosts for owner, _, hosts in self.allow if owner is spec)

    def before(self, spec: SpecPlan) -> Iterator[Hosts]:
        """The hosts of each spec before one."""
        for one in self.side.specs:
            if one is spec:
                return
            yield self.allowed_by(one)


def host_differences(direction: Direction) -> Iterator[Finding]:
    """The clauses of all host entries and blocked ports."""
    yield from distinct(_found(direction))


def _found(direction: Direction) -> Iterator[Finding]:
    for protocol, port in _cells(direction):
        to = _Cell(direction.to, protocol, port)
        base = _Cell(direction.base, protocol, port)
        if to.allow and not to.closed:
            yield from _settled(direction, to, _hosts(to, base))
            yield from _resolved(direction, to, base)


def _cells(direction: Direction) -> Iterator[tuple[str, int]]:
    """Protocols with one port of each interval, the usual pairs first."""
    plans = [
        spec.permissions.network for side in (direction.to, direction.base) for spec in side.specs
    ]
    starts = sorted(
        {1, *(port for plan in plans for port in _edges(plan)), *DEFAULT_PORTS.values()}
    )
    named = {
        one
        for spec in direction.to.specs
        for rule in spec.permissions.network.allow
        for one in rule.protocols
    }
    pairs = [(one, port) for one, port in product(_USUAL, starts) if one in named]
    yield from sorted(pairs, key=lambda pair: DEFAULT_PORTS.get(pair[0]) != pair[1])


def _edges(plan: NetworkPlan) -> Iterator[int]:
    """Ports at which some entry begins, or ends just before."""
    ranges = [one for rule in (*plan.allow, *plan.block) for one in rule.ports]
    ranges += [one for rule in plan.blocked_ports for one in rule.patterns]
    for low, high in ranges:
        yield low
        if high < MAX_PORT:
            yield high + 1


def _hosts(to: _Cell, base: _Cell) -> Iterator[str]:
    """For each allow a host that only `to` grants, then for each block of `base` alone."""
    known = {one for _, rule, _ in base.allow for one in rule.patterns}
    taken = union((to.blocked, base.allowed))
    for _, rule, hosts in to.allow:
        host = None if known.issuperset(rule.patterns) else shortest_host(hosts, taken)
        if host is not None:
            yield host
    if base.closed:
        found = (shortest_host(hosts, to.blocked) for *_, hosts in to.allow)
        yield from islice((one for one in found if one is not None), 1)
    own = {hosts for _, hosts in to.block}
    for _, hosts in base.block:
        if hosts not in own:
            found = (shortest_host(allowed & hosts, to.blocked) for *_, allowed in to.allow)
            host = next((one for one in found if one is not None), None)
            if host is not None:
                yield host


def _settled(direction: Direction, cell: _Cell, hosts: Iterable[str]) -> Iterator[Change]:
    for host in hosts:
        change = direction.settle([_request(direction.agent, cell, host)])
        if change is not None:
            yield _ranked(direction, change, cell)


def _resolved(direction: Direction, to: _Cell, base: _Cell) -> Iterator[Finding]:
    """Names that both allow, behind which only `to` allows an address.

    A name is granted by some of the other version's specs. For each of those there must be an
    address that it refuses and `to` does not; the name may lead to all of these at once.
    """
    if base.closed:
        return
    if len(base.side.specs) > MAX_SPECS:
        spec, rule, _ = to.allow[0]
        why = f"where names lead is not compared for more than {MAX_SPECS} specs"
        yield Undecided("network", "connect", place_of(spec, rule.id), why)
        return
    for spec in to.side.specs:
        for granting in _subsets(base.side.specs):
            behind = [_behind(to, spec, base, one) for one in granting]
            name = _name(to, spec, base, granting) if all(behind) else None
            if name is not None:
                addresses = sorted({one for one in behind if one})
                change = direction.settle([_request(direction.agent, to, name, addresses)])
                if change is not None:
                    yield _ranked(direction, change, to)


def _name(to: _Cell, spec: SpecPlan, base: _Cell, granting: tuple[SpecPlan, ...]) -> str | None:
    """A name that a spec of `to` grants, and of `base` exactly these."""
    names = Hosts(to.allowed_by(spec).names)
    for one in granting:
        names &= base.allowed_by(one)
    others = (base.allowed_by(one) for one in base.side.specs if one not in granting)
    return shortest_host(Hosts(names.names), union((to.blocked, base.blocked, *others)))


def _subsets(specs: tuple[SpecPlan, ...]) -> Iterator[tuple[SpecPlan, ...]]:
    for size in range(1, len(specs) + 1):
        yield from combinations(specs, size)


def _behind(to: _Cell, spec: SpecPlan, base: _Cell, other: SpecPlan) -> str | None:
    """An address that may stand behind a name by one spec of `to`, and not by one of `base`."""
    private_allowed = to.allowed_by(spec) & _PRIVATE
    blocked_there = Hosts((), base.blocked.four, base.blocked.six)
    public = shortest_host(blocked_there, union((to.blocked, _PRIVATE)))
    inside = shortest_host(private_allowed & blocked_there, to.blocked)
    opened = shortest_host(private_allowed, union((to.blocked, base.allowed_by(other))))
    return public or inside or opened


def shared_connections(direction: Direction) -> Iterator[Request]:
    """A connection that each pair of specs decides between them, if any, at each port."""
    for protocol, port in _cells(direction):
        to = _Cell(direction.to, protocol, port)
        base = _Cell(direction.base, protocol, port)
        if not (to.closed or base.closed):
            for one, other in product(direction.to.specs, direction.base.specs):
                yield from _decided(direction.agent, (to, one), (base, other))


def _decided(
    agent: str, to: tuple[_Cell, SpecPlan], base: tuple[_Cell, SpecPlan]
) -> Iterator[Request]:
    """A connection that two specs allow and none before them does.

    One before them may allow a name, and yet not where it leads: a private address that it does
    not allow makes it refuse. The name may lead to one for each of those at once.
    """
    earlier = [held for cell, spec in (to, base) for held in cell.before(spec)]
    blocked = union((to[0].blocked, base[0].blocked))
    own = to[0].allowed_by(to[1]) & base[0].allowed_by(base[1])
    host = shortest_host(own, union((blocked, *earlier)))
    if host is not None:
        yield _request(agent, to[0], host)
        return
    behind = [shortest_host(own & _PRIVATE, union((blocked, held))) for held in earlier]
    staying = [held for held, one in zip(earlier, behind, strict=True) if one is None]
    name = shortest_host(Hosts(own.names), union((blocked, *staying)))
    if name is not None:
        yield _request(agent, to[0], name, sorted({one for one in behind if one}))


def _request(agent: str, cell: _Cell, host: str, resolved: list[str] | None = None) -> Request:
    usual = DEFAULT_PORTS.get(cell.protocol) == cell.port
    shown = f"[{host}]" if ":" in host else host
    text = f"{cell.protocol}://{shown}" + ("" if usual else f":{cell.port}")
    properties = {"host": host, "port": cell.port, "protocol": cell.protocol}
    if resolved:
        return Request(agent, "connect", "network", text, {**properties, "resolved": resolved})
    return Request(agent, "connect", "network", text, properties)


def _ranked(direction: Direction, change: Change, cell: _Cell) -> Change:
    if not direction.widening or change.witness is None:
        return change
    rule = next(
        (rule for spec, rule, _ in cell.allow if change.new == spec.positions[rule.id]), None
    )
    hosts = union(hosts_of(one, ALLOW) for one in rule.patterns) if rule else Hosts()
    private = shortest_host(hosts & _PRIVATE, cell.blocked) is not None
    local = change.witness.properties["host"] == "localhost"
    asked = change.witness.properties.get("resolved", [change.witness.properties["host"]])[0]
    risk, why = host_risk(rule, asked, private=private or local)
    return replace(change, risk=risk, why=why)


def _holds(ranges: Iterable[tuple[int, int]], port: int) -> bool:
    return any(low <= port <= high for low, high in ranges)
