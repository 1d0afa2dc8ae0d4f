"""Every machine against the matching that requests meet, text by text.

Questions of many patterns can hide that one machine takes too much or too little; this cannot.
"""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.unit.language.automata.walking import machines_take
from wilkc.core.errors import PatternError
from wilkc.language.automata import (
    CANONICAL_ARGUMENTS,
    CANONICAL_NAME,
    CANONICAL_PATH,
    Language,
    command_language,
    extension_language,
    name_language,
    path_language,
)
from wilkc.language.commands import parse_command_rule
from wilkc.language.names import parse_name_rule
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Callable

PATTERNS, TEXTS = 1_200, 12
GLOBS = [
    "a", "B", "*", "?", "/", "/", "**", "[!a]", "[!S-k]", "[A-Z]", "ſ", "\u212a", "k", "é", "ẞ",
    "İ", "Σ", "ς", "[!ς]", "\\*", "\\~", "~", ".", ".a", "{a,b}", "{,x}", "\u0301", "ﬅ", "🙂", "-",
]  # fmt: skip
CHARS = "aBkKsSſ\u212aéÉßẞİıiIΣςσ*~.-\u0301ﬅﬆ🙂//bx\n"
WORDS = [
    "a", "*", "?", "/", "**", "./", "../", "-", "[!a]", "-r", "--rec", "=", "--", "x*", ".", "..",
    "{a,b}", "İ", "-=", "--a=b", "\\*", "#",
]  # fmt: skip
ARGUMENTS = [
    "", "-", "--", "--=", "--=x", "---", "-r", "-rf", "--r", "--rec", "--recursive=x", "=", ".",
    "..", "./", "./a", "../../a", "a/../b", "a//b", "/a", "/", "-/a", "--i\u0307x", "-İ", "--x",
    "./.", "...", "-a-", "--a", "a/b/c", "x" * 200,
]  # fmt: skip
Made = tuple[Language, list[Language], "Callable[[], str]"]


def _globs(rng: random.Random) -> str:
    return "".join(rng.choices(GLOBS, k=rng.randint(1, 4)))


def _chars(rng: random.Random) -> str:
    return "".join(rng.choices(CHARS, k=rng.randint(0, 5)))


def _like(rng: random.Random, source: str) -> str:
    """A text that a pattern might take: something else where an operator stands."""
    return "".join(rng.choice(CHARS) if char in "*?[]!{},\\" else char for char in source)


def _path_text(rng: random.Random) -> str:
    return rng.choice(["./", "~/", "/", ".", "~"]) + _chars(rng)


def _paths(rng: random.Random) -> Made:
    root, rest = rng.choice(["./", "~/", "/", "", "**/"]), _globs(rng)
    fold = rng.random() < 0.5
    patterns = parse_path_rule(root + rest, rng.choice(["allow", "block"]))
    languages = [path_language(one, fold=fold) for one in patterns]

    def text() -> str:
        return rng.choice([_path_text(rng), (root or "./") + _like(rng, rest)])

    return CANONICAL_PATH, languages, text


def _names(rng: random.Random) -> Made:
    fold = rng.random() < 0.5
    source = _globs(rng)
    languages = [name_language(one, fold=fold) for one in parse_name_rule(source)]
    return CANONICAL_NAME, languages, lambda: rng.choice([_chars(rng), _like(rng, source)])


def _extensions(rng: random.Random) -> Made:
    texts = [_chars(rng).replace("/", "").replace(".", "") for _ in range(rng.randint(1, 3))]
    held = [text.lower() if text.isascii() else text for text in texts]

    def text() -> str:
        chosen = rng.choice(held)
        spelt = rng.choice([chosen, chosen.upper(), chosen.lower()])
        return f"{_path_text(rng)}.{spelt}"

    return CANONICAL_PATH, [extension_language(frozenset(held))], text


def _commands(rng: random.Random) -> Made:
    program = rng.choice(["rm", "rm", "/b/rm", "r"])
    words = ["".join(rng.choices(WORDS, k=rng.randint(1, 3))) for _ in range(rng.randint(0, 2))]
    line = " ".join([program, *words]) + rng.choice(["", " *"])
    patterns = parse_command_rule(line, rng.choice(["allow", "block"]))

    def text() -> str:
        head = rng.choice(["rm", "/b/rm", "r", "/rm", "x/", "arm", ""])
        given = rng.choices([*ARGUMENTS, *WORDS], k=rng.randint(0, 3))
        return "".join(f"{word}\0" for word in (head, *given))

    return CANONICAL_ARGUMENTS, [command_language(one) for one in patterns], text


@pytest.mark.parametrize("kind", [_paths, _names, _extensions, _commands])
def test_machines_take_what_the_matching_takes(
    seed: int, effort: int, kind: Callable[[random.Random], Made]
) -> None:
    rng = random.Random(f"{seed}/{kind.__name__}")
    taken = left = 0
    for _ in range(PATTERNS * effort):
        with suppress(PatternError):
            universe, languages, made = kind(rng)
            for text in (made() for _ in range(TEXTS)):
                if not universe.takes(text):
                    assert not any(one.takes(text) for one in languages), repr(text)
                    continue
                assert machines_take(universe, text), repr(text)
                for one in languages:
                    assert machines_take(one, text) == one.takes(text), (one.keys, text)
                    if one.takes(text):
                        assert text.startswith(one.head), (one.keys, text)
                        assert text.endswith(one.tail), (one.keys, text)
                        assert one.needle in text, (one.keys, text)
                    taken += one.takes(text)
                    left += not one.takes(text)
    assert taken > PATTERNS * effort // 8
    assert left > PATTERNS * effort // 4
