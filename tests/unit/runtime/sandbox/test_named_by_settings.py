"""What a repository's settings say that names nothing, or not what it seems to."""

from __future__ import annotations

from typing import Any

import pytest

ALL = {"read": ("./**",), "write": ("./**",)}


@pytest.mark.parametrize("value", ["true", "No", "1"])
def test_what_names_no_program_is_a_name_like_others(work: Any, spec: Any, value: str) -> None:
    """Of `core.fsmonitor`; a folder of that name stood in the workspace while a command ran."""
    work.write(".git/config", f"[core]\n\tfsmonitor = {value}\n")
    ended = work.sh(spec(**ALL), f"test ! -e {value}; echo x > {value}")
    assert ended.kind == "exited", ended.message
    assert (work.path / value).read_text() == "x\n"


def test_it_is_kept_where_git_runs_it_as_hooks(work: Any, spec: Any) -> None:
    work.write(".git/config", "[core]\n\thooksPath = true\n")
    ended = work.sh(spec(**ALL), "mkdir true; echo x > true/pre-commit")
    assert ended.kind == "exited", ended.message
    assert not (work.path / "true").exists()


def test_settings_end_at_a_zero_as_for_git(work: Any, spec: Any) -> None:
    """Whoever made a repository could have kept every later command from starting."""
    work.write("sub/.git/config", "[core]\n\thooksPath = hooks\0more\n")
    ended = work.sh(spec(**ALL), "mkdir sub/hooks; echo x > sub/hooks/pre-commit; echo x > sub/a")
    assert ended.kind == "exited", ended.message
    assert (work.path / "sub/a").exists()
    assert not (work.path / "sub/hooks").exists()


@pytest.mark.parametrize("name", ["n" * 300, "n" * 255])
def test_a_name_that_nobody_can_make_keeps_no_command_from_starting(
    work: Any, spec: Any, name: str
) -> None:
    work.write("sub/.git/config", f"[core]\n\thooksPath = {name}\n")
    ended = work.sh(spec(**ALL), f"mkdir sub/{name}; echo x > sub/{name}/pre-commit; : > sub/a")
    assert ended.kind == "exited", ended.message
    assert (work.path / "sub/a").exists()
    assert len(name) > 255 or not (work.path / "sub" / name).exists()
