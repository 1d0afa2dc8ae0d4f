"""Patterns written out in explicit form. Layer: language (pure)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from wilkc.core.errors import PatternError
from wilkc.language.atoms import BLOCK, AnyOne, Atom, CharClass, Effect, Glob, Literal
from wilkc.language.paths.model import GLOBSTAR, PathPattern
from wilkc.language.paths.rules import parse_path_rule

_SPECIAL: Final = {ord(char): f"\\{char}" for char in "*?[]{},\\!()~-"}
CACHED_TEXTS: Final = 16_384
_IN_CLASS: Final = {ord(char): f"\\{char}" for char in "]\\-!^[{},"}


def explicit_text(pattern: PathPattern) -> str:
    """The pattern with its root written out; reading it in an allow list gives it back."""
    texts = ["**" if part is GLOBSTAR else glob_text(part) for part in pattern.parts]
    if pattern.root == "/":
        return "/" + "/".join(texts)
    return "/".join((pattern.root, *texts))


def explicit_rule(text: str, effect: Effect) -> str:
    """An entry with its position written out, in the one text that means the same.

    `src` in an allow list is `./src`; `.env*` in a block list, which floats over every depth
    and every root, is `**/.env*`; a trailing `/` is `/**`. What only several entries could
    say, such as `{a,b/c}` in a block list, stays as it is.

    Raises:
        PatternError: the entry is outside the language.
    """
    wanted = parse_path_rule(text, effect)
    base = f"{text.removesuffix('**/')}**" if text.endswith("/") else text
    placed = [] if effect == BLOCK and f"{base}/".startswith("**/") else [f"**/{base}"]
    for candidate in (f"./{base}", *placed, base):
        try:
            if parse_path_rule(candidate, effect) == wanted:
                return candidate
        except PatternError:
            continue
    return text


def glob_text(glob: Glob) -> str:
    """One segment as text, special characters escaped; `.` and `..` read as literals then."""
    text = "".join(map(_atom_text, glob))
    return f"\\{text}" if text in {".", ".."} else text


def _atom_text(atom: Atom) -> str:
    if isinstance(atom, Literal):
        return _literal_text(atom.text)
    if isinstance(atom, CharClass):
        ranges = "".join(_range_text(low, high) for low, high in atom.ranges)
        return f"[{'!' if atom.negated else ''}{ranges}]"
    return "?" if isinstance(atom, AnyOne) else "*"


@lru_cache(maxsize=CACHED_TEXTS)
def _literal_text(text: str) -> str:
    return text.translate(_SPECIAL)


def _range_text(low: str, high: str) -> str:
    text = low.translate(_IN_CLASS)
    return text if low == high else f"{text}-{high.translate(_IN_CLASS)}"
