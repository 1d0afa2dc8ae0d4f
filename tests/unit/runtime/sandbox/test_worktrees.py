"""A worktree or submodule in a writable tree: its `.git` is a file, and stays what it is."""

from __future__ import annotations

from typing import Any

import pytest

RULES = {"read": ("./**",), "write": ("./out/**",)}


@pytest.fixture
def pointer(work: Any) -> Any:
    work.write("repository/.git/worktrees/wt/HEAD", "ref: refs/heads/x\n")
    work.write("repository/.git/config", "[core]\n")
    return work.write("out/wt/.git", f"gitdir: {work.path}/repository/.git/worktrees/wt\n")


@pytest.mark.parametrize(
    "script",
    [
        "echo x > out/wt/.git",
        "rm -f out/wt/.git",
        "mv out/wt/.git out/wt/.was",
        "mv out/wt out/away",
        "mkdir -p out/wt/.git/hooks",
        "echo x > repository/.git/config",
    ],
)
def test_its_pointer_is_frozen(work: Any, spec: Any, pointer: Any, script: str) -> None:
    text = pointer.read_text()
    ended = work.sh(spec(**RULES), script)
    assert ended.kind == "exited", ended
    assert ended.exit != 0
    assert pointer.read_text() == text
    assert (work.path / "repository/.git/config").read_text() == "[core]\n"


def test_what_is_beside_it_is_written(work: Any, spec: Any, pointer: Any) -> None:
    ended = work.sh(spec(**RULES), "cat out/wt/.git && echo x > out/wt/new")
    assert (ended.kind, ended.exit, ended.stdout) == ("exited", 0, pointer.read_text())
    assert (work.path / "out/wt/new").read_text() == "x\n"
