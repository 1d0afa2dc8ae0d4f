"""Fragments of expressions and the machines they become, against `re`."""

from __future__ import annotations

import random
import re
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.unit.language.automata.walking import accepts
from wilkc.language.automata.charsets import chars
from wilkc.language.automata.machines import FAR, NOTHING, Builder, states

if TYPE_CHECKING:
    from wilkc.language.automata.machines import Fragment

TEXTS = ["".join(held) for length in range(6) for held in product("ab", repeat=length)]


def _made(rng: random.Random, builder: Builder, depth: int) -> tuple[Fragment, str]:
    """A random expression, as a fragment and as `re` writes it."""
    kind = rng.randrange(6 if depth else 3)
    if kind == 0:
        return NOTHING, ""
    if kind == 1:
        char = rng.choice("ab")
        return builder.one(chars(char)), char
    if kind == 2:
        return builder.run(chars("ab")), "[ab]*"
    parts = [_made(rng, builder, depth - 1) for _ in range(rng.randint(1, 3))]
    fragments, sources = zip(*parts, strict=True)
    if kind == 3:
        return builder.sequence(*fragments), "".join(sources)
    if kind == 4:
        return builder.either(*fragments), f"(?:{'|'.join(sources)})"
    return builder.repeat(fragments[0]), f"(?:{sources[0]})*"


def test_machines_take_what_expressions_take() -> None:
    rng = random.Random(2)
    for _ in range(400):
        builder = Builder()
        fragment, source = _made(rng, builder, 3)
        machine = builder.machine(fragment)
        taken = [text for text in TEXTS if re.fullmatch(source, text)]
        assert [text for text in TEXTS if accepts(machine, text)] == taken, source


def test_the_fewest_characters_that_may_still_come() -> None:
    builder = Builder()
    machine = builder.machine(
        builder.sequence(
            builder.run(chars("x")), builder.either(builder.text("abc"), builder.text("d"))
        )
    )
    # The start and `x` end soonest by `d`; then `a`, `b`, `c` and `d` themselves.
    assert machine.remaining == (1, 1, 2, 1, 0, 0)


def test_what_leads_nowhere_is_far_from_an_end() -> None:
    builder = Builder()
    machine = builder.machine(builder.sequence(builder.text("a"), builder.either()))
    assert machine.remaining == (FAR, FAR)
    assert not any(accepts(machine, text) for text in TEXTS)


def test_a_folded_text() -> None:
    builder = Builder()
    machine = builder.machine(builder.text("sk", fold=True))
    assert all(accepts(machine, text) for text in ("sk", "SK", "ſ\u212a"))
    assert not accepts(machine, "s")


@pytest.mark.parametrize(("held", "wanted"), [(0, []), (1, [0]), (0b1011, [0, 1, 3])])
def test_the_states_of_a_set(held: int, wanted: list[int]) -> None:
    assert list(states(held)) == wanted
