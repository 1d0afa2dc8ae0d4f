"""Comments that pass over findings: where they count, and what they must say."""

from __future__ import annotations

import pytest

from wilkc.compiler import review

SPEC = "agent: a\npermissions:\n  filesystem:\n    read:\n{entries}\n"


def _codes(*entries: str) -> list[tuple[str, int]]:
    """Code and line of each finding; the entries begin in line 5."""
    text = SPEC.format(entries="\n".join(f"      {entry}" for entry in entries))
    reviewed = review({"a.yaml": text.encode()})
    assert reviewed.problems == ()
    return [(one.diagnostic.code, one.diagnostic.span.line) for one in reviewed.findings]


@pytest.mark.parametrize(
    "entries",
    [
        ["- ./a.pem # wilk: ignore W203: public"],
        ["- ./a.pem #wilk:ignore W203:public"],
        ["# wilk: ignore W203: public", "- ./a.pem"],
        ["## wilk: ignore W203: public", "", "# about it", "- ./a.pem"],
        ["# wilk: ignore W203: public", "# wilk: ignore W202: twice", "- ./a.pem # other"],
        ["- ./a.pem # wilk: ignore W203: public: really: see #12"],
    ],
    ids=range(6),
)
def test_a_comment_passes_over_findings_of_its_line(entries: list[str]) -> None:
    twice = [("W239", 6)] if any("W202" in one for one in entries) else []
    assert _codes(*entries) == twice


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        (["- ./a.pem # wilk: ignore W203"], [("W203", 5), ("W238", 5)]),
        (["- ./a.pem # wilk: ignore W203:  "], [("W203", 5), ("W238", 5)]),
        (["- ./a.pem # wilk: ignore: no code"], [("W203", 5), ("W238", 5)]),
        (["- ./a.pem # wilk ignore W203: no colon"], [("W203", 5)]),
        (["- ./a.pem # wilk: ignore w203: small"], [("W203", 5), ("W238", 5)]),
        (["- ./a.pem # wilk: ignore W2xx: all"], [("W203", 5), ("W238", 5)]),
        (["- ./a.pem # wilk: ignore W239: itself"], [("W203", 5), ("W238", 5)]),
        (["- ./a.pem # wilk: ignore W202: another"], [("W203", 5), ("W239", 5)]),
        (["- ./a.pem", "# wilk: ignore W203: below"], [("W203", 5), ("W239", 6)]),
        (["# wilk: ignore W203: b", "- ./b.py", "- ./a.pem"], [("W203", 7), ("W239", 5)]),
        (["- '# wilk: ignore W203: text'", "- ./a.pem"], [("W203", 6)]),
        (["- './a # wilk: ignore W203: text.pem'"], [("W203", 5)]),
        (['- "./a.pem#wilk: ignore W203: text.pem"'], [("W203", 5)]),
    ],
    ids=range(13),
)
def test_and_of_no_other(entries: list[str], wanted: list[tuple[str, int]]) -> None:
    assert _codes(*entries) == wanted


def test_errors_are_never_passed_over() -> None:
    text = "agent: a\npermissions:\n  filesystm: {} # wilk: ignore W108, W203: mine\n"
    reviewed = review({"a.yaml": text.encode()})
    assert [one.code for one in reviewed.problems] == ["W108"]


def test_a_broken_guardrail_is_never_passed_over() -> None:
    text = (
        "permissions: {filesystem: {read: ['~/**']}}\n"
        "---\n"
        "security_policy:\n"
        "  guardrails: {never: ['file:**/.ssh/** read']} # wilk: ignore W151: mine\n"
    )
    reviewed = review({"a.yaml": text.encode()})
    assert [one.code for one in reviewed.problems] == ["W151"]


def test_what_is_passed_over_is_counted() -> None:
    text = SPEC.format(entries="      [./a.pem, ./b.pem] # wilk: ignore W203: public")
    reviewed = review({"a.yaml": text.encode()})
    assert (reviewed.findings, reviewed.ignored) == ((), 2)
