"""`wilkc decide --audit`: nothing is answered before it is on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import PATIENT, run_wilkc

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"


def _wilkc(*arguments: object, text: str = "") -> subprocess.CompletedProcess[str]:
    return run_wilkc(*arguments, given=text)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "log"
    made = _wilkc(
        "audit", "init", place, "--keys", tmp_path / "log.keys", "--origin", "example.org/t",
        "--root-key", tmp_path / "root", "--reserve", "1MiB", "--policies", PATIENT,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    yield place
    place.chmod(0o700)


def _decide(log: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    reference = ("--engine", "reference", "--policies", str(EXAMPLES))
    return _wilkc("decide", *arguments, *reference, "--audit", log, "-f", "json", text=text)


def test_an_answer_is_on_record(log: Path) -> None:
    done = _decide(log, "reviewer", "file:./src/a.ts", "read")
    assert done.returncode == 0
    assert json.loads(done.stdout)["decision"] is True
    shown = _wilkc("audit", "show", log).stdout
    assert "permission.check" in shown
    assert "file:./src/a.ts" in shown


def test_a_batch_is_on_record_in_order(log: Path) -> None:
    asked = [
        {
            "subject": {"type": "agent", "id": "reviewer"},
            "action": {"name": "read"},
            "resource": {"type": "file", "id": f"./src/{name}"},
        }
        for name in ("a.ts", "b.ts", ".env")
    ]
    done = _decide(log, "--batch", "-", text="\n".join(map(json.dumps, asked)))
    assert [json.loads(line)["decision"] for line in done.stdout.splitlines()] == [
        True,
        True,
        False,
    ]
    shown = _wilkc("audit", "show", log).stdout
    assert shown.index("./src/a.ts") < shown.index("./src/b.ts") < shown.index("./src/.env")


def test_what_cannot_be_recorded_is_denied(log: Path) -> None:
    for path in log.glob("seg-*"):
        path.unlink()
        path.mkdir()
    done = _decide(log, "reviewer", "file:./src/a.ts", "read")
    assert done.returncode in {5, 7}
    assert '"decision": true' not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_log_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    done = _decide(tmp_path / "none", "reviewer", "file:./src/a.ts", "read")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
