"""Internet addresses: which are private, which are never a target. Layer: language (pure).

Sources: IANA special-purpose address registries (RFC 6890), RFC 6598, RFC 4193, RFC 6052,
RFC 3056; the metadata addresses are those of the large clouds.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Block = ipaddress.IPv4Network | ipaddress.IPv6Network

METADATA: Final = (
    "169.254.169.254/32", "fd00:ec2::254/128",  # most clouds; AWS by IPv6
    "169.254.170.2/32", "169.254.170.23/32", "fd00:ec2::23/128",  # credentials of AWS containers
    "168.63.129.16/32",  # Azure, which lies in a public block
    "fd20:ce::254/128",  # Google Cloud by IPv6
    "100.100.100.200/32",  # Alibaba Cloud
)  # fmt: skip
PRIVATE: Final = (
    "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "100.64.0.0/10", "198.18.0.0/15", "192.0.0.0/24", "240.0.0.0/4",
    "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "64:ff9b:1::/48",
)  # fmt: skip
"""Loopback, private, link-local, carrier-grade NAT, benchmark, reserved, unique-local, and the
local translation prefix of RFC 8215, which may lead to any IPv4 address."""
FORBIDDEN: Final = (
    *METADATA, "0.0.0.0/8", "255.255.255.255/32", "224.0.0.0/4", "::/128", "ff00::/8",
)  # fmt: skip
"""Metadata services, unspecified, broadcast and multicast: no rule opens them."""
LOCALHOST: Final = ("127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128")
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR: Final = ipaddress.IPv6Network("2002::/16")
_SIX_TO_FOUR_SHIFT: Final = 80
CARRIERS: Final = (_MAPPED, _COMPATIBLE, _NAT64, _SIX_TO_FOUR)
"""Blocks whose IPv6 addresses count as the IPv4 addresses that they carry, but for `::` and
`::1`."""
CACHED_BLOCKS: Final = 16_384


def unwrap(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that carries one, else the address itself.

    `::` and `::1` lie in the block of IPv4-compatible addresses and stay what they are.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address
    number = int(address)
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address((number >> _SIX_TO_FOUR_SHIFT) & 0xFFFFFFFF)
    if address in _MAPPED or address in _NAT64 or (address in _COMPATIBLE and number > 1):
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return address


def carries_ipv4(block: Block) -> bool:
    """Whether all addresses of an IPv6 block carry IPv4 ones, so that none is met as IPv6.

    A single `::` or `::1` does not.
    """
    if isinstance(block, ipaddress.IPv4Network):
        return False
    single = block.prefixlen == block.max_prefixlen
    if single and unwrap(block.network_address) == block.network_address:
        return False
    return any(block.subnet_of(base) for base in CARRIERS)


def within(address: Address, blocks: tuple[str, ...]) -> bool:
    """Whether an unwrapped address lies in one of the blocks."""
    return any(address in _block(text) for text in blocks)


@lru_cache(maxsize=CACHED_BLOCKS)
def _block(text: str) -> Block:
    return ipaddress.ip_network(text)
