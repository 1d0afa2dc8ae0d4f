"""What is quoted in a log was perhaps chosen by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.cli.commands import authzen, serve

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
