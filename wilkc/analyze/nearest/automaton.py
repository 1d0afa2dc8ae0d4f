"""Small automata over code points, made from the atoms of patterns. Layer: analyze (pure).

A walk carries the shape of the segment that it is in, so that what no canonical text holds
(an empty segment, `.` and `..`) is not taken for a member of a pattern either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from typing import Literal as OneOf

from wilkc.language.atoms import AnyOne, Literal, Star

if TYPE_CHECKING:
    from wilkc.language.atoms import Atom, CharClass, Glob

Shape = int
EMPTY: Final[Shape] = 0
DOT: Final[Shape] = 1
DOTS: Final[Shape] = 2
WORD: Final[Shape] = 3
START: Final[Shape] = 4
"""Before the first code point of a text that must not begin with a hyphen."""
Guard = OneOf["free", "open", "begin", "word", "filled"]
"""Where a jump may be made: `open` and `begin` start a new segment, the latter without a hyphen;
`word` wants a segment that may be in a path, `filled` one that is not empty."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step that takes one code point.

    Attributes:
        target: the state after it.
        takes: what it takes; a literal is a single code point.
        barred: code points that it never takes.
        wild: whether it stands for a wildcard.
        group: number of the written element that it belongs to.
    """

    target: int
    takes: Literal | AnyOne | CharClass
    barred: str
    wild: bool
    group: int


@dataclass(frozen=True, slots=True)
class Jump:
    """A step that takes nothing."""

    target: int
    guard: Guard


@dataclass(slots=True)
class Automaton:
    """States are numbers; 0 is the first, `accept` the only one that accepts.

    Attributes:
        edges: by state.
        jumps: by state.
        groups: what each written element looks like.
        accept: the state in which a text is a member.
    """

    edges: list[list[Edge]] = field(default_factory=lambda: [[]])
    jumps: list[list[Jump]] = field(default_factory=lambda: [[]])
    groups: list[str] = field(default_factory=list)
    accept: int = 0

    def state(self) -> int:
        """A new state."""
        self.edges.append([])
        self.jumps.append([])
        return len(self.edges) - 1

    def jump(self, start: int, target: int, guard: Guard = "free") -> int:
        """Add a jump; returns its target."""
        self.jumps[start].append(Jump(target, guard))
        return target

    def literal(self, start: int, text: str, target: int | None = None, shown: str = "") -> int:
        """Add a chain that takes a text; returns the state after it."""
        self.groups.append(shown or text)
        group = len(self.groups) - 1
        for place, char in enumerate(text):
            last = place == len(text) - 1
            after = target if last and target is not None else self.state()
            self.edges[start].append(Edge(after, Literal(char), "", wild=False, group=group))
            start = after
        return start

    def run(self, start: int, barred: str, shown: str = "*") -> None:
        """Let a state take any code points and stay."""
        self.groups.append(shown)
        group = len(self.groups) - 1
        self.edges[start].append(Edge(start, AnyOne(), barred, wild=True, group=group))

    def glob(self, start: int, glob: Glob, barred: str) -> int:
        """Add the atoms of a glob; returns the state after them."""
        for atom in glob:
            if isinstance(atom, Literal):
                start = self.literal(start, atom.text)
            elif isinstance(atom, Star):
                start = self.jump(start, self.state())
                self.run(start, barred)
            else:
                start = self._single(start, atom, barred)
        return start

    def _single(self, start: int, atom: AnyOne | CharClass, barred: str) -> int:
        self.groups.append(atom_text(atom))
        after = self.state()
        self.edges[start].append(Edge(after, atom, barred, wild=True, group=len(self.groups) - 1))
        return after


def atom_text(atom: Atom) -> str:
    """An atom as a person would write it."""
    if isinstance(atom, Literal):
        return atom.text
    if isinstance(atom, Star | AnyOne):
        return "*" if isinstance(atom, Star) else "?"
    ranges = "".join(low if low == high else f"{low}-{high}" for low, high in atom.ranges)
    return f"[{'!' if atom.negated else ''}{ranges}]"


def shape_after(shape: Shape, char: str) -> Shape | None:
    """The shape of a segment with one more code point; None where it may not stand there."""
    if shape == START and char == "-":
        return None
    if char != ".":
        return WORD
    return {EMPTY: DOT, START: DOT, DOT: DOTS}.get(shape, WORD)


def passes(guard: Guard, shape: Shape) -> Shape | None:
    """The shape after a jump; None where the jump may not be made."""
    if guard == "open":
        return EMPTY
    if guard == "begin":
        return START
    if guard == "word" and shape != WORD:
        return None
    if guard == "filled" and shape in {EMPTY, START}:
        return None
    return shape
