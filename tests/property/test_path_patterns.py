"""Generated path patterns against a second, naive definition of the language.

A pattern is generated as a tree, written out as text, and judged twice: by reading and
matching the text, and by `_Meaning`, which follows the language's page word by word over the
tree and knows nothing of tokens, atoms or automata.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from wilkc.core.errors import PatternError, RequestError
from wilkc.emit.regex import path_regex
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.paths import (
    PathBuckets,
    explicit_text,
    parse_path,
    parse_path_rule,
    path_matches,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.language.paths import PathPattern

PATTERNS: Final = 1_500
PATHS: Final = 12
LETTERS: Final = ["a", "a", "b", "A", "s", "\u017f", "\u00df", "\u1e9e", "i", "\u0130", "\u0131"]
SIGNS: Final = [".", "-", "~", "!", "(", "+", "@", ",", "*", "]", "{", "\\", '"', "'", "\u2028"]
ALIKE: Final = ["aA", "bB", "sS\u017f", "\u00df\u1e9e", "iI"]
"""Which of these characters fold alike, written out by hand."""
CLASSES: Final = ["a", "ab", "A", "\u017f", "\u00df.", "i-"]


@dataclass(frozen=True)
class Piece:
    """One operator: `lit`, `star`, `any`, `class`, `sep`, `deep` (`**`) or `alt`."""

    kind: str
    text: str = ""
    escaped: bool = False
    negated: bool = False
    branches: tuple[tuple[Piece, ...], ...] = ()


Pieces = tuple[Piece, ...]


class _Maker:
    """Everything random comes from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pattern(self, depth: int = 0) -> Pieces:
        pieces: list[Piece] = []
        if not depth:
            pieces += self.random.choice([[], [], [], *self._starts()])
        for _ in range(self.random.randint(0 if depth else 1, 5 - depth)):
            pieces += self._step(depth)
        return tuple(pieces)

    def _starts(self) -> list[list[Piece]]:
        slash = Piece("sep")
        return [[Piece("lit", root), slash] for root in ".~"] + [[slash], [Piece("deep"), slash]]

    def _step(self, depth: int) -> list[Piece]:
        kind = self.random.choices(
            ["lit", "sign", "sep", "star", "any", "class", "deep", "alt"], [8, 1, 4, 3, 1, 2, 2, 1]
        )[0]
        if kind == "lit":
            return [Piece("lit", self.random.choice(LETTERS))]
        if kind == "sign":
            sign = self.random.choice(SIGNS)
            return [Piece("lit", sign, escaped=sign in "*]{\\," or self.random.random() < 0.5)]
        if kind == "class":
            negated = self.random.random() < 0.5
            return [Piece("class", self.random.choice(CLASSES), negated=negated)]
        if kind == "deep":
            return [Piece("sep"), Piece("deep"), *([Piece("sep")] * self.random.randint(0, 1))]
        if kind == "alt":
            if depth > 1:
                return []
            count = self.random.randint(2, 3)
            return [Piece("alt", branches=tuple(self.pattern(depth + 1) for _ in range(count)))]
        return [Piece(kind)]

    def path(self, pieces: Pieces) -> str:
        """A path text, as often as not one that a pattern nearly takes."""
        if self.random.random() < 0.4:
            root = self.random.choice(["./", "~/", "/", ""])
            count = self.random.randint(0, 3)
            return root + "/".join(self._segment() for _ in range(count)) or "."
        text = "".join(self._near(piece) for piece in pieces)
        tail = self.random.choice(["", "", "", "/" + self._segment()])
        root = self.random.choice(["", "", "", "./", "~/", "/", "./a/"])
        return root + re.sub("/+", "/", text).removesuffix("/") + tail

    def _segment(self) -> str:
        pool = [*LETTERS, *SIGNS]
        return "".join(self.random.choice(pool) for _ in range(self.random.randint(1, 3)))

    def _near(self, piece: Piece) -> str:
        if piece.kind == "lit":
            other = next((group for group in ALIKE if piece.text in group), piece.text)
            return self.random.choice([piece.text, piece.text, self.random.choice(other)])
        if piece.kind == "alt":
            return "".join(map(self._near, self.random.choice(piece.branches)))
        if piece.kind == "star":
            return self.random.choice(["", self._segment()])
        if piece.kind == "deep":
            return self.random.choice(["", "a", "a/b"])
        return "/" if piece.kind == "sep" else self.random.choice([*LETTERS, *piece.text])


def _written(pieces: Pieces) -> str:
    texts = {"star": "*", "any": "?", "sep": "/", "deep": "**"}
    out = []
    for piece in pieces:
        if piece.kind == "lit":
            out.append("\\" + piece.text if piece.escaped else piece.text)
        elif piece.kind == "class":
            out.append(f"[{'!' if piece.negated else ''}{piece.text}]")
        elif piece.kind == "alt":
            out.append("{" + ",".join(map(_written, piece.branches)) + "}")
        else:
            out.append(texts[piece.kind])
    return "".join(out)


class _Refused(Exception):  # noqa: N818  # not an error of the test: one of two right answers
    """The language has no meaning for the pattern."""


class _Meaning:
    """What one pattern takes, by the words of the language's page."""

    def __init__(self, pieces: Pieces, effect: str) -> None:
        self._effect = effect
        self._patterns = [
            one for expansion in self._expansions(pieces) for one in self._rooted(expansion)
        ]

    def takes(self, path: str, *, fold: bool) -> bool:
        root, *segments = path.split("/")
        if path == "/":
            segments = []
        return any(
            (root or "/") == wanted and self._deep(list(parts), segments, fold=fold)
            for wanted, parts in self._patterns
        )

    def _expansions(self, pieces: Pieces) -> list[list[Piece]]:
        if not pieces:
            return [[]]
        rest = self._expansions(pieces[1:])
        if pieces[0].kind != "alt":
            return [[pieces[0], *after] for after in rest]
        heads = [one for branch in pieces[0].branches for one in self._expansions(branch)]
        return [[*head, *after] for head in heads for after in rest]

    def _rooted(self, pieces: list[Piece]) -> list[tuple[str, list[str | list[Piece]]]]:
        text = _written(tuple(pieces))
        plain = re.sub(r"\\.", "x", text)
        classless = re.sub(r"\[[^]]*\]", "x", plain)
        if not text or re.match(r"[-!]|~[^/]", classless) or "//" in classless:
            raise _Refused
        if re.search(r"[@!+*?]\(", classless):
            raise _Refused
        root, floats = self._root(classless)
        segments = self._segments(pieces)
        if root:
            segments = segments[1:]
        if root and classless == "/":
            segments = []
        below = bool(segments) and not segments[-1]
        parts = [self._part(segment) for segment in (segments[:-1] if below else segments)]
        if below or self._effect == BLOCK:
            parts.append("**")
        roots = [root or "."] if not floats else [".", "~", "/"]
        return [(one, ["**", *parts] if floats else parts) for one in roots]

    def _root(self, text: str) -> tuple[str, bool]:
        if text.startswith("/"):
            return "/", False
        for root in "~.":
            if text == root or text.startswith(root + "/"):
                return root, False
        loose = "/" not in text.removesuffix("/") or text.startswith("**/")
        return "", loose and self._effect == BLOCK

    def _segments(self, pieces: list[Piece]) -> list[list[Piece]]:
        segments: list[list[Piece]] = [[]]
        for piece in pieces:
            if piece.kind == "sep":
                segments.append([])
            else:
                segments[-1].append(piece)
        return segments

    def _part(self, segment: list[Piece]) -> str | list[Piece]:
        text = _written(tuple(segment))
        if text in {".", "..", "~"}:
            raise _Refused
        if text == "**":
            return text
        if "**" in re.sub(r"\\.|\[[^]]*\]", "x", text):
            raise _Refused
        return segment

    def _deep(self, parts: list[str | list[Piece]], segments: list[str], *, fold: bool) -> bool:
        if not parts:
            return not segments
        first, rest = parts[0], parts[1:]
        if first == "**":
            return self._deep(rest, segments, fold=fold) or (
                bool(segments) and self._deep(parts, segments[1:], fold=fold)
            )
        return (
            bool(segments)
            and isinstance(first, list)
            and self._one(first, segments[0], fold=fold)
            and self._deep(rest, segments[1:], fold=fold)
        )

    def _one(self, pieces: list[Piece], text: str, *, fold: bool) -> bool:
        if not pieces:
            return not text
        first, rest = pieces[0], pieces[1:]
        if first.kind == "star":
            return self._one(rest, text, fold=fold) or (
                bool(text) and self._one(pieces, text[1:], fold=fold)
            )
        return bool(text) and self._char(first, text[0], fold=fold) and self._one(
            rest, text[1:], fold=fold
        )  # fmt: skip

    def _char(self, piece: Piece, char: str, *, fold: bool) -> bool:
        if piece.kind == "any":
            return True
        alike = next((group for group in ALIKE if fold and char in group), char)
        held = any(one in alike for one in piece.text)
        return held != piece.negated


def _python(source: str) -> re.Pattern[str]:
    """Go's spelling of a code point as Python's."""
    return re.compile(re.sub(r"\\x\{([0-9a-f]+)\}", lambda hit: f"\\U{hit[1]:0>8}", source))


@pytest.fixture
def maker(seed: int) -> _Maker:
    return _Maker(seed)


@pytest.mark.parametrize("effect", [ALLOW, BLOCK])
def test_reading_and_matching_mean_what_the_page_says(
    maker: _Maker, effort: int, compared: Callable[[int], None], effect: str
) -> None:
    seen = {"refused": 0, "taken": 0, "left": 0, "folded": 0}
    for _ in range(PATTERNS * effort):
        pieces = maker.pattern()
        text = _written(pieces)
        try:
            meaning = _Meaning(pieces, effect)
        except _Refused:
            with pytest.raises(PatternError):
                parse_path_rule(text, effect)
            seen["refused"] += 1
            continue
        patterns = parse_path_rule(text, effect)
        exact = [_python(path_regex(one)) for one in patterns]
        loose = [_python(path_regex(one, fold=True)) for one in patterns]
        for one in patterns:
            assert parse_path_rule(explicit_text(one), effect) == (one,), text
        for _ in range(PATHS):
            try:
                path = parse_path(maker.path(pieces))
            except RequestError:
                continue
            place = f"{text!r} on {str(path)!r}"
            for fold, sources in ((False, exact), (True, loose)):
                wanted = meaning.takes(str(path), fold=fold)
                assert any(path_matches(one, path, fold=fold) for one in patterns) == wanted, place
                assert any(one.fullmatch(str(path)) for one in sources) == wanted, place
            taken = any(path_matches(one, path) for one in patterns)
            seen["folded"] += wanted and not taken
            seen["taken" if taken else "left"] += 1
    # Each path is asked with and without regard to case, of the matcher and of the expressions.
    compared(4 * (seen["taken"] + seen["left"]))
    assert min(seen.values()) > 50, seen


def test_no_pattern_that_takes_a_path_is_missed_in_buckets(
    maker: _Maker, effort: int, compared: Callable[[int], None]
) -> None:
    asked = taken = left = 0
    for _ in range(PATTERNS // 25 * effort):
        pieces = [maker.pattern() for _ in range(25)]
        patterns = [one for each in pieces for one in _accepted(_written(each), maker.random)]
        for fold in (False, True):
            buckets = PathBuckets(patterns, fold=fold)
            for each in pieces:
                try:
                    path = parse_path(maker.path(each))
                except RequestError:
                    continue
                near = set(buckets.near(path))
                for place, one in enumerate(patterns):
                    takes = path_matches(one, path, fold=fold)
                    assert place in near or not takes, f"{explicit_text(one)!r} on {str(path)!r}"
                    asked, taken, left = asked + 1, taken + takes, left + (place not in near)
    compared(asked)
    assert min(taken, left) > 1_000


def _accepted(text: str, rng: random.Random) -> tuple[PathPattern, ...]:
    try:
        return parse_path_rule(text, rng.choice([ALLOW, BLOCK]))
    except PatternError:
        return ()
