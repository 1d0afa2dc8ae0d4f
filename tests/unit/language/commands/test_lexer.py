"""The strict lexer: what a line means, and what is refused with which detail."""

from __future__ import annotations

import pytest

from wilkc.core.errors import RequestError
from wilkc.language.commands import check_argv, lex_line
from wilkc.language.commands.lexer import (
    MAX_ARGUMENTS,
    MAX_CHARACTERS,
    MAX_COMMANDS,
    lex_words,
)


def _detail(line: object) -> str:
    with pytest.raises(RequestError) as caught:
        lex_line(line)  # type: ignore[arg-type]
    return caught.value.detail


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("a", [("a",)]),
        (" \ta  b\tc ", [("a", "b", "c")]),
        ("a '' \"\"", [("a", "", "")]),
        ("a 'b c'd\"e f\"\\ g", [("a", "b cde f g")]),
        ("a '\\' '\"' '$b' '`'", [("a", "\\", '"', "$b", "`")]),
        ('a "\\"" "\\\\" "\\b" "\'" "*"', [("a", '"', "\\", "\\b", "'", "*")]),
        ("a \\$b \\* \\; \\' \\~ \\#", [("a", "$b", "*", ";", "'", "~", "#")]),
        ("a b#c d~ e!f g=h", [("a", "b#c", "d~", "e!f", "g=h")]),
        ("a ''~ ''#b ''!c", [("a", "~", "#b", "!c")]),
        ("a&&b||c;d|e", [("a",), ("b",), ("c",), ("d",), ("e",)]),
        ("a 2>&1|b >/dev/null;c &>/dev/null", [("a",), ("b",), ("c",)]),
        (">/dev/null a 1>/dev/null b 2>/dev/null", [("a", "b")]),
        ("a 2 '>/dev/null'", [("a", "2", ">/dev/null")]),
        ("A\\=b 'A'=b", [("A=b", "A=b")]),
        ("i\\f a; \\time b", [("if", "a"), ("time", "b")]),
        ("a if then A=b", [("a", "if", "then", "A=b")]),
        ("é 日本 😀", [("é", "日本", "😀")]),
    ],
)
def test_a_line_means_these_argument_lists(line: str, commands: list[tuple[str, ...]]) -> None:
    assert lex_line(line) == tuple(commands)


@pytest.mark.parametrize(
    ("detail", "lines"),
    [
        ("shell_expansion", ["a $b", 'a "$b"', 'a "\\$b"', "a `b`", 'a "`b`"', "a $'b'", "a $(b)"]),
        ("shell_expansion", ["a ~", "~/a", "a b=~", "a b:~c", 'a "b!c"']),
        ("shell_redirection", ["a <b", "a >b", "a >>b", "a <<b", "a <<<b", "a 3>/dev/null"]),
        ("shell_redirection", ["a >/dev/nul", "a >/dev/null/b", "a b>/dev/null", "a 1>&2"]),
        ("shell_grouping", ["(a)", "a ()", "{ a", "a {b,c}", "a }"]),
        ("shell_unquoted_glob", ["a *", "a b?", "a [b", "a ]", "[ a", "*"]),
        ("shell_history", ["! a", "a !b", "!!"]),
        ("shell_comment", ["# a", "a #b", "a;#b"]),
        ("shell_operator", ["a &", "a & b", "a |& b", "a ;; b", "a;;", "a&b", "a ;& b", "a &&& b"]),
        ("shell_assignment", ["A=b", "A=b c", "a+=b c", "a && A='b' c", ">/dev/null A=b c"]),
        ("shell_reserved_word", ["if a", "a; then b", "a | while b", "coproc a", "in"]),
        ("shell_open_quote", ["a 'b", 'a "b', "a \\", 'a "b\\"', "'"]),
        ("shell_empty_command", ["", " \t", ";", "a;", "a ;", "a && ", "| a", "a || ; b", "2>&1"]),
        ("shell_control_character", ["a\nb", "a\rb", "a\0", "a 'b\x1bc'", "a\x7f", "a\x85b"]),
        ("shell_control_character", ["a \ud800"]),
        ("shell_invisible_character", ["a\u2028b", "a\u3000b"]),
        ("shell_invisible_character", ["a\u00a0b", "a 'b\u200bc'", "a \u202eb", "\ufeffa"]),
        ("shell_invisible_character", ["a\u034fb", "a \u115f", "a \u3164b", "a 'b\ufe0f'"]),
        ("shell_invisible_character", ["a\u180b", "a \U000e0100", "a \u2800", "a \uffa0"]),
    ],
)  # fmt: skip
def test_what_is_outside_the_language_is_refused(detail: str, lines: list[str]) -> None:
    assert {line: _detail(line) for line in lines} == dict.fromkeys(lines, detail)


def test_the_fall_through_operator_is_no_separator_before_a_redirection() -> None:
    """Bash reads `;&` first, so that the line is an error there."""
    assert _detail("a ;&>/dev/null b") == "shell_operator"
    assert lex_line("a ; &>/dev/null b") == (("a",), ("b",))


@pytest.mark.parametrize("line", ["%1", "%", "a; %b c", "'%1'", "\\%1", ">/dev/null %1"])
def test_a_job_is_no_program_however_it_is_quoted(line: str) -> None:
    """Bash calls `fg` with such a command, even without job control."""
    assert _detail(line) == "shell_reserved_word"
    assert lex_line("a %1 '%'") == (("a", "%1", "%"),)


def test_a_word_ends_where_its_separator_begins() -> None:
    line = "ab 'c'&&d|e ;f"
    spelled = [[line[w.start : w.end] for w in words] for words in lex_words(line, globs=False)]
    assert spelled == [["ab", "'c'"], ["d"], ["e"], ["f"]]


def test_globs_may_stand_unquoted_only_where_they_are_asked_for() -> None:
    words = lex_words("a b*[c]?{d,e}", globs=True)
    assert [[word.text for word in one] for one in words] == [["a", "b*[c]?{d,e}"]]
    for line in ("a $b", "a <b", "a (b)", "~", "a #b", "a & b"):
        with pytest.raises(RequestError):
            lex_words(line, globs=True)


@pytest.mark.parametrize(
    ("longest", "longer"),
    [
        ("a" * MAX_CHARACTERS, "a" * (MAX_CHARACTERS + 1)),
        ("a;" * (MAX_COMMANDS - 1) + "a", "a;" * MAX_COMMANDS + "a"),
    ],
)
def test_a_line_has_limits(longest: str, longer: str) -> None:
    assert lex_line(longest)
    assert _detail(longer) == "shell_too_long"


def test_only_a_text_is_a_line() -> None:
    assert _detail(["a"]) == "shell_too_long"


@pytest.mark.parametrize("argv", [["a"], ("a", ""), ["a", "\n", "é"], ["a"] * MAX_ARGUMENTS])
def test_an_argument_list_holds_any_text(argv: list[str]) -> None:
    assert check_argv(argv) == tuple(argv)


@pytest.mark.parametrize(
    "argv",
    [
        [], "a", None, {"a": 1}, [""], ["", "a"], ["a", 1], ["a", None], ["a\0"], ["a", "\0"],
        ["a"] * (MAX_ARGUMENTS + 1), ["a" * (MAX_CHARACTERS + 1)], ["a", "b" * MAX_CHARACTERS],
    ],
)  # fmt: skip
def test_what_no_program_could_receive_is_refused(argv: object) -> None:
    with pytest.raises(RequestError) as caught:
        check_argv(argv)
    assert caught.value.detail == "shell_argv_invalid"
