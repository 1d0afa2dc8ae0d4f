"""What the command lexer refuses, and what bash would do with it instead.

Each line stands with the plain reading that it would have if the refused sign meant itself.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.property.bash_oracle import BASH, bash_differences
from tests.property.lexed_lines import Lexed
from wilkc.core.errors import RequestError
from wilkc.language.commands import lex_line

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.language.commands import Argv

MEANING_MORE: Final[list[tuple[str, str, list[Argv]]]] = [
    ("shell_expansion", "b $a", [("b", "$a")]),
    ("shell_expansion", "b ${a}", [("b", "${a}")]),
    ("shell_expansion", 'b "$a"', [("b", "$a")]),
    ("shell_expansion", "b $'c'", [("b", "$c")]),
    ("shell_expansion", 'b $"c"', [("b", "$c")]),
    ("shell_expansion", "b $((1))", [("b", "$((1))")]),
    ("shell_expansion", "b $(c)", [("b", "$(c)")]),
    ("shell_expansion", "b `c`", [("b", "`c`")]),
    ("shell_expansion", 'b "`c`"', [("b", "`c`")]),
    ("shell_expansion", "b ~/c", [("b", "~/c")]),
    ("shell_expansion", "b c=~", [("b", "c=~")]),
    ("shell_expansion", "b c=d:~", [("b", "c=d:~")]),
    ("shell_redirection", "b <x.ts", [("b", "<x.ts")]),
    ("shell_redirection", "b >c", [("b", ">c")]),
    ("shell_redirection", "b >>c", [("b", ">>c")]),
    ("shell_redirection", "b >/dev/null/c", [("b", ">/dev/null/c")]),
    ("shell_redirection", "b <<c", [("b", "<<c")]),
    ("shell_redirection", "b <<<c", [("b", "<<<c")]),
    ("shell_redirection", "b <(c)", [("b", "<(c)")]),
    ("shell_grouping", "(b)", [("(b)",)]),
    ("shell_grouping", "{ b; }", [("{", "b"), ("}",)]),
    ("shell_grouping", "b() { c; }", [("b()", "{", "c"), ("}",)]),
    ("shell_grouping", "b {c,d}", [("b", "{c,d}")]),
    ("shell_unquoted_glob", "b *", [("b", "*")]),
    ("shell_unquoted_glob", "b ?", [("b", "?")]),
    ("shell_unquoted_glob", "b [a]", [("b", "[a]")]),
    ("shell_unquoted_glob", "[[ b ]]", [("[[", "b", "]]")]),
    ("shell_history", "! b", [("!", "b")]),
    ("shell_comment", "b #c", [("b", "#c")]),
    ("shell_comment", "# b", [("#", "b")]),
    ("shell_operator", "b & c", [("b", "&", "c")]),
    ("shell_operator", "b |& c", [("b", "|&", "c")]),
    ("shell_operator", "b ;; c", [("b", ";;", "c")]),
    ("shell_operator", "b ;&>/dev/null c", [("b",), ("c",)]),
    ("shell_assignment", "A=c b", [("A=c", "b")]),
    ("shell_assignment", "A+=c b", [("A+=c", "b")]),
    ("shell_reserved_word", "if b; then c; fi", [("if", "b"), ("then", "c"), ("fi",)]),
    ("shell_reserved_word", "for b in c; do d; done", [("for", "b", "in", "c"), ("do", "d")]),
    ("shell_reserved_word", "coproc b", [("coproc", "b")]),
    ("shell_reserved_word", "%1 b", [("%1", "b")]),
    ("shell_open_quote", "b 'c", [("b", "'c")]),
    ("shell_open_quote", 'b "c', [("b", '"c')]),
    ("shell_empty_command", "b &&", [("b",)]),
    ("shell_empty_command", "b; ; c", [("b",), ("c",)]),
    ("shell_control_character", "b c\nd", [("b", "c\nd")]),
]
MEANING_NO_MORE: Final[list[tuple[str, str, list[Argv]]]] = [
    # A person or another program sees these otherwise than they are.
    ("shell_control_character", "b c\r", [("b", "c\r")]),
    ("shell_control_character", "b 'c\x1b[2K'", [("b", "c\x1b[2K")]),
    ("shell_invisible_character", "b c\u00a0d", [("b", "c\u00a0d")]),
    ("shell_invisible_character", "b c\u200bd", [("b", "c\u200bd")]),
    ("shell_invisible_character", "b \u202ec", [("b", "\u202ec")]),
    # An interactive shell or another shell sees more in these.
    ("shell_expansion", 'b "c!d"', [("b", "c!d")]),
    ("shell_expansion", "b c:~", [("b", "c:~")]),
    ("shell_history", "b !c", [("b", "!c")]),
    ("shell_grouping", "b }", [("b", "}")]),
    ("shell_unquoted_glob", "b ]", [("b", "]")]),
    ("shell_empty_command", "b;", [("b",)]),
    ("shell_too_long", "b;" * 50 + "b", [("b",)] * 51),
]


def _read(line: str, commands: list[Argv]) -> Lexed:
    return Lexed(line, tuple(commands), (";",) * (len(commands) - 1))


def _check_refused(detail: str, line: str) -> None:
    with pytest.raises(RequestError) as caught:
        lex_line(line)
    assert caught.value.detail == detail


@pytest.mark.parametrize(("detail", "line", "plainly"), MEANING_MORE)
def test_bash_does_something_else_with_what_is_refused(
    detail: str, line: str, plainly: list[Argv], bash_folder: Path
) -> None:
    _check_refused(detail, line)
    assert len(bash_differences(bash_folder, [_read(line, plainly)])) == 1


@pytest.mark.parametrize(("detail", "line", "plainly"), MEANING_NO_MORE)
def test_what_bash_itself_takes_plainly_may_be_refused_for_its_readers(
    detail: str, line: str, plainly: list[Argv], bash_folder: Path
) -> None:
    _check_refused(detail, line)
    assert bash_differences(bash_folder, [_read(line, plainly)]) == []


@pytest.mark.parametrize(
    ("detail", "line"), [("shell_history", "echo !!"), ("shell_expansion", 'echo "!!"')]
)
@pytest.mark.usefixtures("bash_folder")
def test_history_replaces_what_is_refused(detail: str, line: str) -> None:
    _check_refused(detail, line)
    script = f"set -o history -o histexpand\necho a\n{line}\n"
    done = subprocess.run(
        [BASH or "bash", "--norc", "--noprofile"],
        input=script,
        env={"HISTFILE": "/dev/null"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "a\necho a\n"
