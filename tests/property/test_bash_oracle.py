"""The command lexer against bash itself and against a second grammar of the shell."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest

from tests.property.bash_oracle import (
    bash_differences,
    begins_with_keyword,
    recordable,
)
from tests.property.lexed_lines import Lexed
from tests.property.shell_lines import ShellLines
from tests.property.tree_oracle import FAULTS, Fault, faults_of, read_tree
from wilkc.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ACCEPTED: Final = 20_000
FEWEST_OF_A_DETAIL: Final = 3
BATCH: Final = 1_000
SHOWN: Final = 20
DETAILS: Final = {
    "shell_assignment", "shell_comment", "shell_control_character", "shell_empty_command",
    "shell_expansion", "shell_grouping", "shell_history", "shell_invisible_character",
    "shell_open_quote", "shell_operator", "shell_redirection", "shell_reserved_word",
    "shell_too_long", "shell_unquoted_glob",
}  # fmt: skip


def _accepted(seed: int, refused: Counter[str]) -> Iterator[Lexed]:
    """Different lines that the lexer accepts, without end; refusals are counted."""
    supply = ShellLines(random.Random(seed))
    seen = set()
    while True:
        line = supply.line()
        if line in seen:
            continue
        seen.add(line)
        try:
            lexed = Lexed.of(line)
        except RequestError as error:
            refused[error.detail] += 1
        else:
            yield lexed


def test_bash_runs_exactly_the_commands_of_every_accepted_line(
    seed: int, effort: int, compared: Callable[[int], None], bash_folder: Path
) -> None:
    refused: Counter[str] = Counter()
    accepted = _accepted(seed, refused)
    supply = (one for one in accepted if recordable(one) and not begins_with_keyword(one))
    found: list[str] = []
    for _ in range(ACCEPTED * effort // BATCH):
        found += bash_differences(bash_folder, [next(supply) for _ in range(BATCH)])
    compared(ACCEPTED * effort)
    print(f"accepted {ACCEPTED * effort}, refused {refused.total()}: {dict(refused)}")
    assert found[:SHOWN] == []
    assert {detail for detail in refused if refused[detail] >= FEWEST_OF_A_DETAIL} == DETAILS


def test_a_second_grammar_reads_every_accepted_line_alike(
    seed: int, effort: int, compared: Callable[[int], None]
) -> None:
    supply = (one for one in _accepted(seed, Counter()) if not faults_of(one))
    lines = [next(supply) for _ in range(ACCEPTED * effort)]
    compared(len(lines))
    found = [
        f"{one.line!r}: lexer {one.commands}, grammar {tree}"
        for one in lines
        if (tree := read_tree(one.line)) != (one.commands, one.operators)
    ]
    assert found[:SHOWN] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.example)
def test_a_fault_of_the_second_grammar_still_exists(fault: Fault, bash_folder: Path) -> None:
    lexed = Lexed.of(fault.example)
    assert faults_of(lexed) == [fault]
    assert read_tree(fault.example) != (lexed.commands, lexed.operators)
    assert bash_differences(bash_folder, [lexed]) == []


def test_the_keyword_that_the_lexer_leaves_is_the_wrapper_time(bash_folder: Path) -> None:
    keyword, quoted = Lexed.of("time -p a"), Lexed.of("'time' -p a")
    assert begins_with_keyword(keyword)
    assert not begins_with_keyword(quoted)
    assert len(bash_differences(bash_folder, [keyword, quoted])) == 1


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("a b", (("a", "c"),)),
        ("a b", (("a",), ("b",))),
        ("a 'b c'", (("a", "b", "c"),)),
        ("a; b", (("a",),)),
        ("a; b", (("b",), ("a",))),
        ("a ''", (("a",),)),
        ("a 2>&1", (("a", "2>&1"),)),
    ],
)
def test_a_wrong_reading_is_noticed(
    bash_folder: Path, line: str, read: tuple[tuple[str, ...], ...]
) -> None:
    wrong = Lexed(line, read, (";",) * (len(read) - 1))
    assert len(bash_differences(bash_folder, [Lexed.of(line), wrong])) == 1
    assert read_tree(line) != (wrong.commands, wrong.operators)
