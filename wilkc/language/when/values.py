"""Values of one attribute that tests tell apart. Layer: language (pure).

Two values of which the same tests hold are one to every condition. Of each kind of values one
stands for all: of tests of sets, numbers and addresses these are all kinds that there are.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from wilkc.language.when.model import TIME
from wilkc.language.when.tests import Networks, OneOf, Range, address_of
from wilkc.language.when.times import UNFOUND, edge_instants, just_before, time_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.core.contract import Json
    from wilkc.language.when.tests import Test, Value
    from wilkc.language.when.times import Marks, Values

MOST: Final = 4_096
"""Kinds of values of one attribute."""


_FIRST_ADDRESSES: Final = (
    "0.0.0.0",  # noqa: S104 - an address to compare with
    "::", "::1", "::1:0:0", "::1:0:0:0", "64:ff9b::1:0:0", "2003::",
)  # fmt: skip
"""The first addresses, and the first ones behind blocks whose addresses carry IPv4 ones."""


class TooManyError(Exception):
    """More kinds of values, or more ways for conditions to hold together, than are listed."""


def kinds_of_values(attribute: str, tests: Sequence[Test], *, found: bool) -> Values:
    """A value for everything that tests of one attribute can tell apart, None for the missing one.

    Args:
        attribute: what the tests are of.
        tests: each once.
        found: whether instants are looked for; without, and where none is found, `UNFOUND`
            stands in their place.

    Raises:
        TooManyError: there are more than `MOST`.
    """
    kinds: Values = {_held(tests, None): None}
    if attribute == TIME:
        for marks, instant in time_kinds(tests, found=found).items():
            kinds.setdefault(marks, instant)
    for value in (*_edges(tests), *_odd(tests)):
        _note(kinds, tests, value)
    for one in _lists(tests):
        _note(kinds, tests, one)
    if len(kinds) > MOST:
        raise TooManyError
    return kinds


def edge_values(attribute: str, tests: Sequence[Test]) -> Iterator[Json]:
    """Values on both sides of every edge of tests of one attribute, and of every other type.

    The first is None, for a missing attribute. Instants have the last one before each edge.
    """
    yield None
    if attribute == TIME:
        for instant in dict.fromkeys(edge_instants(tests)):
            yield from (just_before(instant), instant)
    yield from (*_edges(tests), *_odd(tests), *_lists(tests))


def _note(kinds: Values, tests: Sequence[Test], value: Json) -> None:
    marks = _held(tests, value)
    if kinds.get(marks, UNFOUND) is UNFOUND:
        kinds[marks] = value


def _held(tests: Iterable[Test], value: Json) -> Marks:
    return tuple([test.holds(value) for test in tests])


def _edges(tests: Iterable[Test]) -> Iterator[Json]:
    """Values at the edges of all sets, intervals and blocks.

    Numbers and addresses are lines that the tests cut into pieces: the first value of every
    piece is among these.
    """
    for test in tests:
        if isinstance(test, OneOf):
            for value in test.values:
                yield from (value, *_next(value))
        elif isinstance(test, Range):
            least, most = test.least or 0, test.most
            yield from (least, max(least - 1, 0), 0)
            yield from () if most is None else (most, most + 1)
        elif isinstance(test, Networks):
            yield from _addresses(test.blocks)


def _addresses(blocks: Iterable[str]) -> Iterator[str]:
    """The first and the last address of each block, and the ones before and behind these."""
    for text in blocks:
        block = ipaddress.ip_network(text)
        first, last = int(block.network_address), int(block.broadcast_address)
        kind: Any = type(block.network_address)
        numbers = (first, last + 1, first - 1, last)
        yield from (str(kind(one)) for one in numbers if 0 <= one < 2**block.max_prefixlen)
    yield from _FIRST_ADDRESSES


def _next(value: Value) -> Iterator[Value]:
    """What follows a value on its line, if it is on one and not at its end."""
    if type(value) is int:
        yield value + 1
    address: Any = address_of(value)
    if address is not None and int(address) + 1 < 2**address.max_prefixlen:
        yield str(address + 1)


def _odd(tests: Sequence[Test]) -> Iterator[Json]:
    """A value of each type that no test names."""
    named = {value for test in tests if isinstance(test, OneOf) for value in test.values}
    yield _unnamed(str, named)
    yield _unnamed(int, named)
    yield from (True, False, {})


def _lists(tests: Sequence[Test]) -> Iterator[Json]:
    """Lists of values: of each set of tests that members can meet together, one."""
    sets = [test for test in tests if isinstance(test, OneOf) and test.listed]
    for kind in sorted({type(test.values[0]) for test in sets}, key=repr):
        members = {one for test in sets for one in test.values if type(one) is kind}
        first: list[Any] = [_unnamed(kind, members)]
        lists = {_held(tests, first): first}
        for member in sorted(members):
            for held in tuple(lists.values()):
                longer = [*held, member]
                lists.setdefault(_held(tests, longer), longer)
            if len(lists) > MOST:
                raise TooManyError
        yield from lists.values()


def _unnamed(kind: type, named: set[Any]) -> Json:
    """A value that is not among these, but of truth values there may be none."""
    if kind is str:
        return next(one for n in range(len(named) + 1) if (one := f"other{n}") not in named)
    if kind is int:
        return max([6, *(one for one in named if type(one) is int)]) + 1
    return True not in named
