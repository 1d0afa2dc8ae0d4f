"""Attacks by system call: what the filter answers to a process inside."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.conformance.sandbox.conftest import CASES, Attacked
from wilkc.runtime.sandbox.seccomp.numbers import ARCHITECTURES

INSIDE: Final = Path(__file__).parent / "inside.py"
MACHINE: Final = os.uname().machine
ATTEMPTED: Final = {
    name: case for name, case in CASES.items() if case["request"]["kind"] == "syscall"
}
NUMBERS: Final = {**ARCHITECTURES[MACHINE].numbers, "open_tree_attr": 467, "int 0x80: socket": 0}
KILLED: Final = 128 + 31
"""SIGSYS."""
REACHES_THE_KERNEL: Final = frozenset({"K5a", "K5d", "K6a", "K7a", "K8c", "K8d", "K9a", "K10a"})
"""Attacks to which the kernel itself gives an ordinary user another answer than the filter."""


@pytest.mark.parametrize("name", ATTEMPTED)
def test_attack(attacked: Attacked, name: str) -> None:
    case = ATTEMPTED[name]
    call = case["request"]["call"]
    if call.startswith("int 0x80") and MACHINE != "x86_64":
        pytest.skip("only x86_64 has this entry")
    words = ("-c", INSIDE.read_text(encoding="utf-8"), "syscall", call, str(NUMBERS[call]))
    ended = attacked.launch(case, "/usr/bin/python3", *words)
    wanted = case["request"]["errno"].split(" or ")
    # The control: another call by the same way, in the same process.
    assert ended.stdout.startswith("control ok\n"), ended
    if wanted == ["SIGSYS"]:
        assert (ended.stdout, ended.exit) == ("control ok\n", KILLED)
    else:
        assert errno.errorcode[_number(ended.stdout)] in wanted
    if name in REACHES_THE_KERNEL:
        _require_another_answer(attacked, words, wanted)


def _require_another_answer(attacked: Attacked, words: tuple[str, ...], wanted: list[str]) -> None:
    """Without a sandbox the same attack ends otherwise: the refusal above was the filter's."""
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
    ended = attacked.scenery.outside(attacked.scenery.project, python, *words)
    assert ended.stdout.startswith("control ok\n"), ended
    if ended.returncode == 0:
        assert errno.errorcode.get(_number(ended.stdout), "none") not in wanted
    else:
        assert ended.returncode != -31


def _number(text: str) -> int:
    return int(next(line for line in text.splitlines() if line.startswith("attack ")).split()[1])
