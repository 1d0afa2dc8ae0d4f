"""Where a search by a glob begins, for every way in which harnesses read globs. Layer: adapters.

Pure. Harnesses search with different libraries (the npm packages `glob` and `minimatch`, ripgrep's
`globset`, `picomatch`), which agree on little. So a pattern is expanded as the language of paths
does, and refused where any of them might read `..` or an absolute path in it that is not written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import PatternError, RequestError
from wilkc.language.globs import expand
from wilkc.language.paths.rules import CODES

if TYPE_CHECKING:
    from wilkc.language.globs import Token, Tokens

AMBIGUOUS: Final = "path_ambiguous"
_WILD: Final = frozenset("*?[!(")
_NEVER: Final = ("~", "\\", "${")
"""Homes; escapes, of which some readers make plain characters; braces that some do not expand."""
_NOT_IN_CLASSES: Final = frozenset("{},()|/")
"""What some readers see before they see the class."""
_GROUP: Final = re.compile(r"[@!+*?]\(|\([^)]*[(.|]")
"""An extended glob, and alternatives or dots in a group, which some readers take for one."""


def beginnings(pattern: str) -> list[str]:
    """The directories that a pattern cannot leave; an empty one is where the search starts.

    Raises:
        RequestError: it may go up or elsewhere, or be read in more than one way.
    """
    if any(text in pattern for text in _NEVER):
        raise _ambiguous("may go to a home, or holds `\\` or `${`")
    # A leading `!` leaves out what it names, or is a character: it begins where the search does.
    mark = "!" if pattern.startswith("!") else ""
    plain = pattern.removeprefix(mark)
    try:
        expansions = expand(plain, CODES, separator="/")
    except PatternError as error:
        raise _ambiguous(f"cannot be read: {error.message}") from error
    return list(dict.fromkeys(_beginning(mark, plain, tokens) for tokens in expansions))


def _beginning(mark: str, plain: str, tokens: Tokens) -> str:
    if any(token.kind == "class" and _is_odd(token, plain) for token in tokens):
        raise _ambiguous("has a class that takes a dot, or holds an operator")
    text = mark + "".join([plain[token.start : token.end] for token in tokens])
    parts = text.split("/")
    if ".." in text:
        raise _ambiguous("may go up")
    if any(part.count("(") != part.count(")") or _GROUP.search(part) for part in parts):
        raise _ambiguous("has a group in parentheses: write the alternatives in braces")
    fixed = next((n for n, part in enumerate(parts) if _WILD & set(part)), len(parts) - 1)
    return "/".join(parts[:fixed]) or ("/" if text.startswith("/") else "")


def _is_odd(token: Token, plain: str) -> bool:
    """Whether a class may stand for a dot, as a single one is read by some, or for no class."""
    inside = plain[token.start + 1 : token.end - 1]
    ranges = () if token.ranges is None else token.ranges.ranges
    takes_dot = any(low <= "." <= high for low, high in ranges)
    return takes_dot or not _NOT_IN_CLASSES.isdisjoint(inside)


def _ambiguous(why: str) -> RequestError:
    return RequestError(AMBIGUOUS, f"the pattern {why}: write it without")
