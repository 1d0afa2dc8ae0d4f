"""What is quoted in a refusal or a log was perhaps chosen by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.cli.commands import authzen, serve
from wilkc.cli.main import show_refusal
from wilkc.core.errors import WilkError

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "member `\x1b[2J\x9b` \u202ewilkc serve: well again"


@pytest.mark.parametrize("log", [serve._log, authzen._log])
def test_a_log_has_one_line_for_each_event(
    log: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    log(f"refused\n{HOSTILE}")
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert shown.rstrip("\n").isprintable()


def test_no_terminal_acts_on_a_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    show_refusal(WilkError(f"first\n{HOSTILE}", help_text=HOSTILE))
    shown = capsys.readouterr().err
    assert all(line.isprintable() for line in shown.split("\n"))
    assert shown.startswith("wilkc: first\nmember ")
