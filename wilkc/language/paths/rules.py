"""Path rules: the text of a list entry to explicit patterns. Layer: language (pure).

LANGUAGE.md section 3. Braces are expanded first, then each expansion gets its root from how
it begins and from the kind of list it stands in.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import Final, NoReturn

from wilkc.core.errors import PatternError
from wilkc.language.atoms import BLOCK, Effect
from wilkc.language.globs import Codes, Token, Tokens, expand, to_glob
from wilkc.language.paths.model import GLOBSTAR, Part, PathPattern, Root

ROOTS: Final[tuple[Root, ...]] = (".", "~", "/")
"""The roots that a floating pattern speaks of, in the order of its expansions."""
GLOBSTAR_STARS: Final = 2
LONGEST_DOTS: Final = 2
"""`..` is the longest segment that stands for another place."""
CACHED_RULES: Final = 65_536
CODES: Final = Codes(
    empty="W030",
    globstar="W031",
    extglob="W032",
    negation="W033",
    brace="W034",
    posix="W035",
    char_class="W036",
    class_separator="W037",
    unreadable="W040",
    escape="W041",
    limit="W043",
)
DOT_SEGMENT: Final = "W038"
EMPTY_SEGMENT: Final = "W039"
LEADING_HYPHEN: Final = "W042"
MISPLACED_HOME: Final = "W044"


@lru_cache(maxsize=CACHED_RULES)
def parse_path_rule(text: str, effect: Effect) -> tuple[PathPattern, ...]:
    """The explicit patterns of one entry of a list of paths.

    Args:
        text: the entry as written.
        effect: `allow` anchors a pattern without a root at the workspace; `block` lets it
            float over every root and depth and also takes everything below a match.

    Returns:
        Patterns in the order of the expansions, without repetitions; never empty.

    Raises:
        PatternError: the entry is outside the language; names the place and what to write.
    """
    found = [_patterns(tokens, effect, len(text)) for tokens in expand(text, CODES, separator="/")]
    if len(found) == 1:
        return tuple(found[0])
    return tuple(dict.fromkeys(chain.from_iterable(found)))


def _patterns(tokens: Tokens, effect: Effect, length: int) -> list[PathPattern]:
    if not tokens:
        raise PatternError(
            CODES.empty, "an alternative is empty", "leave it out", start=0, end=length
        )
    _check_start(tokens[0])
    segments = _segments(tokens)
    root, rest = _root(segments)
    below = len(rest) > 0 and not rest[-1]
    parts = [_part(segment) for segment in (rest[:-1] if below else rest)]
    if below or effect == BLOCK:
        parts.append(GLOBSTAR)
    if root is not None:
        return [_pattern(root, parts)]
    slashes = len(rest) - below > 1
    floats = effect == BLOCK and (not slashes or parts[0] is GLOBSTAR)
    if not floats:
        return [_pattern(".", parts)]
    floating = _merged([GLOBSTAR, *parts])
    return [PathPattern(each, floating) for each in ROOTS]


def _check_start(first: Token) -> None:
    if first.is_plain("-"):
        raise PatternError(
            LEADING_HYPHEN,
            "a leading `-` looks like an option",
            "write `./-` for a name that begins with it",
            start=first.start,
            end=first.end,
        )


def _segments(tokens: Tokens) -> list[Tokens]:
    """The tokens between separators; empty first for `/…`, empty last for `…/`."""
    segments: list[Tokens] = []
    segment: list[Token] = []
    before: Token | None = None
    for token in tokens:
        if token.kind != "separator":
            segment.append(token)
        elif before and before.kind == "separator":
            raise PatternError(
                EMPTY_SEGMENT,
                "`//` holds an empty segment",
                "write a single slash",
                start=before.start,
                end=token.end,
            )
        else:
            segments.append(tuple(segment))
            segment = []
        before = token
    return [*segments, tuple(segment)]


def _root(segments: list[Tokens]) -> tuple[Root | None, list[Tokens]]:
    """The root that the first segment names, and the segments after it."""
    first = segments[0]
    if not first:
        rest = segments[1:]
        return "/", [] if rest == [()] else rest
    if first[0].is_plain("~"):
        if len(first) > 1:
            _refuse_home(
                first,
                "`~` with a name after it does not mean a home directory here",
                "write `~/` for the home directory, or `\\~` for a name that begins with a tilde",
            )
        return "~", segments[1:]
    if len(first) == 1 and first[0].is_plain("."):
        return ".", segments[1:]
    return None, segments


def _part(segment: Tokens) -> Part:
    """One segment; an escaped `.` or `..` is a literal, which no path holds."""
    if len(segment) <= LONGEST_DOTS and _is_dots(segment):
        text = "." * len(segment)
        raise PatternError(
            DOT_SEGMENT,
            f"a path never holds the segment `{text}`",
            "write the path that is meant",
            start=segment[0].start,
            end=segment[-1].end,
        )
    if len(segment) == 1 and segment[0].is_plain("~"):
        _refuse_home(
            segment,
            "`~` means the home directory only as the first segment",
            "write `\\~` for a name that is a tilde",
        )
    if len(segment) == GLOBSTAR_STARS and all(token.kind == "star" for token in segment):
        return GLOBSTAR
    return to_glob(segment, CODES)


def _is_dots(segment: Tokens) -> bool:
    return len(segment) > 0 and all(token.is_plain(".") for token in segment)


def _refuse_home(segment: Tokens, message: str, advice: str) -> NoReturn:
    raise PatternError(MISPLACED_HOME, message, advice, start=segment[0].start, end=segment[-1].end)


def _pattern(root: Root, parts: list[Part]) -> PathPattern:
    return PathPattern(root, _merged(parts))


def _merged(parts: list[Part]) -> tuple[Part, ...]:
    """The same in which no two globstars stand together."""
    merged: list[Part] = []
    for part in parts:
        if not (part is GLOBSTAR and merged and merged[-1] is GLOBSTAR):
            merged.append(part)
    return tuple(merged)
