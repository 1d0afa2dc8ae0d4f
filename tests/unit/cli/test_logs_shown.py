"""What is quoted in a log was perhaps chosen by somebody else, and a log is not always there."""

from __future__ import annotations

import errno
import io
import os
from typing import TYPE_CHECKING

import pytest

from wilkc.cli import filtering
from wilkc.cli.commands import authzen, serve
from wilkc.cli.commands.audit import keep
from wilkc.cli.log_lines import log_line

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "member `\x1b[2J\x9b` \u202ewilkc serve: well again"
LOGS = [serve._log, authzen._log, keep._log, filtering._log]


class Full(io.StringIO):
    """Stands for a file on a full disk."""

    def write(self, text: str) -> int:
        """Never."""
        del text
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("log", LOGS)
def test_a_log_has_one_line_for_each_event(
    log: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    log(f"refused\n{HOSTILE}")
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert shown.rstrip("\n").isprintable()


@pytest.mark.parametrize("log", LOGS)
def test_a_log_that_cannot_be_written_ends_nothing(
    log: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", Full())
    log("OPA ended with code -9; starting it again")


def test_an_output_that_cannot_be_written_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", Full())
    log_line("active  revision r1", err=False)
