"""Host patterns as sets, and a shortest host in one and not in another. Layer: language (pure).

LANGUAGE.md section 5. Names need no automaton: a pattern takes one name, all names below one,
or all, and these meet in one of the same kind. Only a pattern that holds another wholly can
cover its endless names. Addresses are intervals of integers.
"""

from __future__ import annotations

import ipaddress
import string
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, product
from typing import TYPE_CHECKING, Final, Literal

from wilkc.language.atoms import BLOCK
from wilkc.language.automata.charsets import charset
from wilkc.language.hosts.addresses import (
    CARRIERS,
    FORBIDDEN,
    LOCALHOST,
    METADATA,
    PRIVATE,
)
from wilkc.language.hosts.canonical import MAX_NAME
from wilkc.language.hosts.rules import METADATA_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.language.atoms import Effect
    from wilkc.language.hosts import HostPattern

Intervals = tuple[tuple[int, int], ...]
"""Inclusive ranges of addresses as integers, sorted, neither overlapping nor adjacent."""
_LETTERS: Final = string.ascii_lowercase
_CHARS: Final = _LETTERS + string.digits


@dataclass(frozen=True, slots=True)
class Names:
    """One name, every name below it, or every name."""

    kind: Literal["exact", "below", "every"]
    text: str = ""

    def takes(self, name: str) -> bool:
        """Whether a canonical name is one of them."""
        if self.kind == "exact":
            return name == self.text
        return self.kind == "every" or name.endswith(f".{self.text}")

    def covers(self, other: Names) -> bool:
        """Whether all of the other are among these."""
        if other.kind == "every" or self.kind == "every":
            return self.kind == "every"
        if other.kind == "exact" or other == self:
            return self.takes(other.text) if other.kind == "exact" else True
        return self.kind == "below" and other.text.endswith(f".{self.text}")

    def meet(self, other: Names) -> Names | None:
        """The names that both take, or None."""
        if self.covers(other):
            return other
        return self if other.covers(self) else None


@dataclass(frozen=True, slots=True)
class Hosts:
    """A set of canonical hosts: a union of names, and addresses of both families."""

    names: tuple[Names, ...] = ()
    four: Intervals = ()
    six: Intervals = ()

    def __or__(self, other: Hosts) -> Hosts:
        """The hosts of either."""
        return Hosts(
            tuple(dict.fromkeys((*self.names, *other.names))),
            charset((*self.four, *other.four)),
            charset((*self.six, *other.six)),
        )

    def __and__(self, other: Hosts) -> Hosts:
        """The hosts of both."""
        met = (one.meet(another) for one in self.names for another in other.names)
        return Hosts(
            tuple(dict.fromkeys(one for one in met if one is not None)),
            _common(self.four, other.four),
            _common(self.six, other.six),
        )


@lru_cache(maxsize=16_384)
def hosts_of(pattern: HostPattern, effect: Effect) -> Hosts:
    """The hosts that a pattern takes in a list."""
    if pattern.shape == "any":
        return Hosts((Names("every"),))
    if pattern.shape == "suffix":
        if len(pattern.text) > MAX_NAME - len("a."):
            return Hosts()
        return Hosts((Names("below", pattern.text),))
    if pattern.shape == "block":
        return _addresses((pattern.text,))
    if pattern.shape == "private":
        names = map(_exact, METADATA_NAMES) if effect == BLOCK else ()
        local = _LOCAL.names if effect == BLOCK else ()
        return Hosts((*names, *local)) | _addresses((*PRIVATE, *METADATA))
    if effect == BLOCK and pattern.text == "localhost":
        return _LOCAL | _addresses(LOCALHOST)
    return Hosts((_exact(pattern.text),))


def union(sets: Iterable[Hosts]) -> Hosts:
    """The hosts of any of them."""
    held = tuple(sets)
    return Hosts(
        tuple(dict.fromkeys(name for one in held for name in one.names)),
        charset(interval for one in held for interval in one.four),
        charset(interval for one in held for interval in one.six),
    )


def shortest_host(positive: Hosts, negative: Hosts) -> str | None:
    """A shortest name in the first set and not in the second, else the lowest such address.

    Returns:
        A canonical host, or None if the second set holds the first.
    """
    found = [name for one in positive.names if (name := _name(one, negative.names)) is not None]
    if found:
        return min(found, key=lambda name: (len(name), name))
    for number, _ in _left(positive.four, negative.four):
        return str(ipaddress.IPv4Address(number))
    for number, _ in _left(positive.six, negative.six):
        return str(ipaddress.IPv6Address(number))
    return None


def _exact(text: str) -> Names:
    return Names("exact", text)


def _name(held: Names, others: tuple[Names, ...]) -> str | None:
    if any(other.covers(held) for other in others):
        return None
    if held.kind == "exact":
        return held.text
    candidates = _labels() if held.kind == "every" else (f"{one}.{held.text}" for one in _labels())
    # Nothing covers all of them, so one of the first is free.
    return next(name for name in candidates if not any(other.takes(name) for other in others))


def _labels() -> Iterator[str]:
    """Labels that begin with a letter, shortest first."""
    for length in count():
        for first in _LETTERS:
            yield from (first + "".join(rest) for rest in product(_CHARS, repeat=length))


def _addresses(blocks: Iterable[str]) -> Hosts:
    networks = [ipaddress.ip_network(text) for text in blocks]
    four = charset(_interval(one) for one in networks if isinstance(one, ipaddress.IPv4Network))
    six = charset(_interval(one) for one in networks if isinstance(one, ipaddress.IPv6Network))
    return Hosts((), four, tuple(_left(six, _CARRYING)))


def _interval(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> tuple[int, int]:
    return int(network.network_address), int(network.broadcast_address)


def _left(held: Intervals, taken: Intervals) -> Iterator[tuple[int, int]]:
    """What the second intervals leave of the first, in order."""
    for low, high in held:
        start = low
        for first, last in taken:
            if last < start or first > high:
                continue
            if first > start:
                yield start, first - 1
            start = last + 1
        if start <= high:
            yield start, high


def _common(one: Intervals, other: Intervals) -> Intervals:
    return charset(
        (max(low, first), min(high, last))
        for low, high in one
        for first, last in other
        if max(low, first) <= min(high, last)
    )


_CARRYING: Final = charset(
    # `::` and `::1` lie in a block of carriers, but stand for themselves.
    (max(low, 2), high)
    for low, high in map(_interval, CARRIERS)
)
_LOCAL: Final = Hosts((_exact("localhost"), Names("below", "localhost")))
FORBIDDEN_HOSTS: Final = _addresses(FORBIDDEN)
"""Addresses that no rule opens."""
