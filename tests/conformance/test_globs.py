"""Path patterns, by the matcher, by the automata and by the expression OPA gets."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import PatternError, RequestError
from wilkc.emit.regex import path_regex
from wilkc.language.atoms import ALLOW, BLOCK, Effect, Literal
from wilkc.language.automata import Included, difference, path_language
from wilkc.language.paths import (
    PathPattern,
    explicit_text,
    parse_path,
    parse_path_rule,
    path_matches,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = json.loads((Path(__file__).parent / "glob-cases.json").read_text(encoding="utf-8"))["cases"]
SIBLINGS = json.loads(
    (Path(__file__).parent / "glob-sibling-cases.json").read_text(encoding="utf-8")
)
"""Patterns that are refused in either list, and which of some paths the others take in each."""
CODES = {
    "brace-single": "W034",
    "class": "W036",
    "class-bracket-first": "W036",
    "class-range": "W036",
    "class-slash": "W037",
    "dot-segment": "W038",
    "empty-segment": "W039",
    "escape": "W041",
    "globstar-embedded": "W031",
    "negation": "W033",
    "posix-class": "W035",
}
"""What the cases call a refusal, and its diagnostic code."""


def _name(case: dict[str, Any]) -> str:
    return ascii(f"{case['pattern']} on {case.get('path')}")


def _answer(case: dict[str, Any]) -> str:
    try:
        patterns = parse_path_rule(case["pattern"], ALLOW)
    except PatternError:
        return "refuse-pattern"
    try:
        path = parse_path(case["path"])
    except RequestError:
        return "refuse-path"
    return "match" if any(path_matches(pattern, path) for pattern in patterns) else "no-match"


def test_no_case_is_missing() -> None:
    assert len(CASES) == 873


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_case(case: dict[str, Any]) -> None:
    assert _answer(case) == case["expect"]


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_the_explicit_form_reads_back(case: dict[str, Any]) -> None:
    if case["expect"] == "refuse-pattern":
        with pytest.raises(PatternError) as refused:
            parse_path_rule(case["pattern"], ALLOW)
        assert refused.value.code == CODES[case["code"]]
        return
    for pattern in parse_path_rule(case["pattern"], ALLOW):
        assert parse_path_rule(explicit_text(pattern), ALLOW) == (pattern,)


def _matched(opa: Path, pairs: Sequence[tuple[PathPattern, str]]) -> set[int]:
    """The places of the pairs whose expression OPA finds in their text."""
    asked = [[f"^(?:{path_regex(pattern)})$", text] for pattern, text in pairs]
    query = "{i | some i, pair in input.pairs; regex.match(pair[0], pair[1])}"
    done = subprocess.run(
        [opa, "eval", "-I", "--strict-builtin-errors", "-f", "raw", query],
        input=json.dumps({"pairs": asked}),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_every_expression_says_the_same_in_opa(opa: Path) -> None:
    patterns: dict[PathPattern, None] = {}
    paths: dict[str, None] = {"/": None, ".": None, "~": None}
    for case in CASES:
        if case["expect"] not in {"refuse-pattern", "refuse-path"}:
            patterns.update(dict.fromkeys(parse_path_rule(case["pattern"], ALLOW)))
            paths[str(parse_path(case["path"]))] = None
    pairs = [(pattern, text) for pattern in patterns for text in paths]
    matched = _matched(opa, pairs)
    wrong = [
        f"{explicit_text(pattern)} on {text}"
        for index, (pattern, text) in enumerate(pairs)
        if (index in matched) != path_matches(pattern, parse_path(text))
    ]
    assert wrong == []


@pytest.mark.parametrize("effect", [ALLOW, BLOCK])
@pytest.mark.parametrize("row", SIBLINGS["read"], ids=lambda row: ascii(row["pattern"]))
def test_what_a_pattern_takes_in_each_list(row: dict[str, Any], effect: Effect) -> None:
    patterns = parse_path_rule(row["pattern"], effect)
    paths = [parse_path(text) for text in row["paths"]]
    taken = [
        str(path) for path in paths if any(path_matches(pattern, path) for pattern in patterns)
    ]
    assert taken == row[effect]
    languages = [path_language(pattern) for pattern in patterns]
    held = [
        str(path)
        for path in paths
        if difference(
            path_language(PathPattern(path.root, tuple((Literal(one),) for one in path.segments))),
            languages,
        )
        == Included()
    ]
    assert held == row[effect]


@pytest.mark.parametrize("effect", [ALLOW, BLOCK])
@pytest.mark.parametrize("text", SIBLINGS["refused"], ids=ascii)
def test_what_is_refused_is_refused_in_each_list(text: str, effect: Effect) -> None:
    with pytest.raises(PatternError):
        parse_path_rule(text, effect)


def test_the_expressions_of_both_lists_say_the_same_in_opa(opa: Path) -> None:
    asked = [
        (pattern, text, row, effect)
        for row in SIBLINGS["read"]
        for effect in (ALLOW, BLOCK)
        for pattern in parse_path_rule(row["pattern"], effect)
        for text in row["paths"]
    ]
    matched = _matched(opa, [(pattern, text) for pattern, text, _, _ in asked])
    found = {
        (row["pattern"], effect, text) for _, text, row, effect in map(asked.__getitem__, matched)
    }
    assert found == {
        (row["pattern"], effect, text)
        for row in SIBLINGS["read"]
        for effect in (ALLOW, BLOCK)
        for text in row[effect]
    }
