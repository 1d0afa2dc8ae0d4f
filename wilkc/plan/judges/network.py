"""The meaning of `network` for one request. Layer: plan (reference). LANGUAGE.md section 5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Condition
from wilkc.core.errors import RequestError
from wilkc.core.verdict import Verdict
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.hosts import (
    FORBIDDEN,
    PRIVATE,
    PROTOCOLS,
    Address,
    check_port,
    decision_address,
    decision_host,
    matches_address,
    matches_name,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.contract import Json, Request
    from wilkc.language.atoms import Effect
    from wilkc.plan.model import HostRule, NetworkPlan

ALLOW_LIST: Final = "network.allowed_hosts"
SECONDS_PER_MINUTE: Final = 60
CHECK_ADDRESS: Final = Condition("net.check_address", "check_address")


@dataclass(frozen=True, slots=True)
class _Target:
    """What is asked for, read and checked; `resolved` is None where it was not given."""

    host: str | Address
    port: int
    protocol: str
    resolved: tuple[Address, ...] | None

    @property
    def addresses(self) -> tuple[Address, ...]:
        own = () if isinstance(self.host, str) else (self.host,)
        return (*own, *(self.resolved or ()))


def judge_network(plan: NetworkPlan, request: Request) -> Verdict:
    """The verdict on one connection."""
    target = _read(request)
    if request.action not in {"connect", "request"}:
        return Verdict("unmatched", "unknown_action", list="network")
    return (
        _blocked(plan, target)
        or _unmatched(plan, target)
        or _bad_address(plan, target)
        or _granted(plan, target)
    )


def _blocked(plan: NetworkPlan, target: _Target) -> Verdict | None:
    for rule in plan.block:
        if _covers(rule, target):
            return Verdict("blocked", "blocked", rule.id, "network.blocked_hosts")
    for ports in plan.blocked_ports:
        if _in_ranges(target.port, ports.patterns):
            return Verdict("blocked", "blocked", ports.id, "network.blocked_ports")
    return None


def _unmatched(plan: NetworkPlan, target: _Target) -> Verdict | None:
    if any(within(address, FORBIDDEN) for address in target.addresses):
        return Verdict("unmatched", "forbidden_address", list=ALLOW_LIST)
    named = [rule for rule in plan.allow if _takes_host(rule, target.host, ALLOW)]
    if not named:
        return Verdict("unmatched", "no_rule_matches", list=ALLOW_LIST)
    spoken = [rule for rule in named if target.protocol in rule.protocols]
    if not spoken:
        return Verdict("unmatched", "protocol_not_allowed", list=ALLOW_LIST)
    if not any(_holds(rule, target) for rule in spoken):
        return Verdict("unmatched", "port_not_allowed", list=ALLOW_LIST)
    return None


def _bad_address(plan: NetworkPlan, target: _Target) -> Verdict | None:
    """A private address behind an allowed name must be allowed as an address."""
    for address in target.resolved or ():
        private = within(address, PRIVATE)
        if private and not _allowed(plan.allow, target, address):
            return Verdict("unmatched", "private_address", list=ALLOW_LIST)
    return None


def _granted(plan: NetworkPlan, target: _Target) -> Verdict:
    rule = _allowed(plan.allow, target, target.host)
    conditions = []
    if isinstance(target.host, str) and target.resolved is None:
        conditions.append(CHECK_ADDRESS)
    if plan.rate:
        window = {"key": "network", "limit": plan.rate.value, "window_seconds": SECONDS_PER_MINUTE}
        conditions.append(Condition(plan.rate.id, "rate_limit", window))
    if plan.timeout:
        seconds = {"seconds": plan.timeout.value}
        conditions.append(Condition(plan.timeout.id, "timeout", seconds))
    return Verdict("granted", "allowed", rule, ALLOW_LIST, tuple(conditions))


def _allowed(rules: Iterable[HostRule], target: _Target, host: str | Address) -> str:
    for rule in rules:
        if _holds(rule, target) and _takes_host(rule, host, ALLOW):
            return rule.id
    return ""


def _holds(rule: HostRule, target: _Target) -> bool:
    """Whether an allow names the port and the protocol."""
    return _in_ranges(target.port, rule.ports) and target.protocol in rule.protocols


def _covers(rule: HostRule, target: _Target) -> bool:
    """Whether a block takes the target; there, no ports and no protocols mean all."""
    port = not rule.ports or _in_ranges(target.port, rule.ports)
    protocol = not rule.protocols or target.protocol in rule.protocols
    hosts = (target.host, *(target.resolved or ()))
    return port and protocol and any(_takes_host(rule, host, BLOCK) for host in hosts)


def _in_ranges(port: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(low <= port <= high for low, high in ranges)


def _takes_host(rule: HostRule, host: str | Address, effect: Effect) -> bool:
    if isinstance(host, str):
        return any(matches_name(pattern, host, effect) for pattern in rule.patterns)
    return any(matches_address(pattern, host, effect) for pattern in rule.patterns)


def _read(request: Request) -> _Target:
    properties = request.properties
    host = decision_host(properties.get("host"))
    protocol = properties.get("protocol")
    if not isinstance(protocol, str) or protocol not in PROTOCOLS:
        raise RequestError("protocol_unknown", "the protocol is not one that is known")
    port = check_port(properties.get("port"))
    return _Target(host, port, protocol, _resolved(properties, host))


def _resolved(properties: dict[str, Json], host: str | Address) -> tuple[Address, ...] | None:
    """The addresses behind a name; an address is its own and only one."""
    if "resolved" not in properties:
        return None
    given = properties["resolved"]
    if not isinstance(given, list) or not given:
        raise RequestError("resolved_invalid", "`resolved` must be a list of addresses")
    addresses = tuple(map(_address, given))
    if not isinstance(host, str) and set(addresses) != {host}:
        raise RequestError("resolved_invalid", "an address resolves to itself alone")
    return addresses


def _address(text: object) -> Address:
    try:
        return decision_address(text)
    except RequestError as error:
        raise RequestError("resolved_invalid", f"in `resolved`, {error.message}") from error
