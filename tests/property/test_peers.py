"""The automata against other people's: automata-lib, z3 and cvc5."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import z3
from cvc5 import pythonic as cvc5

from benchmarks.peers import automata_lib_finds, solver_finds
from wilkc.language.automata import (
    CANONICAL_PATH,
    Included,
    Witness,
    difference,
    path_language,
)
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    from wilkc.language.automata import Verdict
    from wilkc.language.paths import PathPattern

SMALL, LARGE = 300, 75
SHORT = ["a", "b", "*", "?", "**", "[ab]", "a*", "[!a]"]
LONG = [
    "src", "packages", "**", "*.ts", "*.test.*", "**", "?[a-f]*", "*", "[!_]*.md", "v[0-9]*",
    ".git", "node_modules", "*config*", "README.md",
]  # fmt: skip
STEPS = {z3: 1_000_000, cvc5: 20_000}
"""A quarter of a second or less, unloaded. cvc5 finds texts; where there is none it seldom ends."""


def _one(rng: random.Random, pieces: list[str], effect: str, longest: int) -> PathPattern:
    text = "./" + "/".join(rng.choices(pieces, k=rng.randint(1, longest)))
    return parse_path_rule(text, effect)[0]


def _question(
    rng: random.Random, pieces: list[str], longest: int, blocks: int
) -> tuple[PathPattern, list[PathPattern], Verdict]:
    positive = _one(rng, pieces, "allow", longest)
    negatives = [_one(rng, pieces, "block", longest) for _ in range(rng.randint(1, blocks))]
    whole = CANONICAL_PATH & path_language(positive)
    return positive, negatives, difference(whole, map(path_language, negatives))


def test_determinised_automata_agree(seed: int, effort: int) -> None:
    rng = random.Random(seed)
    found = 0
    for _ in range(SMALL * effort):
        positive, negatives, verdict = _question(rng, SHORT, 3, 3)
        assert isinstance(verdict, Included | Witness)
        assert automata_lib_finds(positive, negatives) == isinstance(verdict, Witness), verdict
        found += isinstance(verdict, Witness)
    assert 0 < found < SMALL * effort


def test_solvers_of_texts_agree(seed: int, effort: int) -> None:
    rng = random.Random(seed)
    found = told = 0
    for _ in range(LARGE * effort):
        positive, negatives, verdict = _question(rng, LONG, 6, 8)
        assert isinstance(verdict, Included | Witness)
        wanted = isinstance(verdict, Witness)
        found += wanted
        tools = (z3, cvc5) if wanted else (z3,)
        answers = [solver_finds(one, positive, negatives, steps=STEPS[one]) for one in tools]
        assert set(answers) <= {wanted, None}, (positive, negatives, verdict)
        told += sum(answer is not None for answer in answers)
    assert 0 < found < LARGE * effort
    assert told > LARGE * effort
