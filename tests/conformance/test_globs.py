"""Path patterns in an allow list, by the matcher and by the expression OPA gets."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from wilkc.core.errors import PatternError, RequestError
from wilkc.emit.regex import path_regex
from wilkc.language.atoms import ALLOW
from wilkc.language.paths import (
    PathPattern,
    explicit_text,
    parse_path,
    parse_path_rule,
    path_matches,
)

CASES = json.loads((Path(__file__).parent / "glob-cases.json").read_text(encoding="utf-8"))["cases"]
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


def test_every_expression_says_the_same_in_opa(opa: Path) -> None:
    patterns: dict[PathPattern, None] = {}
    paths: dict[str, None] = {"/": None, ".": None, "~": None}
    for case in CASES:
        if case["expect"] not in {"refuse-pattern", "refuse-path"}:
            patterns.update(dict.fromkeys(parse_path_rule(case["pattern"], ALLOW)))
            paths[str(parse_path(case["path"]))] = None
    pairs = [(pattern, text) for pattern in patterns for text in paths]
    asked = [[f"^(?:{path_regex(pattern)})$", text] for pattern, text in pairs]
    query = "{i | some i, pair in input.pairs; regex.match(pair[0], pair[1])}"
    done = subprocess.run(
        [opa, "eval", "-I", "--strict-builtin-errors", "-f", "raw", query],
        input=json.dumps({"pairs": asked}),
        capture_output=True,
        text=True,
        check=True,
    )
    matched = set(json.loads(done.stdout))
    wrong = [
        f"{explicit_text(pattern)} on {text}"
        for index, (pattern, text) in enumerate(pairs)
        if (index in matched) != path_matches(pattern, parse_path(text))
    ]
    assert wrong == []
