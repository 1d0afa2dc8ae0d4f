"""Host patterns, W070-W089. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code

_FRAME: Final = "permissions:\n  network:\n    allowed_hosts: ['{}']\n"

CODES: Final[tuple[Code, ...]] = (
    Code(
        "W070",
        "an empty host",
        "An empty text names no host.",
        _FRAME.format(""),
        _FRAME.format("api.example.com"),
    ),
    Code(
        "W071",
        "a star inside a host",
        "A star stands for one or more whole labels at the front; elsewhere tools disagree about "
        "what it takes.",
        _FRAME.format("api.*.com"),
        _FRAME.format("*.example.com"),
    ),
    Code(
        "W072",
        "a star before an address",
        "An address has no labels; ranges of addresses are CIDR blocks.",
        _FRAME.format("*.10.0.0.1"),
        _FRAME.format("10.0.0.0/24"),
    ),
    Code(
        "W073",
        "not a CIDR block",
        "A block is a network address with its length and no bits set beyond it.",
        _FRAME.format("10.0.0.1/8"),
        _FRAME.format("10.0.0.0/8"),
    ),
    Code(
        "W074",
        "not a host",
        "A host is matched in its canonical spelling; a text that has none would match nothing, "
        "or something else than it seems to.",
        _FRAME.format("api.example.com:443"),
        _FRAME.format("api.example.com"),
    ),
    Code(
        "W075",
        "a block of addresses that carry IPv4 addresses",
        "An address such as `::ffff:10.0.0.1` counts as the IPv4 address inside, so an IPv6 block "
        "of them would never match; a block list would let them all through.",
        _FRAME.format("::ffff:10.0.0.0/104"),
        _FRAME.format("10.0.0.0/8"),
    ),
    Code(
        "W076",
        "the word `private` in other letters",
        "It would be read as the name of a host, and the private addresses would stay open.",
        "permissions:\n  network:\n    blocked_hosts: [Private]\n",
        "permissions:\n  network:\n    blocked_hosts: [private]\n",
    ),
)
