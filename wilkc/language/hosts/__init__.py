"""Hosts, addresses, their patterns and targets. Room: language."""

from wilkc.language.hosts.addresses import (
    FORBIDDEN,
    LOCALHOST,
    METADATA,
    PRIVATE,
    Address,
    unwrap,
    within,
)
from wilkc.language.hosts.canonical import canonical_host, decision_address, decision_host
from wilkc.language.hosts.rules import (
    METADATA_NAMES,
    HostPattern,
    matches_address,
    matches_name,
    parse_host_rule,
)
from wilkc.language.hosts.targets import (
    DEFAULT_PORTS,
    DEFAULT_PROTOCOL,
    MAX_PORT,
    PROTOCOLS,
    Target,
    canonical_target,
    check_port,
    names_target,
)

__all__ = [
    "DEFAULT_PORTS",
    "DEFAULT_PROTOCOL",
    "FORBIDDEN",
    "LOCALHOST",
    "MAX_PORT",
    "METADATA",
    "METADATA_NAMES",
    "PRIVATE",
    "PROTOCOLS",
    "Address",
    "HostPattern",
    "Target",
    "canonical_host",
    "canonical_target",
    "check_port",
    "decision_address",
    "decision_host",
    "matches_address",
    "matches_name",
    "names_target",
    "parse_host_rule",
    "unwrap",
    "within",
]
