"""Path patterns as Python regular expressions, for the walk. Layer: runtime. No I/O.

The walk asks about every entry of a tree, so all patterns become one alternation. The
meaning is the language's; the language's own matcher stays the reference in tests.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wilkc.language.atoms import BLOCK, AnyOne, Atom, CharClass, Effect, Literal
from wilkc.language.paths import GLOBSTAR, PathPattern, parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTHING = re.compile(r"(?!)")
"""Matches no text at all."""


def matcher(patterns: Iterable[str], effect: Effect, *, fold: bool) -> re.Pattern[str]:
    """One expression that fully matches the canonical paths that any pattern matches.

    Args:
        patterns: explicit pattern texts of the plan.
        effect: the kind of list they come from; a block also matches everything below.
        fold: whether case is ignored.
    """
    parsed = [one for text in patterns for one in parse_path_rule(text, effect)]
    if not parsed:
        return NOTHING
    flags = re.DOTALL | (re.IGNORECASE if fold else re.NOFLAG)
    return re.compile("|".join(f"(?:{_expression(one)})" for one in parsed), flags)


def literal_path(pattern: str) -> str | None:
    """The path of a block pattern without wildcards but its tail `**`; None for others."""
    parsed = parse_path_rule(pattern, BLOCK)
    if len(parsed) != 1:
        return None
    parts = [part for part in parsed[0].parts if part is not GLOBSTAR]
    texts = [part[0].text for part in parts if len(part) == 1 and isinstance(part[0], Literal)]
    tail_only = parsed[0].parts[: len(parts)] == tuple(parts)
    if len(texts) != len(parts) or not texts or not tail_only:
        return None
    root = "" if parsed[0].root == "/" else parsed[0].root
    return "/".join((root, *texts))


def fixed_part(pattern: str) -> list[tuple[str, bool]]:
    """Where the paths of a block pattern lie: its literal base, and whether it is all of it.

    Of a pattern that floats there is one for each root. The tail `**` of a block counts for
    nothing, as a block holds for everything below.
    """
    found = []
    for parsed in parse_path_rule(pattern, BLOCK):
        texts: list[str] = []
        for part in parsed.parts:
            if part is GLOBSTAR or len(part) != 1 or not isinstance(part[0], Literal):
                break
            texts.append(part[0].text)
        rest = parsed.parts[len(texts) :]
        root = "" if parsed.root == "/" else parsed.root
        whole = bool(texts) and all(part is GLOBSTAR for part in rest)
        found.append(("/".join((root, *texts)), whole))
    return found


def _expression(pattern: PathPattern) -> str:
    root = "" if pattern.root == "/" else re.escape(pattern.root)
    body = "".join(
        "(?:/[^/]+)*" if part is GLOBSTAR else "/(?=[^/])" + "".join(map(_atom, part))
        for part in pattern.parts
    )
    # The root `/` is written with its slash when nothing follows it.
    return root + body if root else f"(?:{body}|/)" if _may_be_root(pattern) else body


def _may_be_root(pattern: PathPattern) -> bool:
    return all(part is GLOBSTAR for part in pattern.parts)


def _atom(atom: Atom) -> str:
    if isinstance(atom, Literal):
        return re.escape(atom.text)
    if isinstance(atom, AnyOne):
        return "[^/]"
    if isinstance(atom, CharClass):
        ranges = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in atom.ranges)
        return f"[^/{ranges}]" if atom.negated else f"(?!/)[{ranges}]"
    return "[^/]*"
