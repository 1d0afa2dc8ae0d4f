"""A rewritten command: real bash and Wilk's lexer read the judged argument list out of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from tests.property.bash_oracle import bash_runs
from tests.property.lexed_lines import Lexed
from tests.property.shell_lines import ShellLines
from wilkc.adapters.hooks.confining import OTHER_RUN, confine, prefix
from wilkc.adapters.hooks.model import Call
from wilkc.adapters.hooks.options import empty
from wilkc.core.errors import RequestError
from wilkc.language.commands import lex_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES: Final = 4_000
MOST: Final = 4_000
"""Characters of a line: a prefix may make one longer than any may be, which is refused."""
PROGRAM: Final = "/opt/wilk/bin/wilkc"
HOSTILE: Final = (
    "'", "''", '"', "\\", "\\'", "a'b\"c", "$(id)", "`id`", "$HOME", "*", "~", "!", "!!", ";", "&&",
    "|", ">a", "#", "", " ", "\t", "--", "-", "é'日", "'\\''", "a\\", "%1", "{a,b}", "2>&1",
)  # fmt: skip


def _options(chosen: random.Random) -> dict[str, Any]:
    """Options whose own texts are hostile, too."""
    return {
        **empty(),
        "agent": "coder",
        "confine": PROGRAM,
        "bundle": "/b" + chosen.choice(HOSTILE),
        "key": ["/k" + chosen.choice(HOSTILE) for _ in range(chosen.randint(1, 3))],
        "bundle-scope": chosen.choice((None, *HOSTILE)),
        "audit": "/a" + chosen.choice(HOSTILE),
        "audit-keys": "/a.keys",
    }


def _single(line: str) -> tuple[str, ...] | None:
    """The argument list of a line of one command, or None for any other."""
    try:
        commands = lex_line(line)
    except RequestError:
        return None
    return commands[0] if len(commands) == 1 else None


def _line(supply: ShellLines, chosen: random.Random) -> str:
    """A line as shells take it, or one of hostile texts between single quotes."""
    if chosen.random() < 0.6:
        return supply.line()
    words = chosen.choices([one for one in HOSTILE if "'" not in one], k=chosen.randint(1, 5))
    return " ".join(["ls", *(f"'{word}'" for word in words)])


def test_bash_and_the_lexer_read_what_was_judged(
    seed: int, effort: int, compared: Callable[[int], None], bash_folder: Path
) -> None:
    chosen = random.Random(seed)
    supply = ShellLines(chosen)
    wanted: list[tuple[str, ...]] = []
    rewritten: list[Lexed] = []
    while len(wanted) < LINES * effort:
        text = _line(supply, chosen)
        argv = _single(text)
        if argv is None:
            continue
        options = _options(chosen)
        head = prefix(options, "/w")
        call = Call("claude", "PreToolUse", False, "Bash", {"command": text}, cwd="/w")
        if len(text) > MOST:
            continue
        found = confine(call, options, "/w")
        assert not found.wrapped
        assert lex_line(found.call.given["command"]) == (argv,)
        assert found.line.endswith(found.call.given["command"])
        # It is known when it comes back, and comes down to the same.
        back = confine(
            Call("claude", "PreToolUse", False, "Bash", {"command": found.line}), options, "/w"
        )
        assert (back.wrapped, back.call.given) == (True, found.call.given)
        wanted.append((*head, *argv))
        rewritten.append(Lexed.of(found.line))
    assert [one.commands for one in rewritten] == [(argv,) for argv in wanted]
    runs = bash_runs(bash_folder, [(one, 0) for one in rewritten])
    assert [
        (one.line, run)
        for one, argv, run in zip(rewritten, wanted, runs, strict=True)
        if run != [argv]
    ] == []
    compared(2 * len(wanted))


def test_no_change_of_a_prefix_is_taken_for_it(
    seed: int, effort: int, compared: Callable[[int], None]
) -> None:
    """A word more, less, moved or changed: refused as another run, or put behind the prefix."""
    chosen = random.Random(seed)
    refused = 0
    for _ in range(LINES * effort):
        options = _options(chosen)
        head = prefix(options, "/w")
        words = [*head, "git", "status"]
        place = chosen.randrange(len(head))
        kind = chosen.randrange(4)
        if kind == 0:
            del words[place]
        elif kind == 1:
            words.insert(place, chosen.choice((*HOSTILE, "--policies", "evil.yaml", "run")))
        elif kind == 2:
            words[place] = chosen.choice((*HOSTILE, "other", "run"))
        else:
            other = chosen.randrange(len(head))
            words[place], words[other] = words[other], words[place]
        if tuple(words[: len(head)]) == head or not words[0]:
            continue
        line = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        call = Call("claude", "PreToolUse", False, "Bash", {"command": line})
        try:
            found = confine(call, options, "/w")
        except RequestError as error:
            refused += error.detail == OTHER_RUN
            continue
        assert not found.wrapped
        assert lex_line(found.line) == ((*head, *words),)
    compared(refused)
    assert refused > LINES * effort // 2
