"""The texts that each kind of pattern takes, as automata. Layer: analyze (pure).

The text of a path is its canonical one; that of a command is its arguments with a NUL between
them, which no argument holds; that of a host is its canonical name or address. An automaton
takes what the pattern matches. Control characters and Unicode's normal forms, which requests
are held to before any pattern is asked, are left aside.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.analyze.nearest.automaton import Automaton
from wilkc.language.commands import AnyArgument, GlobArgument, TextArgument
from wilkc.language.hosts import METADATA, PRIVATE
from wilkc.language.paths import GLOBSTAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.analyze.nearest.automaton import Guard
    from wilkc.language.atoms import Glob
    from wilkc.language.commands import Argument, CommandPattern
    from wilkc.language.hosts import Address, HostPattern
    from wilkc.language.names import NamePattern
    from wilkc.language.paths import PathPattern

SEPARATOR: Final = "\0"
"""Between the arguments of a command."""
CACHED: Final = 4_096


@lru_cache(maxsize=CACHED)
def path_automaton(pattern: PathPattern) -> Automaton:
    """The canonical texts of the paths that a pattern takes."""
    made = Automaton()
    rooted = 0 if pattern.root == "/" else made.literal(0, pattern.root)
    parts = [None if part is GLOBSTAR else part for part in pattern.parts]
    unstarted, started = _segments(made, rooted, parts, barred="/", slashed=True)
    made.accept = made.state()
    made.jump(started, made.accept)
    if pattern.root == "/":
        made.literal(unstarted, "/", made.accept)
    else:
        made.jump(unstarted, made.accept)
    return made


@lru_cache(maxsize=CACHED)
def name_automaton(pattern: NamePattern) -> Automaton:
    """The names that a pattern takes."""
    made = Automaton()
    end = made.glob(made.jump(0, made.state(), "open"), pattern.glob, "")
    made.accept = made.jump(end, made.state(), "filled")
    return made


@lru_cache(maxsize=CACHED)
def word_automaton(text: str) -> Automaton:
    """One text alone."""
    made = Automaton()
    made.accept = made.literal(0, text)
    return made


@lru_cache(maxsize=CACHED)
def command_automaton(pattern: CommandPattern) -> Automaton:
    """The argument lists that an allow pattern takes, the guard table left aside."""
    made = Automaton()
    place = made.literal(0, pattern.program)
    for argument in pattern.arguments:
        place = _argument(made, made.literal(place, SEPARATOR, shown=" "), argument)
    if pattern.rest:
        more = made.literal(place, SEPARATOR, shown=" ")
        made.run(more, SEPARATOR)
        made.jump(more, place)
    made.accept = place
    return made


def host_automata(pattern: HostPattern, host: str | Address) -> tuple[Automaton, ...]:
    """What an allow pattern takes of the kind that was asked for: names, or addresses.

    There is none where the two cannot be compared: a name is near no address. Of a block of
    IPv6 addresses only the one is given that is nearest in number.
    """
    if isinstance(host, str):
        return _names(pattern)
    if pattern.shape not in {"block", "private"}:
        return ()
    texts = (*PRIVATE, *METADATA) if pattern.shape == "private" else (pattern.text,)
    blocks = (ipaddress.ip_network(text) for text in texts)
    return tuple(_addresses(str(block), host) for block in blocks if block.version == host.version)


def _segments(  # noqa: PLR0913 - each says another thing about the segments
    made: Automaton,
    start: int,
    parts: Sequence[Glob | None],
    *,
    barred: str,
    slashed: bool,
    dots: int = 0,
) -> tuple[int, int]:
    """Add segments, None standing for `**`; the states after none of them and after some.

    Args:
        made: what they are added to.
        start: the state before them.
        parts: the segments.
        barred: what no wildcard takes.
        slashed: whether a slash stands before the first segment too.
        dots: how many of the first segments may be `.` or `..`.
    """
    unstarted, started = start, made.state()
    for number, part in enumerate(parts):
        after = started if part is None else made.state()
        guard: Guard = "free" if number < dots or part == () else "word"
        for before, with_slash in ((unstarted, slashed), (started, True)):
            place = before
            if with_slash:
                place = made.jump(made.literal(before, "/"), made.state(), "open")
            made.jump(_segment(made, place, part, barred), after, guard)
        if part is None:
            unstarted = made.jump(unstarted, made.state())
            started = made.jump(started, made.state())
        else:
            # Where a segment was needed, nothing without one goes on.
            unstarted, started = made.state(), after
    return unstarted, started


def _segment(made: Automaton, place: int, part: Glob | None, barred: str) -> int:
    if part is not None:
        return made.glob(place, part, barred)
    inside = made.jump(place, made.state())
    made.run(inside, barred, "**")
    return inside


def _argument(made: Automaton, place: int, argument: Argument) -> int:
    if isinstance(argument, TextArgument):
        return made.literal(place, argument.text)
    if isinstance(argument, AnyArgument):
        inside = made.jump(place, made.state())
        made.run(inside, SEPARATOR)
        return inside
    return _glob_argument(made, place, argument)


def _glob_argument(made: Automaton, place: int, argument: GlobArgument) -> int:
    begun = made.jump(place, made.state(), "open" if argument.option else "begin")
    _, end = _segments(
        made,
        begun,
        argument.segments,
        barred="/" + SEPARATOR,
        slashed=False,
        dots=argument.dots,
    )
    return end


@lru_cache(maxsize=CACHED)
def _names(pattern: HostPattern) -> tuple[Automaton, ...]:
    if pattern.shape == "name":
        return (word_automaton(pattern.text),)
    if pattern.shape not in {"suffix", "any"}:
        return ()
    made = Automaton()
    start = made.jump(0, made.state(), "open")
    label = made.jump(start, made.state())
    made.run(label, ".")
    end = made.jump(label, made.state(), "filled")
    made.literal(end, ".", 0)
    made.accept = made.literal(end, f".{pattern.text}") if pattern.text else end
    return (made,)


@lru_cache(maxsize=CACHED)
def _addresses(text: str, host: Address) -> Automaton:
    block = ipaddress.ip_network(text)
    first, last = block.network_address, block.broadcast_address
    if isinstance(host, ipaddress.IPv6Address):
        nearest = min(max(int(host), int(first)), int(last))
        return word_automaton(str(ipaddress.IPv6Address(nearest)))
    made = Automaton()
    place = 0
    for number, (low, high) in enumerate(zip(first.packed, last.packed, strict=True)):
        place = made.literal(place, ".") if number else place
        after = made.state()
        shown = str(low) if low == high else f"{low}-{high}"
        for octet in range(low, high + 1):
            made.literal(place, str(octet), after, shown)
        place = after
    made.accept = place
    return made
