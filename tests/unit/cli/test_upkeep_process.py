"""The process that looks after a log: what it imports, and what its silence means."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.upkeep_process import SILENT_SECONDS, Kept, Telling

if TYPE_CHECKING:
    from pathlib import Path

WELL = {"age_seconds": 1.5, "failures": 0, "problem": "", "runs": 3}


def _line(**chores: Any) -> bytes:
    return json.dumps({"chores": chores}).encode() + b"\n"


def test_nothing_is_imported_from_the_folder_that_it_runs_in(tmp_path: Path) -> None:
    (tmp_path / "wilkc").mkdir()
    (tmp_path / "wilkc" / "__init__.py").write_text("raise SystemExit(99)\n")
    done = subprocess.run(
        Kept("no-log", ()).command(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "no audit log" in done.stderr


def test_what_it_told_last_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("wilkc.cli.upkeep_process.time.monotonic", lambda: now[0])
    telling = Telling()
    telling.begin()
    assert telling.upkeep(0).well
    telling.hear(_line(rules=WELL, alerts={**WELL, "problem": "no"}))
    told = telling.upkeep(0)
    assert (told.problem, told.well, told.chores["rules"].runs) == ("", False, 3)
    telling.hear(_line(rules=WELL))
    assert telling.upkeep(0).well
    now[0] += SILENT_SECONDS + 1
    assert "says nothing for 31 s" in telling.upkeep(0).problem


def test_one_that_ended_and_said_nothing_since_is_not_well() -> None:
    telling = Telling()
    telling.begin()
    telling.hear(_line(rules=WELL))
    telling.begin()
    assert "ended by itself" in telling.upkeep(1).problem
    telling.hear(_line(rules=WELL))
    assert telling.upkeep(1).well


@pytest.mark.parametrize(
    "line",
    [b"", b"x\n", b"[]\n", b'{"chores": 5}\n', b'{"chores": {"a": {}}}\n', b"\xff\n",
     json.dumps({"chores": {"a": {**WELL, "runs": "3"}}}).encode()],
)  # fmt: skip
def test_what_is_no_line_of_it_is_passed_over(line: bytes) -> None:
    telling = Telling()
    telling.hear(_line(rules=WELL))
    telling.hear(line)
    assert set(telling.upkeep(0).chores) == {"rules"}
