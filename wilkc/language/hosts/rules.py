"""Host rules: the text of a list entry to a pattern, and what it matches. Layer: language."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from wilkc.core.errors import PatternError, RequestError
from wilkc.language.atoms import BLOCK, Effect
from wilkc.language.hosts.addresses import (
    LOCALHOST,
    METADATA,
    PRIVATE,
    Address,
    carries_ipv4,
    unwrap,
    within,
)
from wilkc.language.hosts.canonical import canonical_host

Shape = Literal["name", "suffix", "any", "block", "private"]
CACHED_RULES: Final = 16_384
_CIDR: Final = re.compile(r"[0-9A-Fa-f.:]+/(?:0|[1-9][0-9]{0,2})")
METADATA_NAMES: Final = ("metadata.google.internal", "metadata.goog")


@dataclass(frozen=True, slots=True)
class HostPattern:
    """One host entry.

    Attributes:
        shape: `name` exactly that name, `suffix` one or more labels before it, `any` every
            name and no address, `block` the addresses of a CIDR block, `private` all private
            addresses.
        text: the canonical name or block; empty for `any` and `private`.
    """

    shape: Shape
    text: str


@lru_cache(maxsize=CACHED_RULES)
def parse_host_rule(text: str) -> tuple[HostPattern, ...]:
    """The pattern of one entry of a list of hosts, as a tuple of one.

    Raises:
        PatternError: the entry is outside the language; names the place and what to write.
    """
    if not text:
        raise _error("W070", "the host is empty", "leave it out", 0, 0)
    if text == "*":
        return (HostPattern("any", ""),)
    if text == "private":
        return (HostPattern("private", ""),)
    if text.lower() == "private":
        raise _error("W076", f"`{text}` is not the word `private`", "write `private`", 0, len(text))
    if "/" in text:
        return (HostPattern("block", _block(text)),)
    suffix = text.startswith("*.")
    name = text.removeprefix("*.")
    star = name.find("*")
    if star >= 0:
        place = star + len(text) - len(name)
        raise _error(
            "W071",
            "`*` stands only for whole labels at the front",
            "write `*.example.com`, `*`, or the name itself",
            place,
            place + 1,
        )
    host = _host(text, name)
    if _is_address(host):
        if suffix:
            raise _error(
                "W072", "an address has no labels below it", "write a CIDR block", 0, len(text)
            )
        return (HostPattern("block", str(ipaddress.ip_network(host))),)
    return (HostPattern("suffix" if suffix else "name", host),)


def matches_name(pattern: HostPattern, name: str, effect: Effect) -> bool:
    """Whether a pattern takes a canonical host name."""
    if pattern.shape == "any":
        return True
    if pattern.shape == "name":
        local = effect == BLOCK and pattern.text == "localhost"
        return name == pattern.text or (local and name.endswith(".localhost"))
    if pattern.shape == "private":
        return effect == BLOCK and (name in METADATA_NAMES or _is_local(name))
    return pattern.shape == "suffix" and name.endswith(f".{pattern.text}")


def matches_address(pattern: HostPattern, address: Address, effect: Effect) -> bool:
    """Whether a pattern takes an address; one that carries an IPv4 address counts as that."""
    inner = unwrap(address)
    if pattern.shape == "block":
        return within(inner, (pattern.text,))
    if pattern.shape == "private":
        return within(inner, (*PRIVATE, *METADATA))
    return (
        effect == BLOCK and pattern == HostPattern("name", "localhost") and within(inner, LOCALHOST)
    )


def _is_local(name: str) -> bool:
    return name == "localhost" or name.endswith(".localhost")


def _block(text: str) -> str:
    """The canonical text of a CIDR block of addresses that are met as they are written."""
    try:
        block = ipaddress.ip_network(text, strict=False) if _CIDR.fullmatch(text) else None
    except ValueError:
        block = None
    if block is None:
        raise _error(
            "W073",
            f"`{text}` is no CIDR block",
            "write the network address and its length, for example `10.1.0.0/16`; a URL is "
            "written as its host",
            0,
            len(text),
        )
    slash = text.index("/")
    if block.network_address != ipaddress.ip_address(text[:slash]):
        raise _error(
            "W073",
            f"`{text}` has bits set beyond its length",
            f"write `{block}` for the block, or the address without its length",
            0,
            slash,
        )
    if carries_ipv4(block):
        raise _error(
            "W075",
            f"the addresses in `{text}` count as the IPv4 addresses that they carry",
            "write the IPv4 block that is meant",
            0,
            len(text),
        )
    return str(block)


def _host(text: str, name: str) -> str:
    try:
        return canonical_host(name)
    except RequestError as error:
        raise _error(
            "W074",
            f"`{name}` is no host: {error.message.partition(': ')[2]}",
            "write the plain name or address; ports stand under `ports`",
            len(text) - len(name),
            len(text),
        ) from error


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdecimal()


def _error(code: str, message: str, help_text: str, start: int, end: int) -> PatternError:
    return PatternError(code, message, help_text, start=start, end=end)
