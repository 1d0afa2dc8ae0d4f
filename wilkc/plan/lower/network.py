"""The `network` category: hosts with the ports and protocols that hold for each. Layer: plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.language.hosts import DEFAULT_PORTS, parse_host_rule
from wilkc.plan.lower.entries import Place, limit
from wilkc.plan.model import HostRule, NetworkPlan, Rule
from wilkc.spec import entry_parts, port_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.spans import Span
    from wilkc.spec import HostEntry, Network, PortEntry

Ports = tuple[tuple[int, int], ...]
DEFAULT_PROTOCOLS = frozenset({"https"})


def lower_network(section: Network, place: Place) -> NetworkPlan:
    """The `network` category.

    In an allow, absent protocols mean https, and absent ports mean the default ports of the
    protocols; what an entry does not say for itself, protocols or ports, it has from its
    section, so that where ports are written no other is open. An allow whose protocols have no
    default port and which names none has no ports and therefore matches nothing
    (`wilkc.plan.build` reports it). In a block, absent means every port and every protocol.
    """
    protocols = DEFAULT_PROTOCOLS if section.protocols is None else frozenset(section.protocols)
    return NetworkPlan(
        allow=_allow_rules(
            section.allowed_hosts, protocols, section.allowed_ports, place.at("allowed_hosts")
        ),
        block=_block_rules(section.blocked_hosts, place.at("blocked_hosts")),
        blocked_ports=_port_rules(section.blocked_ports, place.at("blocked_ports")),
        rate=limit(
            section.max_requests_per_minute,
            place.at("max_requests_per_minute"),
            "net.max_requests_per_minute",
        ),
        timeout=limit(section.timeout_seconds, place.at("timeout_seconds"), "net.timeout_seconds"),
    )


def _allow_rules(
    entries: Sequence[str | HostEntry] | None,
    protocols: frozenset[str],
    ports: Ports | None,
    place: Place,
) -> tuple[HostRule, ...]:
    rules = []
    for number, entry in enumerate(entries or ()):
        own_ports, own_protocols = _reach(entry)
        held = protocols if own_protocols is None else frozenset(own_protocols)
        chosen = ports if own_ports is None else own_ports
        if chosen is None:
            chosen = _default_ports(held)
        name = f"{place.origin}net.allow.{number}"
        rules.append(_rule(name, place.entry(number), entry, chosen, held))
    return tuple(rules)


def _block_rules(entries: Sequence[str | HostEntry] | None, place: Place) -> tuple[HostRule, ...]:
    rules = []
    for number, entry in enumerate(entries or ()):
        ports, protocols = _reach(entry)
        held = frozenset(protocols or ())
        name = f"{place.origin}net.block.{number}"
        rules.append(_rule(name, place.entry(number), entry, ports or (), held))
    return tuple(rules)


def _reach(entry: str | HostEntry) -> tuple[Ports | None, Sequence[str] | None]:
    return (None, None) if isinstance(entry, str) else (entry.ports, entry.protocols)


def _rule(
    name: str, span: Span, entry: str | HostEntry, ports: Ports, protocols: frozenset[str]
) -> HostRule:
    text, when = entry_parts(entry)
    return HostRule(
        id=name,
        text=text,
        span=span,
        patterns=parse_host_rule(text),
        ports=tuple(sorted(ports)),
        protocols=protocols,
        when=when,
    )


def _default_ports(protocols: frozenset[str]) -> Ports:
    known = sorted(DEFAULT_PORTS[name] for name in protocols if name in DEFAULT_PORTS)
    return tuple((port, port) for port in known)


def _port_rules(
    entries: Sequence[tuple[int, int] | PortEntry] | None, place: Place
) -> tuple[Rule[tuple[int, int]], ...]:
    rules = []
    for number, entry in enumerate(entries or ()):
        name = f"{place.origin}net.blocked_ports.{number}"
        if isinstance(entry, tuple):
            rules.append(Rule(name, port_text(entry), place.entry(number), (entry,)))
        else:
            text, when = entry_parts(entry)
            rules.append(Rule(name, text, place.entry(number), (entry.port,), when=when))
    return tuple(rules)
