"""Hosts that nothing is proposed for. Layer: analyze (pure)."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from wilkc.analyze.learning.model import Reason
from wilkc.analyze.lint.tables import suffixes
from wilkc.core.errors import RequestError
from wilkc.language.hosts import FORBIDDEN, METADATA_NAMES, PRIVATE, canonical_host, unwrap, within

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#\s]*)")
_PORT: Final = re.compile(r":[0-9]*\Z")
_LOCAL: Final = re.compile(r"(?:.*@)?localhost(?:[:/].*)?", re.IGNORECASE | re.DOTALL)


def refused_host(host: str) -> Reason | None:
    """Why nothing is proposed for a canonical host, or None."""
    address = _address(host)
    if address is not None:
        if within(address, (*PRIVATE, *FORBIDDEN)) or not address.is_global:
            return Reason("private_address", f"`{host}` is no address of the public internet")
        return None
    labels = host.split(".")
    held = suffixes()
    if len(labels) == 1 or labels[-1] in held.private_labels or host in METADATA_NAMES:
        return Reason("local_name", f"`{host}` is no name of the public internet")
    if any(label.startswith("xn--") for label in labels):
        return Reason("lookalike_host", f"`{host}` may be shown as a name that looks like another")
    if held.is_public(host):
        return Reason("public_suffix", f"anybody gets a name below `{host}`")
    return None


def refused_argument(text: str) -> Reason | None:
    """Why nothing is proposed for an argument that names hosts, or None."""
    for found in _URL.finditer(text):
        host = _PORT.sub("", found[1].rpartition("@")[2])
        if not host:
            continue
        try:
            reason = refused_host(canonical_host(host.strip("[]").lower()))
        except RequestError as error:
            return Reason("unreadable_host", error.message)
        if reason:
            return reason
    if _LOCAL.fullmatch(text):
        return Reason("local_name", f"`{text}` is this host")
    bare = text.rpartition("@")[2].rpartition("=")[2]
    for host in (bare, _PORT.sub("", bare)):
        address = _address(host.strip("[]"))
        if address is not None:
            return refused_host(str(address))
    return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return unwrap(ipaddress.ip_address(host))
    except ValueError:
        return None
