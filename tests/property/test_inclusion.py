"""The automata against enumeration by the matching that requests meet."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.property.inclusion import commands, names, paths
from wilkc.language.automata import (
    CANONICAL_NAME,
    Included,
    Inconclusive,
    Language,
    Witness,
    difference,
    name_language,
)
from wilkc.language.names import parse_name_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.property.inclusion import Pool
    from wilkc.language.automata import Verdict

QUESTIONS: dict[Callable[[random.Random, str], Pool], int] = {
    paths: 7_000,
    names: 7_000,
    commands: 1_000,
}
"""Of each kind, in each of two modes: 30,000 in all."""


@pytest.mark.parametrize("mode", ["friendly", "hostile"])
@pytest.mark.parametrize("kind", [paths, names, commands], ids=lambda kind: kind.__name__)
def test_answers_agree_with_enumeration_and_texts_are_shortest(
    seed: int, effort: int, kind: Callable[[random.Random, str], Pool], mode: str
) -> None:
    rng = random.Random(f"{seed}/{kind.__name__}/{mode}")
    seen: Counter[str] = Counter()
    pool = kind(rng, mode)
    questions = QUESTIONS[kind] * effort
    for number in range(questions):
        if number and number % 3_500 == 0:
            pool = kind(rng, mode)
        chosen = rng.choices(pool.languages, k=rng.randint(1, 2))
        refused = rng.choices(pool.languages, k=rng.randint(0, 5))
        positive, wanted = pool.universe, (1 << len(pool.texts)) - 1
        for language, members in chosen:
            positive, wanted = positive & language, wanted & members
        for _, members in refused:
            wanted &= ~members
        verdict = difference(positive, [language for language, _ in refused])
        seen[type(verdict).__name__] += 1
        told = f"question {number} of WILK_SEED={seed}: {verdict}"
        first = (wanted & -wanted).bit_length() - 1
        if isinstance(verdict, Witness):
            assert positive.takes(verdict.text), told
            assert not any(language.takes(verdict.text) for language, _ in refused), told
            assert not wanted or len(pool.texts[first]) >= len(verdict.text), told
        else:
            assert not wanted or isinstance(verdict, Inconclusive), (told, pool.texts[first])
    assert seen["Witness"] > questions // 20
    assert seen["Included"] > questions // 20
    # Combining marks may leave a question open, else only patterns that are rarely so entangled.
    assert seen["Inconclusive"] <= questions // (10 if mode == "hostile" else 500)
    print(dict(seen))


def test_the_question_without_an_answer_in_time_is_left_open() -> None:
    """The subsets of 2^16 states have no smaller form: nobody decides this quickly."""
    assert isinstance(_entangled(16), Inconclusive)
    assert _entangled(4) == Included()


def _entangled(count: int) -> Verdict:
    """The last but `count` character is an `a`, or it is none: together everything."""
    few = "?" * count
    whole, one, other = (_name(f"{head}{few}") for head in ("*?", "*a", "*[!a]"))
    return difference(CANONICAL_NAME & whole, [one, other])


def _name(text: str) -> Language:
    return name_language(parse_name_rule(text)[0])
