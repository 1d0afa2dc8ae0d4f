"""`wilkc run` where something fails that nobody foresaw."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

import pytest

from wilkc.cli.commands import run
from wilkc.cli.main import main
from wilkc.core.errors import UsageError
from wilkc.runtime.sandbox.outcome import STATUS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals stay what they are for the tests."""
    monkeypatch.setattr(run, "end_in_order", lambda: None)


def _run(monkeypatch: pytest.MonkeyPatch, outcome: Path, error: Exception) -> object:
    def fail(_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(run, "open_source", fail)
    with pytest.raises(SystemExit) as left:
        main(["run", "--policies", str(outcome.parent), "--outcome", str(outcome), "a", "--", "b"])
    return left.value.code


@pytest.mark.parametrize(
    "error",
    [RuntimeError("can't start new thread"), KeyError("x"), RecursionError(), OSError(24, "full"),
     MemoryError(), AssertionError()],
)  # fmt: skip
def test_a_crash_is_not_taken_for_the_command_s_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    outcome = tmp_path / "outcome.json"
    assert _run(monkeypatch, outcome, error) == STATUS["sandbox_failed"]
    told = json.loads(outcome.read_text())
    assert (told["kind"], told["detail"], told["recorded"]) == (
        "sandbox_failed", "guard_failed", False,
    )  # fmt: skip
    assert type(error).__name__ in told["message"]
    assert type(error).__name__ in capsys.readouterr().err


@pytest.mark.parametrize("error", [RuntimeError("x"), UsageError("x")])
def test_the_status_holds_where_nobody_reads_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def unread(_: object) -> NoReturn:
        raise BrokenPipeError

    monkeypatch.setattr(run, "show_refusal", unread)
    outcome = tmp_path / "outcome.json"
    assert _run(monkeypatch, outcome, error) == STATUS["sandbox_failed"]
    assert json.loads(outcome.read_text())["kind"] == "sandbox_failed"
