"""Junk and hostile texts: only the promised refusals, and one meaning here and in OPA."""

from __future__ import annotations

import json
import random
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from wilkc.core.errors import PatternError, RequestError
from wilkc.emit.regex import name_regex, path_regex
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.names import NamePattern, name_matches, parse_name, parse_name_rule
from wilkc.language.paths import PathPattern, parse_path, parse_path_rule, path_matches

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JUNK: Final = 20_000
ENTRIES: Final = 1_200
TEXTS: Final = 12
OPERATORS: Final = [
    "*", "**", "?", "[", "]", "[!", "{", "}", ",", "\\", "/", "/", "~", ".", "..", "!", "-", "(",
    "@(", "[a-z]", "[!a]", "{a,b}", "[[:alpha:]]", "{1..3}",
]  # fmt: skip
WORDS: Final = [
    "a", "b", "A", "'", '"', "`", "$", "^", "|", "(?i)", "\\E", "\\x{41}", "%", "#", " ", ";", "&",
    "<", ">", "é", "e\u0301", "ſ", "s", "S", "\u212a", "k", "K", "İ", "ß", "ẞ", "\u0430", "\u2028",
    "\u2029", "\u202e", "\u200b", "\ufeff", "\ufffd", "😀", "\U0010ffff", "\ud7ff", "\ue000",
]  # fmt: skip
BROKEN: Final = ["\n", "\r", "\0", "\x7f", "\x85", "\ud800", "\udfff", "a" * 3_000]
SPECIAL: Final = "*?[]{}\\!,"


class _Maker:
    """Everything random comes from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self, pool: list[str], most: int = 8) -> str:
        return "".join(self.random.choice(pool) for _ in range(self.random.randint(0, most)))

    def near(self, entry: str) -> str:
        """A text made of the characters of an entry, or of others."""
        cut = "".join(
            char for char in entry if char not in "*?[]{}\\!," or self.random.random() < 0.2
        )
        changed = cut.swapcase() if self.random.random() < 0.3 else cut
        return changed + self.random.choice(
            ["", "", self.text(WORDS, 2), "/" + self.text(WORDS, 2)]
        )


@pytest.fixture
def maker(seed: int) -> _Maker:
    return _Maker(seed)


def _paths(entry: str, effect: str) -> tuple[PathPattern, ...]:
    try:
        return parse_path_rule(entry, effect)
    except PatternError as error:
        _check_place(entry, error)
        return ()


def _names(entry: str) -> tuple[NamePattern, ...]:
    try:
        return parse_name_rule(entry)
    except PatternError as error:
        _check_place(entry, error)
        return ()


def _check_place(entry: str, error: PatternError) -> None:
    assert 0 <= error.start <= error.end <= len(entry), repr(entry)
    assert error.start < error.end or not entry, repr(entry)
    assert error.help_text
    assert error.message.isprintable() or not entry.isprintable(), repr(entry)


def _detail(parse: Callable[[str], object], text: str) -> str:
    """The detail of the refusal of a text, or nothing if it is canonical."""
    try:
        parse(text)
    except RequestError as error:
        return error.detail if error.message.isprintable() else "an unprintable message"
    return ""


def test_junk_meets_only_the_promised_refusals(maker: _Maker) -> None:
    pool = [*OPERATORS, *OPERATORS, *WORDS, *BROKEN]
    read = 0
    for _ in range(JUNK):
        entry = maker.text(pool)
        read += bool(_paths(entry, maker.random.choice([ALLOW, BLOCK])))
        read += bool(_names(entry))
        assert _detail(parse_path, entry) in {"", "path_not_canonical"}
        assert _detail(parse_name, entry) in {"", "name_not_canonical"}
    assert read > JUNK // 100


def _asked(maker: _Maker) -> list[tuple[str, str, bool, str]]:
    """Expressions with a text, whether the matcher takes it, and what to say of them."""
    asked = []
    for _ in range(ENTRIES):
        entry = maker.text([*OPERATORS, *WORDS, *WORDS])
        texts = [maker.near(entry) for _ in range(TEXTS)] + [entry]
        fold = maker.random.random() < 0.5
        for path_pattern in _paths(entry, maker.random.choice([ALLOW, BLOCK]))[:3]:
            source = path_regex(path_pattern, fold=fold)
            for text in texts:
                try:
                    path = parse_path(text)
                except RequestError:
                    continue
                taken = path_matches(path_pattern, path, fold=fold)
                asked.append((source, str(path), taken, f"path {entry!r} on {str(path)!r}"))
        for name_pattern in _names(entry)[:3]:
            source = name_regex(name_pattern, fold=fold)
            for name in texts:
                try:
                    parse_name(name)
                except RequestError:
                    continue
                taken = name_matches(name_pattern, name, fold=fold)
                asked.append((source, name, taken, f"name {entry!r} on {name!r}"))
    return asked


def test_opa_reads_every_expression_as_the_matcher_does(
    maker: _Maker, effort: int, compared: Callable[[int], None], opa: Path
) -> None:
    long = "./" + "a" * 8_000
    (stars,) = parse_path_rule("*a" * 63 + "*b", ALLOW)
    asked = [one for _ in range(effort) for one in _asked(maker)]
    asked += [(path_regex(stars), long + end, end == "b", f"long {end}") for end in ("b", "c")]
    query = "{i | some i, pair in input; regex.match(concat(``, [`^(?:`, pair[0], `)$`]), pair[1])}"
    done = subprocess.run(
        [opa, "eval", "-I", "--strict-builtin-errors", "-f", "raw", query],
        input=json.dumps([pair[:2] for pair in asked]),
        capture_output=True,
        text=True,
        check=True,
    )
    matched = set(json.loads(done.stdout))
    wrong = [say for index, (_, _, taken, say) in enumerate(asked) if (index in matched) != taken]
    assert wrong == []
    compared(len(asked))
    print(f"{len(matched)} of {len(asked)} pairs match")
    assert min(len(matched), len(asked) - len(matched)) > 500
