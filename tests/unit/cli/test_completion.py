"""What shells are offered, and the scripts with which they ask."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.completion import SHELLS, VARIABLE
from wilkc.cli.main import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran

ASKS = {
    "": sorted(COMMANDS),
    "ch": ["check"],
    "--ver": ["--version"],
    "check --fo": ["--format"],
    "schema --kind se": ["security-policy", "settings"],
    "completion ": ["bash", "fish", "zsh"],
    "audit ver": ["verify", "verify-proof"],
    "nonsense": [],
}


def _offered(wilkc: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, line: str) -> list[str]:
    """What bash is told, as `TYPE,VALUE` each."""
    words = f"wilkc {line}".split(" ")
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    monkeypatch.setenv(VARIABLE, "bash_complete")
    ran = wilkc()
    assert (ran.code, ran.err) == (0, "")
    return ran.out.split()


@pytest.mark.parametrize("line", ASKS)
def test_commands_options_and_choices(
    wilkc: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    assert _offered(wilkc, monkeypatch, line) == [f"plain,{word}" for word in ASKS[line]]


@pytest.mark.parametrize("line", ["check pol", "fmt ", "run builder -- py", "build -o out"])
def test_files_where_nothing_else_is_known(
    wilkc: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    assert _offered(wilkc, monkeypatch, line) == [f"file,{line.rpartition(' ')[2]}"]


@pytest.mark.parametrize("line", ["check --nonsense", "pol"])
def test_no_files_for_options_and_commands(
    wilkc: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    assert _offered(wilkc, monkeypatch, line) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_name_the_program_and_the_variable(wilkc: Callable[..., Ran], shell: str) -> None:
    ran = wilkc("completion", shell)
    assert ran.code == 0
    assert f"{VARIABLE}={shell}_complete" in ran.out
    assert "wilkc" in ran.out.replace(VARIABLE, "")


def test_an_unknown_shell_is_refused(wilkc: Callable[..., Ran]) -> None:
    assert wilkc("completion", "csh").code == 2


def test_names_are_offered_without_loading_the_commands() -> None:
    program = (
        "import sys\nfrom wilkc.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print('\\n'.join(sys.modules))"
    )
    asked = {"COMP_WORDS": "wilkc c", "COMP_CWORD": "1", VARIABLE: "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **asked},
    )
    lines = done.stdout.split()
    assert "plain,check" in lines
    assert {"yaml", "pydantic", "wilkc.cli.commands.check"}.isdisjoint(lines)
