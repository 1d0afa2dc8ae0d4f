"""Frozen and protected names that a rule would bind by themselves: never for writing."""

from __future__ import annotations

from typing import Any

import pytest

from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.obeyed import FROZEN_DIRECTORIES, FROZEN_FILES
from wilkc.runtime.sandbox.reserved import Reserved

PROTECTED = "config/prod.json"
NAMES = (
    ".mcp.json", ".claude/settings.json", ".vscode/tasks.json", "deep/er/.cursor/mcp.json",
    PROTECTED,
)  # fmt: skip


@pytest.fixture
def tree(work: Any) -> Any:
    for name in (*NAMES, "a.json", "deep/b.json", "config/test.json"):
        work.write(name, "before")
    return work


def _written(*names: str) -> str:
    return "; ".join(f"echo after > {name}" for name in names)


def test_a_narrowed_rule_leaves_them_as_they_are(tree: Any, spec: Any) -> None:
    free = ("a.json", "deep/b.json", "config/test.json")
    rules = spec(write_each=("./**/*.json",), frozen=(f"./{PROTECTED}",))
    ended = tree.sh(rules, _written(*NAMES, *free))
    assert ended.kind == "exited", ended.message
    assert {(tree.path / name).read_text() for name in NAMES} == {"before"}
    assert {(tree.path / name).read_text() for name in free} == {"after\n"}
    said = [one for one in ended.launch["reports"]["first"] if "stays read-only" in one]
    assert len(said) == 1
    assert f"and {len(NAMES) - 1} more" in said[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_of_one_path_mounts_nothing(tree: Any, spec: Any, name: str) -> None:
    rules = spec(write_files=(f"./{name}", "./a.json"), frozen=(f"./{PROTECTED}",))
    ended = tree.sh(rules, _written(name, "a.json"))
    assert ended.kind == "exited", ended.message
    assert (tree.path / name).read_text() == "before"
    assert (tree.path / "a.json").read_text() == "after\n"
    assert any("stays read-only" in one for one in ended.launch["reports"]["first"])
    # Reading it is another matter.
    assert tree.sh(spec(files=(f"./{name}",)), f"cat {name}").stdout == "before"


def test_none_is_made_for_a_rule(tree: Any, spec: Any) -> None:
    before = tree.names()
    rules = spec(write_files=("./.envrc", "./.husky/pre-commit", "./new.json"))
    ended = tree.sh(rules, "test ! -e .husky && test ! -e .envrc && echo x > new.json")
    assert ended.exit == 0, ended
    assert tree.names() == {*before, "new.json"}


@pytest.mark.parametrize("pattern", ["./.claude/**", "./config/**"])
def test_a_folder_of_such_a_name_is_not_mounted_for_writing(
    tree: Any, spec: Any, pattern: str
) -> None:
    place = pattern.removesuffix("/**")
    rules = spec(write=(pattern, "./deep/**"), frozen=("./config/**",))
    ended = tree.sh(rules, f"echo x > {place}/new; echo x > deep/new")
    assert ended.kind == "exited", ended.message
    assert not (tree.path / place / "new").exists()
    assert (tree.path / "deep/new").exists()


def test_a_repositorys_own_folder_is_mounted_without_what_git_obeys(work: Any, spec: Any) -> None:
    work.write(".git/config", "[core]")
    work.write(".git/hooks/pre-commit", "true")
    work.folder(".git/info")
    script = (
        "echo x > .git/COMMIT_EDITMSG; echo x >> .git/config; echo x > .git/hooks/post-commit;"
        " echo x > .git/info/attributes; echo x > .git/config.worktree; mv .git/hooks .git/h"
    )
    before = work.names()
    ended = work.sh(spec(write=("./.git/**",)), script)
    assert ended.kind == "exited", ended.message
    assert work.names() == {*before, ".git/COMMIT_EDITMSG"}
    assert (work.path / ".git/config").read_text() == "[core]"


def test_what_a_frozen_name_leads_to_is_left_as_it_is(work: Any, spec: Any) -> None:
    for name in ("conf/npm", "conf/npm-other", "real/confined", "real/config"):
        work.write(name, "before")
    (work.path / ".npmrc").symlink_to("conf/npm")
    work.write("tree/.git", "gitdir: ../real\n")
    rules = spec(write_each=("./**/npm*", "./**/conf*"))
    script = _written("conf/npm", "conf/npm-other", "real/confined", "real/config")
    ended = work.sh(rules, script)
    assert ended.kind == "exited", ended.message
    now = {name: (work.path / name).read_text() for name in ("conf/npm", "real/config")}
    assert set(now.values()) == {"before"}
    assert (work.path / "conf/npm-other").read_text() == "after\n"
    assert (work.path / "real/confined").read_text() == "after\n"


RESERVED = Reserved(Roots("/srv/.claude/w", "/home/dev"))


@pytest.mark.parametrize("top", ["/srv/.claude/w", "/srv/.claude/w/deep/er", "/home/dev", "/opt"])
@pytest.mark.parametrize(
    "name",
    [
        *FROZEN_FILES, *FROZEN_DIRECTORIES, *(f"{one}/a/b" for one in FROZEN_DIRECTORIES), ".git",
        ".git/modules/a/config", ".git/modules/a/hooks/pre-commit",
        ".git/worktrees/a/config.worktree",
    ],
)  # fmt: skip
def test_every_frozen_name_in_any_folder(top: str, name: str) -> None:
    assert RESERVED.is_frozen(f"{top}/{name}")


@pytest.mark.parametrize(
    "path",
    [
        # What a workspace lies in is no matter of what lies in the workspace.
        "/srv/.claude/w/a", "/srv/.claude/w/git/config", "/srv/.claude/w/.git/HEAD",
        "/srv/.claude/w/.git/COMMIT_EDITMSG", "/srv/.claude/w/bashrc", "/srv/.claude/w/.npmrc/a",
        "/srv/.claude/w/x.vscode/a", "/home/dev/hooks/a", "/opt/config",
    ],
)  # fmt: skip
def test_other_names_are_not_frozen(path: str) -> None:
    assert not RESERVED.is_frozen(path)


def test_a_repositorys_folder_is_not_frozen_as_a_folder() -> None:
    assert RESERVED.is_frozen("/srv/.claude/w/.git")
    assert not RESERVED.is_frozen("/srv/.claude/w/.git", alone=False)
    assert RESERVED.is_frozen("/srv/.claude/w/.git/hooks", alone=False)
