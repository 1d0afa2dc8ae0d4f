"""Reviews as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.cli.review.conftest import (
    GITHUB,
    OPEN,
    PEM,
    REVIEWER,
    SAME,
    asks,
    review_of,
    rule,
)
from wilkc.analyze.difference import AgentGroup, Change
from wilkc.cli.review import as_json, text
from wilkc.cli.review.words import MAX_TEXT, counted, example, listed, short_form, visible
from wilkc.compiler import LeftOut
from wilkc.core.contract import Request

if TYPE_CHECKING:
    from collections.abc import Callable

NEW = AgentGroup(("helper",), "added", (), ("helper",), ("policies/helper.yaml",), (PEM,))
GONE = AgentGroup(("legacy",), "removed", ("legacy",), (), ("policies/legacy.yaml",), (GITHUB,))
MOVED = AgentGroup(("ci-runner",), "unchanged", ("old",), ("new",))
UNSURE = AgentGroup(("x",), "changed", ("x",), ("x",), ("x.yaml",), (), (OPEN,))
LEFT = (LeftOut("policies/z.yaml", "W013 on line 1: a merge was not finished"),)


def test_a_change_as_the_terminal_shows_it(golden: Callable[[str, str], None]) -> None:
    golden("review/change.txt", text(review_of(REVIEWER, SAME), colour=False) + "\n")


def test_everything_else_that_can_be_said(golden: Callable[[str, str], None]) -> None:
    review = review_of(
        UNSURE,
        NEW,
        GONE,
        MOVED,
        fail_on="widening",
        refused=["1 agent wider"],
        old_left_out=LEFT,
        new_left_out=LEFT,
        compiler="0.0.9",
    )
    golden("review/rest.txt", text(review, colour=False) + "\n")


def test_no_change_is_said_in_one_line() -> None:
    assert text(review_of(SAME), colour=False) == (
        "ci-runner, release  unchanged in meaning (3 lines reworded)\n\n"
        "2 agents compared, none wider, none narrower; no example to confirm"
    )


def test_colour_changes_no_word() -> None:
    review = review_of(REVIEWER, SAME, fail_on="widening", refused=["1 agent wider"])
    coloured = text(review, colour=True)
    assert "\x1b[" in coloured
    plain = coloured
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[0m"):
        plain = plain.replace(code, "")
    assert plain == text(review, colour=False)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\x1b[2Jb", r"a\u{1b}[2Jb"),
        ("a\nb\r\tc", r"a\u{a}b\u{d}\u{9}c"),
        ("\u202egnp.exe", r"\u{202e}gnp.exe"),
        ("a\u200bb\u2066c\u00a0d\ufeff", r"a\u{200b}b\u{2066}c\u{a0}d\u{feff}"),
        ("\ud800", r"\u{d800}"),
        ("x" * MAX_TEXT, "x" * MAX_TEXT),
        ("x" * (MAX_TEXT + 1), "x" * MAX_TEXT + "…"),
        ("x" * 1_000_000, "x" * MAX_TEXT + "…"),
    ],
)
def test_what_a_terminal_would_act_on_is_spelled_out(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown
    change = Change(
        "newly_allowed", "file", "read", asks(hostile), None, rule(hostile, 1), "high", hostile
    )
    lines = text(review_of(replace(REVIEWER, changes=(change,))), colour=False)
    assert lines.isascii() or "…" in lines or "·" in lines
    assert all(line.isprintable() for line in lines.split("\n"))
    assert max(map(len, lines.split("\n"))) < 700


def test_a_group_of_many_agents_is_named_shortly() -> None:
    many = replace(REVIEWER, agents=tuple(f"agent-{number:03}" for number in range(500)))
    first = text(review_of(many), colour=False).split("\n")[0]
    assert first.startswith("agent-000, agent-001, agent-002, agent-003 and 496 more  (")
    assert "WIDER" in first


def test_commands_are_shown_as_they_are_typed() -> None:
    argv = Request("a", "execute", "shell", "", {"argv": ["git", "push", "a b", "'"]})
    assert short_form(argv) == """shell:git push 'a b' ''"'"''"""
    both = Request("a", "execute", "shell", "", {"commands": [["a"], ["b", "c"]]})
    assert short_form(both) == "shell:a; b c"


@pytest.mark.parametrize(
    ("properties", "context", "shown"),
    [
        ({}, {}, "./a"),
        ({"size": 2049}, {}, "./a (size 2049)"),
        ({"aliases": ["/.env", "/\u202e"]}, {}, r'./a (aliases ["/.env", "/\u{202e}"])'),
        ({"encrypted": True, "pii": False}, {"cwd": "./x"}, "./a (encrypted, not pii, cwd ./x)"),
        ({"classification": "./a", "host": "x", "port": 1}, {}, "./a"),
    ],
)
def test_an_example_says_its_circumstances(
    properties: dict[str, Any], context: dict[str, Any], shown: str
) -> None:
    assert example(Request("a", "read", "file", "./a", properties, context)) == shown


def test_numbers_and_lists_in_words() -> None:
    assert [counted(n, "agent") for n in (0, 1, 1000)] == ["0 agents", "1 agent", "1,000 agents"]
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"


def test_json_has_one_entry_for_each_agent() -> None:
    pair = replace(REVIEWER, agents=("b", "reviewer"))
    review = review_of(pair, UNSURE, SAME, fail_on="widening", refused=["1 agent wider"])
    found = json.loads(as_json(review))
    assert found["compared"] == 5
    assert [one["agent"] for one in found["agents"]] == [
        "b", "ci-runner", "release", "reviewer", "x",
    ]  # fmt: skip
    first, second = found["agents"][0]["changes"], found["agents"][3]["changes"]
    assert first[0]["witness"]["subject"]["id"] == "b"
    assert second[0] == {
        "kind": "newly_allowed",
        "type": "file",
        "action": "read",
        "witness": {
            "subject": {"type": "agent", "id": "reviewer"},
            "action": {"name": "read"},
            "resource": {"type": "file", "id": "./.pem"},
            "context": {},
        },
        "old": None,
        "new": {"file": "policies/reviewer.yaml", "line": 9, "column": 9, "text": "**/*.pem"},
        "risk": "high",
        "why": "key files: secrets may be read",
        "detail": "",
    }
    assert found["inconclusive"][0]["agent"] == "x"
    assert found["gate"] == {"fail_on": "widening", "refused": True, "why": ["1 agent wider"]}
    assert found["confirmed"] == {"examples": 3, "by": ["evaluator", "opa"]}


def test_json_says_what_was_left_out_and_who_compiled() -> None:
    found = json.loads(as_json(review_of(SAME, new_left_out=LEFT, compiler="0.0.9")))
    assert found["new"]["left_out"] == [{"file": LEFT[0].file, "why": LEFT[0].why}]
    assert found["old"]["left_out"] == []
    assert found["compilers"]["old"] == "0.0.9"
    assert found["gate"] is None
