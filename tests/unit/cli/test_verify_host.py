"""What `wilkc verify-host` exits with, and what it shows, by how the attacks ended."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from wilkc.cli.commands import verify_host as command
from wilkc.cli.main import cli
from wilkc.runtime.host.verdicts import Verdict, judge

KEPT: Any = cli.context_settings
"""A command keeps by which of them it was run first."""
HELD = judge("one", "files", "something", {"control": "ok", "ended": "held", "evidence": "EROFS"})
BREACHED = judge("two", "files", "something", {"control": "ok", "ended": "breached"})
INCONCLUSIVE = judge("three", "files", "something", None)
ABSENT = Verdict("four", "limits", "not applicable", "something", "no control group")


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((HELD,), 0),
        ((HELD, ABSENT), 0),
        ((HELD, INCONCLUSIVE), 7),
        ((HELD, BREACHED), 1),
        ((INCONCLUSIVE, BREACHED), 1),
    ],
)
def test_the_worst_decides(
    verdicts: tuple[Verdict, ...], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "attack", lambda: verdicts)
    ended = CliRunner().invoke(command.verify_host, ["-f", "json"], **KEPT)
    assert ended.exit_code == code
    shown = json.loads(ended.stdout)
    assert [one["state"] for one in shown["verdicts"]] == [one.state for one in verdicts]
    assert sum(shown["counts"].values()) == len(verdicts)
    text = CliRunner().invoke(command.verify_host, [], **KEPT)
    assert text.exit_code == code
    lines = text.stdout.splitlines()
    assert all(line.startswith(one.state) for line, one in zip(lines[:-1], verdicts, strict=True))
    assert f"{sum(one.state == 'breached' for one in verdicts)} breached" in lines[-1]
