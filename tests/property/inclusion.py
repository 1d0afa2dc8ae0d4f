"""Pools of patterns over tiny alphabets, with everything that they take up to a length."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from wilkc.core.errors import PatternError
from wilkc.language.automata import (
    CANONICAL_ARGUMENTS,
    CANONICAL_NAME,
    CANONICAL_PATH,
    Language,
    command_language,
    name_language,
    path_language,
)
from wilkc.language.commands import parse_command_rule
from wilkc.language.names import parse_name_rule
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

PIECES = {
    "friendly": ["a", "b", "*", "?", "[ab]", "[!a]", "a*", "*b", ".a", ".*", "*.a", "a?"],
    "hostile": ["é", "\\*", "[!é]", "?\\?", "\u0301", "*\u0301", "ſ", "\u212a*", "[S-k]", "🙂"],
}
LETTERS = {"friendly": "ab.z", "hostile": "aé*\u0301sk"}
ARGUMENTS = [
    "",
    "a",
    "-r",
    "-f",
    "-rf",
    "-fr",
    "--",
    "--rec",
    "./a",
    "../a",
    "a/b",
    ".",
    "-",
    "-xr",
    "--=",
    "..",
]
WORDS = [
    "a",
    "*",
    "?",
    "a*",
    "-r",
    "-f",
    "-rf",
    "--recursive",
    "./*",
    "**/a",
    "a/**",
    "[!a]*",
    "-*",
    "./**",
    "-=",
]


@dataclass(frozen=True)
class Pool:
    """Languages, and the texts of a universe that each takes, as bits of one integer.

    Attributes:
        universe: what every text of a question must be.
        texts: sorted by length.
        languages: each with its texts: bit i is set where the i-th text is taken.
    """

    universe: Language
    texts: tuple[str, ...]
    languages: tuple[tuple[Language, int], ...]


def paths(rng: random.Random, mode: str) -> Pool:
    """Paths below the workspace, in allow and block position, with and without case."""
    texts = _texts(f"{LETTERS[mode]}/", 4, lambda tail: f".{tail}")
    patterns: dict[Language, None] = {}
    while len(patterns) < 120:
        parts = rng.choices([*PIECES[mode], *PIECES["friendly"], "**"], k=rng.randint(1, 3))
        text = rng.choice(["./", "", "./", "~/"]) + "/".join(parts)
        effect, fold = rng.choice(["allow", "block"]), rng.random() < 0.2
        # What is not in form NFC is refused, and another one made.
        with suppress(PatternError):
            held = parse_path_rule(text, effect)
            patterns |= _each(path_language(one, fold=fold) for one in held)
    return _pool(CANONICAL_PATH, texts, patterns)


def names(rng: random.Random, mode: str) -> Pool:
    """Names, with and without case."""
    texts = _texts(f"{LETTERS[mode]}/", 4, str)
    patterns: dict[Language, None] = {}
    while len(patterns) < 120:
        text = "".join(rng.choices([*PIECES[mode], *PIECES["friendly"], "/"], k=rng.randint(1, 3)))
        fold = rng.random() < 0.4
        with suppress(PatternError):
            patterns |= _each(name_language(one, fold=fold) for one in parse_name_rule(text))
    return _pool(CANONICAL_NAME, texts, patterns)


def commands(rng: random.Random, mode: str) -> Pool:
    """Argument lists of one program under two names, in allow and block position."""
    lists = [held for count in range(4) for held in product(ARGUMENTS, repeat=count)]
    lists = rng.sample(lists, 1_500)
    texts = {"".join(f"{word}\0" for word in (program, *held))
             for program in ("rm", "/b/rm") for held in lists}  # fmt: skip
    odd = ["'é'", '"*"', "'a b'"] if mode == "hostile" else ["b"]
    patterns: dict[Language, None] = {}
    while len(patterns) < 80:
        words = rng.choices([*WORDS, *odd], k=rng.randint(0, 2))
        effect = rng.choice(["allow", "block"])
        if effect == "block":
            # There a wildcard in an option is refused.
            words = [word for word in words if word != "-*"]
        text = " ".join(("rm", *words))
        patterns |= _each(command_language(one) for one in parse_command_rule(text, effect))
    return _pool(CANONICAL_ARGUMENTS, texts, patterns)


def _each(languages: Iterable[Language]) -> dict[Language, None]:
    """Each once, in an order that is the same in every run, which a set of objects has not."""
    return dict.fromkeys(languages)


@cache
def _texts(letters: str, longest: int, made: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(
        made("".join(chars))
        for length in range(longest + 1)
        for chars in product(letters, repeat=length)
    )


def _pool(universe: Language, texts: Iterable[str], languages: Iterable[Language]) -> Pool:
    held = tuple(sorted((one for one in texts if universe.takes(one)), key=len))
    members = (
        (one, sum(1 << place for place, text in enumerate(held) if one.takes(text)))
        for one in languages
    )
    return Pool(universe, held, tuple(members))
