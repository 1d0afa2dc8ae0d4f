"""The classes of characters that no machine of a question tells apart. Layer: language (pure)."""

from __future__ import annotations

import string
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.language.automata.charsets import Charset
    from wilkc.language.automata.machines import Machine

_LIKED: Final = (
    string.ascii_lowercase + string.digits + "._-/" + string.ascii_uppercase + "~@+=,:%^#"
)
READABLE: Final = _LIKED + "".join(
    chr(number) for number in range(0x20, 0x7F) if chr(number) not in _LIKED
)
"""Printable ASCII, what a reader would like to see in an example first."""
_TRIED: Final = 512
"""Characters of a range that are looked at for one that stands well by itself."""


@dataclass(frozen=True, slots=True)
class Minterm:
    """One class of characters.

    Attributes:
        char: the member that stands for all of them.
        held: bit i is set where the i-th set of the alphabet holds the class.
    """

    char: str
    held: int


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The minterms of several sets of characters, those that read best first."""

    places: dict[Charset, int]
    minterms: tuple[Minterm, ...]

    def enters(self, machine: Machine, minterm: Minterm) -> int:
        """The states of a machine that the characters of a class enter."""
        found = 0
        for held, entered in machine.entered:
            if minterm.held >> self.places[held] & 1:
                found |= entered
        return found


def alphabet(machines: Iterable[Machine]) -> Alphabet:
    """The alphabet of all machines of a question."""
    places: dict[Charset, int] = {}
    changes: dict[int, int] = {}
    for machine in machines:
        for held, _ in machine.entered:
            if held not in places:
                bit = 1 << len(places)
                places[held] = len(places)
                for low, high in held:
                    changes[low] = changes.get(low, 0) ^ bit
                    changes[high + 1] = changes.get(high + 1, 0) ^ bit
    spans: dict[int, list[tuple[int, int]]] = {}
    for low, high, held_by in _spans(changes):
        spans.setdefault(held_by, []).append((low, high))
    found = [Minterm(_best(ranges), held_by) for held_by, ranges in spans.items()]
    return Alphabet(places, tuple(sorted(found, key=_rank)))


def _spans(changes: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    """Ranges that the same sets hold, with those sets; what no set holds is left out."""
    points = sorted(changes)
    held = 0
    for place, low in enumerate(points[:-1]):
        held ^= changes[low]
        if held:
            yield low, points[place + 1] - 1, held


def _rank(minterm: Minterm) -> tuple[int, str]:
    place = READABLE.find(minterm.char)
    return (len(READABLE) if place < 0 else place), minterm.char


def _best(ranges: list[tuple[int, int]]) -> str:
    """The character that reads best; one that never joins its neighbour, where there is one."""
    if ranges[0][0] < len(_ORDER):
        ascii_ones = [
            _ORDER[number]
            for low, high in ranges
            if low < len(_ORDER)
            for number in range(low, min(high + 1, len(_ORDER)))
        ]
        best = min(ascii_ones)
        if best < len(READABLE):
            return READABLE[best]
    for low, high in ranges:
        for number in range(low, min(high + 1, low + _TRIED)):
            if _stands_alone(chr(number)):
                return chr(number)
    return chr(ranges[0][0])


def _stands_alone(char: str) -> bool:
    """Whether a character is a letter that Unicode's form NFC leaves alone wherever it is.

    Letters that compose with what stands before them are combining or Hangul vowels and
    final consonants; UAX #15, section 9, quick check.
    """
    return (
        unicodedata.category(char) in {"Ll", "Lo", "Lu"}
        and unicodedata.combining(char) == 0
        and unicodedata.is_normalized("NFC", f"e{char}")
        and unicodedata.is_normalized("NFC", char)
        and not "\u1161" <= char <= "\u11ff"
    )


_ORDER: Final = tuple(
    place if (place := READABLE.find(chr(number))) >= 0 else len(READABLE) for number in range(128)
)
"""ASCII code point to its place in `READABLE`."""
