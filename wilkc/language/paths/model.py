"""Paths and path patterns as values. Layer: language (pure). LANGUAGE.md section 3."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal as OneOf

from wilkc.language.atoms import Glob

Root = OneOf[".", "~", "/"]


class Globstar(Enum):
    """`**` as a whole segment: zero or more segments."""

    GLOBSTAR = "**"

    # Patterns are looked up by the thousand, and an enumeration's own hash is that of a name.
    __hash__ = object.__hash__


GLOBSTAR = Globstar.GLOBSTAR
Part = Glob | Globstar


@dataclass(frozen=True, slots=True)
class Path:
    """A canonical path: a root tag and non-empty segments.

    Attributes:
        root: `.` workspace, `~` home, `/` anything else.
        segments: each non-empty, without `/`, never `.` or `..`.
    """

    root: Root
    segments: tuple[str, ...]

    def __str__(self) -> str:
        if self.root == "/":
            return "/" + "/".join(self.segments)
        return "/".join((self.root, *self.segments))


@dataclass(frozen=True, slots=True)
class PathPattern:
    """One explicit pattern: rooted, braces expanded, a block's tail `**` written out.

    Attributes:
        root: the root the pattern speaks of.
        parts: globs of one segment each and globstars; two globstars never stand together.
    """

    root: Root
    parts: tuple[Part, ...]
