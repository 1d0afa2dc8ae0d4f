"""An allowed range holds private addresses. Layer: analyze (pure)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.language.hosts import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.hosts import HostPattern

CODE: Final = "W207"


def _run(subject: Subject) -> Iterator[Finding]:
    for rule in own(subject.permissions.network.allow):
        for pattern in rule.patterns:
            met = _private(pattern)
            if met:
                yield warning(
                    CODE,
                    f"`{rule.text}` opens private addresses: {met}",
                    rule.span,
                    about=f"network.allowed_hosts {rule.text}",
                    advice="name the single addresses that are meant",
                )


def _private(pattern: HostPattern) -> str:
    """The private addresses that a range meets, or nothing; a single address is meant."""
    if pattern.shape == "private":
        return "all of them"
    if pattern.shape != "block":
        return ""
    block = ipaddress.ip_network(pattern.text)
    if block.num_addresses == 1:
        return ""
    held = map(ipaddress.ip_network, PRIVATE)
    met = [one for one in held if one.version == block.version and one.overlaps(block)]
    return ", ".join(f"`{max(one, block, key=lambda net: net.prefixlen)}`" for one in met)


CHECK: Final = Check(CODE, _run)
