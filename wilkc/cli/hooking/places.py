"""Where a harness keeps its settings, and the command that goes there. Layer: cli."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.hooks.options import OPTIONS, check, words
from wilkc.adapters.hooks.wiring import SCRIPT
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.adapters.hooks.model import Harness

NEW_MODES: Final = {"project": 0o644, "user": 0o600}
_NAMING: Final = frozenset({"claude", "cursor", "gemini"})
"""Harnesses that tell their hooks which project they work in."""


def settings_path(harness: Harness, scope: str, project: str) -> Path:
    """The settings file of a harness.

    Args:
        harness: its facts.
        scope: `project` or `user`.
        project: the project's folder.
    """
    if scope == "project":
        return Path(project) / harness.settings.project
    variable = harness.settings.variable
    folder = os.environ.get(variable) if variable else None
    below = Path(harness.settings.user)
    home = os.environ.get(harness.settings.home) if harness.settings.home else None
    # The variable names the harness's own folder, which the path begins with.
    return Path(folder) / Path(*below.parts[1:]) if folder else Path(home or Path.home()) / below


def hook_command(harness: Harness, options: Mapping[str, Any], scope: str) -> list[str]:
    """The command of a hook: this interpreter, the entry script, and options.

    It is isolated (`-I`): no variable and no folder that the agent works in says what is loaded.

    Raises:
        UsageError: the options cannot lead to a decision.
    """
    given = {**options, "harness": harness.name}
    for option in OPTIONS:
        value = given[option.name]
        if option.kind == "path" and value is not None:
            given[option.name] = _absolute(value)
        elif option.kind == "paths":
            given[option.name] = [_absolute(one) for one in value]
    try:
        check(given)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if scope == "user" and given["workspace"] is None and harness.name not in _NAMING:
        raise UsageError(
            f"`{harness.name}` does not tell its hooks which project it works in",
            help_text="name it by `--workspace DIR`, or use `--scope project`",
        )
    return [sys.executable, "-I", entry_script(), *words(given)]


def entry_script() -> str:
    """The script that harnesses start."""
    script = str(Path(__file__).resolve().parents[1] / "hook_entry.py")
    if not script.endswith(SCRIPT):
        raise UsageError(f"the hook's script is at an odd place: `{script}`")
    return script


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100  # `resolve` would follow links of this machine
