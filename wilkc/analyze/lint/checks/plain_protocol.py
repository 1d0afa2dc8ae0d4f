"""A protocol without encryption is allowed. Layer: analyze (pure)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, warning
from wilkc.language.hosts import LOCALHOST, HostPattern, parse_host_rule
from wilkc.spec import HostEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.spec import Network

CODE: Final = "W208"
_PLAIN: Final = {"http": "https", "ws": "wss", "ftp": "https or ssh"}


def _run(subject: Subject) -> Iterator[Finding]:
    section = subject.section.network
    if section is None:
        return
    if _carries(section):
        yield from _listed(subject, ("network", "protocols"), section.protocols or (), "")
    for number, entry in enumerate(section.allowed_hosts or ()):
        if isinstance(entry, HostEntry) and not _stays_here(entry.host):
            steps = ("network", "allowed_hosts", number, "protocols")
            yield from _listed(subject, steps, entry.protocols or (), f" {entry.host}")


def _carries(section: Network) -> bool:
    """Whether the protocols of the section hold for any host but this machine."""
    return any(
        not _stays_here(entry) if isinstance(entry, str) else _borrows(entry)
        for entry in section.allowed_hosts or ()
    )


def _borrows(entry: HostEntry) -> bool:
    return entry.protocols is None and not _stays_here(entry.host)


def _listed(
    subject: Subject, steps: tuple[str | int, ...], protocols: tuple[str, ...], host: str
) -> Iterator[Finding]:
    for number, name in enumerate(protocols):
        if name in _PLAIN:
            yield warning(
                CODE,
                f"`{name}` lets everybody on the way read and change what is sent",
                subject.where(*steps, number),
                about=f"network.protocols {name}{host}",
                advice=f"use {_PLAIN[name]}; write `{name}` only at the hosts that offer nothing "
                "else",
            )


def _stays_here(text: str) -> bool:
    """Whether the target is this machine itself, so that nobody is on the way."""
    return all(_is_local(pattern) for pattern in parse_host_rule(text))


def _is_local(pattern: HostPattern) -> bool:
    if pattern.shape == "name":
        return pattern.text == "localhost"
    if pattern.shape != "block":
        return False
    block = ipaddress.ip_network(pattern.text)
    held = map(ipaddress.ip_network, LOCALHOST)
    return any(block[0] in local and block[-1] in local for local in held)


CHECK: Final = Check(CODE, _run)
