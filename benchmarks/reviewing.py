"""Comparing lists of patterns, and the same questions asked of other tools.

The lists are like those of a large organisation: trees, extensions, names at any depth. One
twentieth of the entries is removed, replaced and added.
"""

from __future__ import annotations

import json
import random
from functools import partial
from typing import TYPE_CHECKING, Final

import z3
from cvc5 import pythonic as cvc5

from benchmarks.measure import side_by_side
from benchmarks.peers import automata_lib_finds, solver_finds
from wilkc.analyze.boundary.meeting import meeting_path, meeting_text
from wilkc.analyze.difference import compare as compare_plans
from wilkc.compiler import plan_what_compiles, review
from wilkc.language.automata import CANONICAL_PATH, Negatives, Witness, difference, path_language
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.measure import Row
    from wilkc.language.automata import Language
    from wilkc.language.paths import PathPattern

    _Question = tuple[PathPattern, Sequence[PathPattern]]

FOLDERS: Final = ("src", "docs", "lib", "app", "pkg", "test", "tools", "data")
ENDINGS: Final = ("ts", "js", "md", "json", "py", "txt", "yaml", "csv")
CHANGED: Final = 20
"""One entry in so many is removed, one replaced and one added."""
SIZES: Final = ((200, 40), (1_000, 200))
SMALL: Final = 10
"""One in so many entries is left where only the table's shape is wanted."""
QUESTIONS: Final = (
    ("./src/**/*.ts", ("./src/**/*.js", "**/node_modules/**")),
    ("./src/**/*.ts", ("*.ts",)),
    ("./docs/**", (".*", "*.md", "**/drafts/**")),
    ("./a/**/b/*", ("**/b/**",)),
    ("**/*.pem", ("./src/**", "~/**", "*.p?m")),
    ("./[a-f]*/x", ("./a*/x", "./[b-f]*/*")),
)
"""Pairs of an allow and of blocks: in two a path is left, in four there is none."""
OPEN: Final = (0, 2)
"""The two where a path is left; cvc5 finds those, and does not end on the others."""


def comparing(rounds: int, *, small: bool = False) -> list[Row]:
    """Both directions of a change, and entries that nothing can reach, by size."""
    part = SMALL if small else 1
    return [row for allows, blocks in SIZES for row in _sized(allows, blocks, rounds, part)]


def peers(rounds: int) -> list[Row]:
    """Six questions to Wilk and to others, two of them to cvc5, and every answer compared."""
    asked = [(_patterns([one], "allow")[0], _patterns(many, "block")) for one, many in QUESTIONS]
    few = [asked[place] for place in OPEN]
    return [
        *_side_by_side(
            asked,
            {
                "automata-lib, yes or no": automata_lib_finds,
                "z3, yes or no": partial(solver_finds, z3),
            },
            rounds,
        ),
        *_side_by_side(few, {"cvc5, yes or no": partial(solver_finds, cvc5)}, rounds),
    ]


def _side_by_side(
    asked: Sequence[_Question], tools: Mapping[str, Callable[..., bool | None]], rounds: int
) -> list[Row]:
    def all_by(tool: Callable[..., bool | None]) -> list[bool | None]:
        return [tool(*one) for one in asked]

    for name, tool in tools.items():
        if all_by(tool) != all_by(_found):
            raise ValueError(f"{name}: {all_by(tool)} instead of {all_by(_found)}")
    floor = (f"{len(asked)} questions, with a shortest example", lambda: all_by(_found))
    return side_by_side(
        floor,
        {f"{name}, {len(asked)} questions": partial(all_by, one) for name, one in tools.items()},
        rounds,
    )


def _found(positive: PathPattern, negatives: Sequence[PathPattern]) -> bool:
    whole = CANONICAL_PATH & path_language(positive)
    return isinstance(difference(whole, map(path_language, negatives)), Witness)


def _sized(allows: int, blocks: int, rounds: int, part: int) -> list[Row]:
    texts = f"{allows:,} allows and {blocks} blocks"
    allows, blocks = allows // part, blocks // part
    rng = random.Random(allows)  # noqa: S311 - the same lists each time
    old, block = _allows(rng, allows), _blocks(rng, blocks)
    share = allows // CHANGED
    new = rng.sample(old, allows - share)
    new[:share] = _allows(rng, share)
    new += _allows(rng, share)

    def read() -> None:
        parse_path_rule.cache_clear()
        for held, effect in ((old, "allow"), (block, "block")):
            _patterns(held, effect)

    def compare() -> None:
        path_language.cache_clear()
        before, after = _languages(old, "allow"), _languages(new, "allow")
        never = _languages(block, "block")
        for gained, lost in ((after, before), (before, after)):
            kept = {one.keys for one in lost}
            negatives = Negatives((*lost, *never))
            for language in gained:
                if language.keys not in kept:
                    difference(CANONICAL_PATH & language, negatives)

    def reach() -> None:
        path_language.cache_clear()
        negatives = Negatives(_languages(block, "block"))
        for language in _languages(old, "allow"):
            difference(CANONICAL_PATH & language, negatives)

    return side_by_side(
        (f"reading {texts}", read),
        {
            **_of_specs(_spec(old, block), _spec(new, block), texts),
            f"both directions of a change of {texts}": compare,
            f"which of {texts} is unreachable": reach,
        },
        rounds,
    )


def _of_specs(before: bytes, after: bytes, texts: str) -> dict[str, Callable[[], None]]:
    """The whole way from two texts to what differs, and all that one is checked for."""

    def forget() -> None:
        for cached in (parse_path_rule, path_language, meeting_path, meeting_text):
            cached.cache_clear()

    def whole() -> None:
        forget()
        old, new = (plan_what_compiles({"a.yaml": one}).plan for one in (before, after))
        if not compare_plans(old, new).changed:
            raise ValueError("nothing changed")

    def check() -> None:
        forget()
        review({"a.yaml": before})

    return {
        f"compiling and comparing two versions of a spec with {texts}": whole,
        f"checking a spec with {texts}, lint included": check,
    }


def _spec(allow: Sequence[str], block: Sequence[str]) -> bytes:
    files = {"read": list(dict.fromkeys(allow)), "metadata": {"blocked_paths": list(block)}}
    return json.dumps({"agent": "a", "permissions": {"filesystem": files}}).encode()


def _patterns(texts: Sequence[str], effect: str) -> list[PathPattern]:
    return [pattern for text in texts for pattern in parse_path_rule(text, effect)]


def _languages(texts: Sequence[str], effect: str) -> list[Language]:
    return [path_language(pattern) for pattern in _patterns(texts, effect)]


def _allows(rng: random.Random, count: int) -> list[str]:
    return [_filled(rng, rng.choice(_ALLOWS)) for _ in range(count)]


def _blocks(rng: random.Random, count: int) -> list[str]:
    return [_filled(rng, rng.choice(_BLOCKS)) for _ in range(count)]


def _filled(rng: random.Random, form: str) -> str:
    return form.format(d=rng.choice(FOLDERS), n=rng.randrange(400), e=rng.choice(ENDINGS))


_ALLOWS: Final = (
    "./{d}/m{n}/**/*.{e}", "./{d}/m{n}/*.{e}", "**/*.{e}{n}", "./{d}/**/t{n}*/*.{e}", "./{d}/m{n}/",
    "./{d}/f{n}.{e}", "./{d}/m{n}/**/x?[a-f]*.{e}", "./{d}/*/m{n}/**",
)  # fmt: skip
_BLOCKS: Final = (
    "**/.s{n}/**", "*.k{n}", ".env{n}*", "./{d}/secret{n}/**", "{d}/m{n}/private/**", "**/id_{n}*",
    "*{n}*.{e}", "./{d}/m{n}/*.{e}",
)  # fmt: skip
