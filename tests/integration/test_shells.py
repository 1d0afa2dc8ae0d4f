"""Completion in a real bash on a terminal: what the keys do."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

PROGRAMS = Path(sys.executable).parent
PATIENCE = 60
"""Seconds after which a bash that says nothing counts as stuck."""
READY = "ready-to-go"


class Terminal:
    """A bash at a terminal that knows how to complete `wilkc`."""

    def __init__(self, bash: str, folder: Path) -> None:
        self._terminal, inner = pty.openpty()
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        self._bash = subprocess.Popen(
            [bash, "--norc", "--noprofile", "-i"],
            cwd=folder,
            env={"PATH": path, "TERM": "dumb", "PS1": "> ", "HOME": str(folder)},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)
        self._read = ""
        self.type("bind 'set enable-bracketed-paste off'\n")
        # Written in two parts, so that the echo of the line is not taken for its output.
        self.type(f'eval "$(wilkc completion bash)"; echo {READY[:4]}""{READY[4:]}\n')
        self.until(READY)

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def until(self, text: str) -> str:
        """What bash shows from now on until it shows a text."""
        ends = time.monotonic() + PATIENCE
        while text not in self._read:
            ready, _, _ = select.select([self._terminal], [], [], max(0, ends - time.monotonic()))
            assert ready, f"bash showed only {self._read!r}"
            self._read += os.read(self._terminal, 4096).decode()
        shown, _, self._read = self._read.partition(text)
        return shown

    def close(self) -> None:
        self._bash.kill()
        self._bash.wait()
        os.close(self._terminal)


@pytest.fixture
def terminal(tmp_path: Path, require: Callable[[str, str], NoReturn]) -> Iterator[Terminal]:
    """See `Terminal`; in a folder with the folder `policies-of-mine`."""
    bash = shutil.which("bash")
    if bash is None:
        require("bash", "it is not on PATH")
    (tmp_path / "policies-of-mine").mkdir()
    held = Terminal(bash, tmp_path)
    yield held
    held.close()


def test_a_command_is_completed(terminal: Terminal) -> None:
    terminal.type("wilkc comp\t")
    terminal.until("wilkc completion ")
    terminal.type("fi\t\n")
    terminal.until("function _wilkc_completion")


def test_commands_and_options_are_listed(terminal: Terminal) -> None:
    terminal.type("wilkc c\t\t")
    shown = terminal.until("completion")
    assert "check" in shown
    terminal.type("\x15wilkc fmt --\t\t")
    shown = terminal.until("--quiet")
    assert "--check" in shown
    assert "--diff" in shown


def test_a_path_is_completed(terminal: Terminal) -> None:
    terminal.type("wilkc check poli\t\n")
    assert "policies-of-mine/" in terminal.until("nothing to check")
