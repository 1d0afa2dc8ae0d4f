"""Languages to ask about, and what is answered. Layer: language (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from wilkc.language.automata.machines import Machine


@dataclass(frozen=True, eq=False)
class Language:
    """A set of texts, as automata and as the test that gives it its meaning.

    Attributes:
        make: makes the machines, at least one; a text is a member if each of them takes it.
            Machines may take texts that are not canonical.
        takes: whether a text is a member and canonical, by the matching that requests meet.
        keys: what the language is made of. The same keys stand for the same members, and a
            language with some of them has all members of one with more.
        head: every member begins with it.
        tail: every member ends with it.
        needle: every member holds it.
        mark: languages with different marks share no member; empty is like every other.
    """

    make: Callable[[], tuple[Machine, ...]]
    takes: Callable[[str], bool]
    keys: frozenset[Hashable]
    head: str = ""
    tail: str = ""
    needle: str = ""
    mark: str = ""

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """The machines, made when they are first asked for."""
        return self.make()

    def __and__(self, other: Language) -> Language:
        """The texts that are members of both."""
        return Language(
            lambda: (*self.machines, *other.machines),
            lambda text: self.takes(text) and other.takes(text),
            self.keys | other.keys,
            max(self.head, other.head, key=len),
            max(self.tail, other.tail, key=len),
            max(self.needle, other.needle, key=len),
            self.mark or other.mark,
        )

    def holds(self, text: str) -> bool:
        """The same as `takes`, told at once of most texts that are no members."""
        return (
            self.needle in text
            and text.startswith(self.head)
            and text.endswith(self.tail)
            and self.takes(text)
        )

    def may_meet(self, other: Language) -> bool:
        """Whether a text could be a member of both; a cheap look that never denies wrongly."""
        return (
            (self.mark == other.mark or not self.mark or not other.mark)
            and (self.head.startswith(other.head) or other.head.startswith(self.head))
            and (self.tail.endswith(other.tail) or other.tail.endswith(self.tail))
        )


@dataclass(frozen=True, slots=True)
class Included:
    """No text is a member of the positive side alone."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A shortest text that is a member of the positive side and of no negative one."""

    text: str


@dataclass(frozen=True, slots=True)
class Inconclusive:
    """Neither of the two was found; `why` says in a few words what stood in the way."""

    why: str


Verdict = Included | Witness | Inconclusive
