"""Commands of a harness that are run by `wilkc run`, in its sandbox. Layer: adapters.

What is judged is the one command of a line, and what runs is that text, letter by letter, behind
a prefix that only the hook's own options make. A line that already begins so is the same command
on its way back; any other `wilkc run` is refused, as it could name other rules, or another agent.
Whatever is not recognised gets the prefix, so that a line can leave the sandbox by no spelling.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import RequestError
from wilkc.language.commands import lex_line, program_name
from wilkc.language.commands.lexer import RESERVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.adapters.hooks.model import Call, Harness
    from wilkc.language.commands import Argv

SHELL: Final = "shell"
NOT_CONFINABLE: Final = "command_not_confinable"
OTHER_RUN: Final = "run_options_differ"
OTHER_INPUT: Final = "updated_input_differs"
RUN_IT_SO: Final = "command_not_confined"
_SOURCE: Final = (
    ("bundle", "--bundle"),
    ("key", "--key"),
    ("key-id", "--key-id"),
    ("bundle-scope", "--scope"),
    ("confine-socket", "--socket"),
    ("audit", "--audit"),
    ("audit-keys", "--audit-keys"),
    ("audit-provider", "--audit-provider"),
    ("rates", "--rates"),
    ("identity", "--identity"),
)
"""Options of a hook, and what `wilkc run` calls them."""


@dataclass(frozen=True, slots=True)
class Confined:
    """A call that runs one command in the sandbox.

    Attributes:
        call: what is judged: the command alone, in one spelling.
        wrapped: whether the harness would run it in the sandbox already.
        line: what must run instead of the command.
        given: the tool's whole input with that line.
    """

    call: Call
    wrapped: bool
    line: str
    given: dict[str, Any]


def is_command(harness: Harness, call: Call) -> bool:
    """Whether the tool runs a command."""
    tool = harness.tools.get(call.tool)
    return tool is not None and tool.kind == SHELL


def confine(call: Call, options: Mapping[str, Any], workspace: str) -> Confined:
    """What is judged and what runs; looks at where the command would run.

    Args:
        call: of a tool that runs a command by its member `command`.
        options: those of the hook, with `confine`.
        workspace: real path of the directory that the command runs in.

    Raises:
        RequestError: the line is not one command, begins with another `wilkc run`, would run
            elsewhere, or the payload names an input that is not the one judged.
    """
    text = call.given.get("command")
    if not isinstance(text, str):
        raise RequestError(NOT_CONFINABLE, f"`{call.tool}` lacks its `command`")
    _require_here(call, workspace)
    head = prefix(options, workspace)
    argv = _only(lex_line(text))
    wrapped = argv[: len(head)] == head and len(argv) > len(head)
    inner = argv[len(head) :] if wrapped else argv
    _refuse_other_run(inner, options["confine"])
    judged = " ".join([_word(inner[0], first=True), *map(_word, inner[1:])])
    line = f"{shlex.join(head)} {judged}"
    if lex_line(line) != ((*head, *inner),) or lex_line(judged) != (inner,):
        raise RequestError(NOT_CONFINABLE, "the command cannot be written in one spelling")
    given = {**call.given, "command": line}
    if any(other != given for other in call.also):
        raise RequestError(OTHER_INPUT, "the updated input is not the command that was judged")
    return Confined(
        call=replace(call, given={**call.given, "command": judged}, also=()),
        # What the harness took over from an answer is what it will run.
        wrapped=wrapped or bool(call.also),
        line=line,
        given=given,
    )


def hint_of(harness: Harness, call: Call, confined: Confined) -> str | None:
    """What to say where the harness cannot be told to run another line; None where it can be."""
    rewriting = harness.rewriting
    if confined.wrapped or (rewriting and rewriting(call, confined.given, "ask") is not None):
        return None
    return f"run it in the sandbox, by this line: {confined.line}"


def prefix(options: Mapping[str, Any], workspace: str) -> Argv:
    """What a confined command stands behind: all that says by which rules it runs.

    Args:
        options: those of the hook.
        workspace: real path of the directory that the command runs in.
    """
    words = [options["confine"], "run", options["agent"]]
    for name, flag in _SOURCE:
        value = options[name]
        for one in value if isinstance(value, list) else [value]:
            words += [] if one is None else [flag, one]
    return (*words, "--workspace", workspace, "--quiet", "--")


def _only(commands: tuple[Argv, ...]) -> Argv:
    if len(commands) != 1:
        raise RequestError(
            NOT_CONFINABLE, "the line has several commands: send each of them by itself"
        )
    return commands[0]


def _word(word: str, *, first: bool = False) -> str:
    """A word as every shell reads it: some mean more although no sign of them is special."""
    quoted = shlex.quote(word)
    # An assignment or a keyword, and what zsh takes for the path of a program.
    more = (first and ("=" in word or word in RESERVED)) or word.startswith("=")
    return f"'{word}'" if more and quoted == word else quoted


def _refuse_other_run(argv: Argv, program: str) -> None:
    """Refuse a `wilkc run` that the hook did not write, under any path of the program."""
    names = {program_name((program,)), "wilkc"}
    if program_name(argv) in names and "run" in argv[1:]:
        raise RequestError(
            OTHER_RUN,
            "`wilkc run` with other options than the hook's own: send the command by itself",
        )


def _require_here(call: Call, workspace: str) -> None:
    """A command runs in the workspace, and must be judged and meant there."""
    for name in ("dir_path", "directory", "working_directory", "workdir", "cwd"):
        place = call.given.get(name)
        if place is not None and not _is(place, call.cwd or workspace, workspace):
            raise _elsewhere()
    if call.cwd is not None and not _is(call.cwd, "/", workspace):
        raise _elsewhere()


def _is(place: object, start: str, workspace: str) -> bool:
    if not isinstance(place, str) or "\0" in place:
        return False
    return os.path.realpath(os.path.join(start, place)) == workspace  # noqa: PTH118  # any text


def _elsewhere() -> RequestError:
    return RequestError(
        NOT_CONFINABLE, "a confined command runs in the workspace: name no other directory"
    )
