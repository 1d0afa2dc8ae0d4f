"""Attacks on files, made by a process inside the sandbox."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conformance.sandbox.conftest import CASES, Attacked
from tests.conformance.sandbox.scenery import CANARY

INSIDE: Final = (Path(__file__).parent / "inside.py").read_text(encoding="utf-8")
ATTEMPTED: Final = {name: case for name, case in CASES.items() if case["request"]["kind"] == "file"}
WORKS: Final = frozenset({"report", "allow"})
"""What may happen: with a report in the record, or without."""
REPORTED: Final = "second name"


@pytest.mark.parametrize("name", ATTEMPTED)
def test_attack(attacked: Attacked, name: str) -> None:
    case = ATTEMPTED[name]
    given = attacked.scenery.named(case["request"])
    attacked.scenery.set_up(given.get("setup", []))
    path = attacked.scenery.place(given["path"]) if given["path"][0] == "." else given["path"]
    before = _state(attacked, Path(path))
    ended = attacked.launch(
        case, "/usr/bin/python3", "-c", INSIDE, "file", given["op"], str(path),
        given.get("target", ""),
    )  # fmt: skip
    lines = ended.stdout.splitlines()
    # The control: the same kind of thing where the rules allow it.
    assert "control ok" in lines, ended
    number = int(next(line for line in lines if line.startswith("attack ")).split()[1])
    if case["expect"] in WORKS:
        assert number == 0
        if case["expect"] == "report":
            assert any(REPORTED in one for one in ended.launch["reports"]["first"])
        return
    assert number != 0
    assert CANARY not in ended.stdout
    assert "root:x:" not in ended.stdout
    assert _state(attacked, Path(path)) == before
    if "errno" in given:
        assert errno.errorcode[number] in given["errno"].split(" or ")


def _state(attacked: Attacked, path: Path) -> Any:
    """The named file, and everything that no rule lets be written."""
    scenery = attacked.scenery
    inside = path.is_relative_to(scenery.top) and path.is_file()
    text = path.read_bytes() if inside else path.is_relative_to(scenery.top) and path.exists()
    return text, scenery.digest()
