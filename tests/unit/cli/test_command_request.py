"""What `wilkc run` and `wilkc mcp` ask about a command: a script is the file that it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.running import command_request
from wilkc.core.errors import UsageError
from wilkc.plan import decide

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Judged

SPEC = """
agent: a
permissions:
  filesystem:
    execute: ['./scripts/**', '**/elsewhere.py']
    metadata: {blocked_paths: [./hidden]}
  shell:
    allowed_commands: ['python3 *', 'timeout *', ./scripts/good.py, ./scripts/link.py]
    allowed_interpreters: [python3]
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name in ("scripts", "hidden"):
        (tmp_path / name).mkdir()
    for name in ("scripts/good.py", "hidden/bad.py"):
        (tmp_path / name).write_text("#!/usr/bin/python3\n")
        (tmp_path / name).chmod(0o700)
    (tmp_path / "scripts/link.py").symlink_to("../hidden/bad.py")
    return tmp_path


def _properties(workspace: Path, *command: str) -> dict[str, Any]:
    return dict(command_request("a", command, os.fspath(workspace)).properties)


def test_each_script_goes_by_its_names(workspace: Path) -> None:
    asked = _properties(workspace, "python3", "scripts/link.py")
    assert asked["scripts"][0][0] == "./hidden/bad.py"
    asked = _properties(workspace, "./scripts/good.py")
    assert asked["interpreter"] == "/usr/bin/python3"
    assert asked["scripts"][0][0] == "./scripts/good.py"
    assert _properties(workspace, "ls") == {"argv": ["ls"]}


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        (("python3", "scripts/good.py"), "allowed"),
        (("python3", "scripts/link.py"), "script_not_allowed"),
        (("./scripts/good.py",), "allowed"),
        (("./scripts/link.py",), "script_not_allowed"),
    ],
)
def test_a_link_to_what_is_blocked_is_not_run(
    judged: Judged, workspace: Path, command: tuple[str, ...], detail: str
) -> None:
    compiled = judged.compiled(a=SPEC)
    request = command_request("a", command, os.fspath(workspace))
    assert decide(compiled.plan, request).detail == detail
    assert judged.differences(compiled, [request]) == []


def test_a_script_in_a_wrapper_is_refused(workspace: Path) -> None:
    with pytest.raises(UsageError, match="a script must be a command of its own"):
        _properties(workspace, "timeout", "5", "./scripts/good.py")
    assert _properties(workspace, "timeout", "5", "ls") == {"argv": ["timeout", "5", "ls"]}


def test_without_a_home_no_script_can_be_told(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wilkc.runtime.guard.roots._own_home", lambda: None)
    with pytest.raises(UsageError, match="no home directory"):
        _properties(workspace, "python3", "scripts/good.py")
    assert _properties(workspace, "ls") == {"argv": ["ls"]}
