"""What a command can read and write: every permission beside its refusal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

Any_ = Any
RULES = {
    "read": ("./src/**", "./out/**"),
    "write": ("./out/**",),
    "block": (".env*", "**/blocked/**"),
}


@pytest.fixture
def filled(work: Any) -> Any:
    work.write("src/a.ts", "hello")
    work.write("src/.env", "SECRET-CANARY")
    work.write("other/b.txt", "SECRET-CANARY")
    work.write("out/sub/.env", "SECRET-CANARY")
    work.write("out/blocked/key", "SECRET-CANARY")
    work.write("out/sub/plain", "plain")
    return work


def test_reads_what_a_rule_mounts(filled: Any, spec: Any) -> None:
    ended = filled.sh(spec(**RULES), "cat src/a.ts")
    assert (ended.kind, ended.exit, ended.stdout) == ("exited", 0, "hello")


@pytest.mark.parametrize("path", ["other/b.txt", "/etc/shadow", "/etc/hostname", "/root", "/var"])
def test_reads_nothing_else(filled: Any, spec: Any, path: str) -> None:
    ended = filled.sh(spec(**RULES), f"cat {path} || ls {path}")
    assert ended.exit != 0
    assert "No such file" in ended.stderr


def test_writes_where_a_rule_mounts(filled: Any, spec: Any) -> None:
    ended = filled.sh(spec(**RULES), "echo new > out/n && mkdir out/d && echo x > out/d/e")
    assert ended.kind == "exited", ended.message
    assert (filled.path / "out/d/e").read_text() == "x\n"
    assert (filled.path / "out/n").stat().st_uid == filled.owner


@pytest.mark.parametrize(
    "path",
    ["src/x", "src/a.ts", "x", "/usr/x", "/x", "/dev/x", "/etc/x", "/proc/sys/kernel/core_pattern"],
)
def test_writes_nowhere_else(filled: Any, spec: Any, path: str) -> None:
    before = filled.names()
    ended = filled.sh(spec(**RULES), f"echo x > {path}")
    assert ended.exit == 2
    assert filled.names() == before
    assert (filled.path / "src/a.ts").read_text() == "hello"


@pytest.mark.parametrize("path", ["src/.env", "out/sub/.env", "out/blocked/key"])
def test_blocked_files_are_hidden(filled: Any, spec: Any, path: str) -> None:
    ended = filled.sh(spec(**RULES), f"cat {path}; echo x > {path}; rm -f {path}; mv {path} out/y")
    assert "SECRET-CANARY" not in ended.stdout
    assert "Permission denied" in ended.stderr
    assert (filled.path / path).read_text() == "SECRET-CANARY"


def test_a_file_beside_a_blocked_one_is_not(filled: Any, spec: Any) -> None:
    assert filled.sh(spec(**RULES), "cat out/sub/plain").stdout == "plain"


def test_a_hidden_directory_takes_no_writes(filled: Any, spec: Any) -> None:
    ended = filled.sh(spec(**RULES), "ls out/blocked; echo x > out/blocked/x")
    assert ended.exit != 0
    assert not (filled.path / "out/blocked/x").exists()


def test_the_parent_of_a_hidden_file_cannot_be_moved(filled: Any, spec: Any) -> None:
    ended = filled.sh(spec(**RULES), "mv out/sub out/away")
    assert "busy" in ended.stderr
    assert (filled.path / "out/sub/.env").exists()


def test_another_directory_can_be_moved(filled: Any, spec: Any) -> None:
    filled.write("out/free/x")
    assert filled.sh(spec(**RULES), "mv out/free out/away").exit == 0
    assert (filled.path / "out/away/x").exists()


FROZEN = [
    ".git/config", ".git/hooks/pre-commit", ".gitmodules", ".bashrc", ".envrc", ".npmrc",
    ".vscode/settings.json", ".claude/settings.json", ".husky/pre-commit", ".git/config.worktree",
]  # fmt: skip


@pytest.mark.parametrize("name", FROZEN)
def test_names_that_tools_run_cannot_be_planted(filled: Any, spec: Any, name: str) -> None:
    filled.sh(spec(**RULES), f"mkdir -p $(dirname out/{name}); echo x > out/{name}")
    assert not (filled.path / "out" / name).exists()


def test_existing_frozen_names_are_read_and_not_written(filled: Any, spec: Any) -> None:
    filled.write("out/.git/config", "[core]")
    filled.write("out/.git/hooks/pre-commit", "true")
    ended = filled.sh(
        spec(**RULES),
        "cat out/.git/config; echo x > out/.git/config; echo x > out/.git/hooks/post-commit;"
        "mv out/.git out/.x && mkdir -p out/.git/hooks && : > out/.git/hooks/pre-commit;"
        "echo fine > out/.git/COMMIT_EDITMSG",
    )
    assert ended.stdout == "[core]"
    assert "Device or resource busy" in ended.stderr
    assert (filled.path / "out/.git/config").read_text() == "[core]"
    assert {path.name for path in (filled.path / "out/.git/hooks").iterdir()} == {"pre-commit"}
    assert (filled.path / "out/.git/COMMIT_EDITMSG").exists()


def test_nothing_is_left_behind(filled: Any, spec: Any) -> None:
    before = filled.names()
    ended = filled.sh(spec(**RULES), "true")
    assert (ended.kind, ended.launch["cleanup"]["count"]) == ("exited", 0)
    assert filled.names() == before


def test_what_a_write_rule_names_is_made_and_removed_if_empty(filled: Any, spec: Any) -> None:
    before = filled.names()
    rules = {"write": ("./made/deep/**",), "write_files": ("./made.txt",)}
    assert filled.sh(spec(**rules), "test -d made/deep && test -f made.txt").exit == 0
    assert filled.names() == before
    filled.sh(spec(**rules), "echo x > made/deep/x; echo y > made.txt")
    assert (filled.path / "made/deep/x").exists()
    assert (filled.path / "made.txt").read_text() == "y\n"


def test_leafy_rules_show_each_file_that_matches(filled: Any, spec: Any) -> None:
    filled.write("src/deep/b.ts", "deep")
    filled.write("src/c.py", "hidden")
    rules = spec(each=("./src/**/*.ts",), block=(".env*",), level="strict", degraded=())
    relaxed = rules.changed(level="minimal", degraded=("cgroup",))
    ended = filled.sh(relaxed, "cat src/a.ts src/deep/b.ts; cat src/c.py")
    assert ended.stdout == "hellodeep"
    assert "No such file" in ended.stderr


def test_too_many_matches_of_a_leafy_rule_are_refused(filled: Any, spec: Any) -> None:
    for number in range(101):
        (filled.path / f"src/f{number}.ts").write_text("")
    ended = filled.sh(spec(each=("./src/**/*.ts",)), "true")
    assert (ended.kind, ended.status, ended.detail) == (
        "sandbox_failed", 120, "sandbox.too_many_mounts",
    )  # fmt: skip


def test_narrowed_write_rules_bind_only_existing_allowed_files(filled: Any, spec: Any) -> None:
    filled.write("out/a.md", "old")
    filled.write("out/a.sh", "old")
    rules = spec(write_each=("./out/**",), extensions=(".md",))
    ended = filled.sh(rules, "echo new > out/a.md; echo new > out/a.sh; echo new > out/b.md")
    assert (filled.path / "out/a.md").read_text() == "new\n"
    assert (filled.path / "out/a.sh").read_text() == "old"
    assert not (filled.path / "out/b.md").exists()
    assert ended.kind == "exited"


def test_postcheck_moves_denied_files_away(filled: Any, spec: Any) -> None:
    rules = spec(write=("./out/**",), extensions=(".md",))
    ended = filled.sh(rules, "echo x > out/a.sh; echo y > out/b.md; mkdir out/n; echo z > out/n/c")
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert not (filled.path / "out/a.sh").exists()
    assert not (filled.path / "out/n/c").exists()
    assert (filled.path / "out/b.md").read_text() == "y\n"
    kept = sorted((filled.path / ".wilk-quarantine").rglob("*-*"))
    assert sorted(path.name for path in kept if path.is_file()) == ["0000-a.sh", "0001-c"]


def test_postcheck_lets_allowed_files_be(filled: Any, spec: Any) -> None:
    ended = filled.sh(spec(write=("./out/**",), extensions=(".md",)), "echo y > out/b.md")
    assert (ended.kind, ended.status) == ("exited", 0)
    assert not (filled.path / ".wilk-quarantine").exists()


def test_postcheck_finds_blocked_names_that_were_made(filled: Any, spec: Any) -> None:
    ended = filled.sh(spec(**RULES), "mkdir out/n; echo x > out/n/.env")
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert not (filled.path / "out/n/.env").exists()


def test_a_set_id_file_is_a_violation(filled: Any, spec: Any) -> None:
    script = "echo x > out/s; chmod u+s out/s"
    ended = filled.sh(spec(**RULES), script)
    assert "Operation not permitted" in ended.stderr
    assert ended.kind == "exited"
    bare = spec(**RULES, level="minimal", seccomp=False, degraded=("cgroup", "seccomp"))
    ended = filled.sh(bare, script)
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert "owner's rights" in ended.message


def test_a_link_out_of_the_view_leads_nowhere(filled: Any, spec: Any) -> None:
    (filled.path / "out/l").symlink_to("/etc/passwd.real")
    (filled.path / "out/m").symlink_to(filled.path / "other/b.txt")
    filled.own()
    ended = filled.sh(spec(**RULES), "cat out/m; echo x > out/m")
    assert "SECRET-CANARY" not in ended.stdout
    assert (filled.path / "other/b.txt").read_text() == "SECRET-CANARY"


def test_a_base_that_has_become_a_link_is_judged_as_what_it_leads_to(
    filled: Any, spec: Any
) -> None:
    (filled.path / "link").symlink_to("/")
    (filled.path / "away").symlink_to(filled.path / "other")
    filled.own()
    ended = filled.sh(spec(write=("./link/**",)), "true")
    assert (ended.status, ended.detail) == (120, "sandbox.workspace_moved")
    ended = filled.sh(spec(write=("./away/**",)), "true")
    assert (ended.status, ended.detail) == (120, "sandbox.disagrees_with_policy")


def test_a_base_in_a_circle_of_links_is_refused(filled: Any, spec: Any) -> None:
    (filled.path / "one").symlink_to("two")
    (filled.path / "two").symlink_to("one")
    ended = filled.sh(spec(read=("./one/**",)), "true")
    assert ended.status == 120
    assert "circle" in ended.message


def test_second_names_of_hidden_files(filled: Any, spec: Any) -> None:
    os.link(filled.path / "out/sub/.env", filled.path / "out/plain.txt")
    rules = spec(**RULES)
    ended = filled.sh(rules, "true")
    assert any("second name" in text for text in ended.launch["reports"]["first"])
    ended = filled.sh(rules.changed(level="strict", degraded=()), "true")
    assert (ended.status, ended.detail) == (120, "sandbox.second_name")


def test_a_plan_the_policy_disagrees_with_starts_nothing(filled: Any, spec: Any) -> None:
    rules = spec(**RULES)
    rules.rules["allow"]["write"] = ["./elsewhere/**"]
    ended = filled.sh(rules, "echo x > out/ran")
    assert (ended.status, ended.detail) == (120, "sandbox.disagrees_with_policy")
    assert not (filled.path / "out/ran").exists()


def test_another_revision_starts_nothing(filled: Any, spec: Any) -> None:
    rules = spec(**RULES)
    rules.rules["revision"] = "0" * 64
    ended = filled.sh(rules, "echo x > out/ran")
    assert (ended.status, ended.detail) == (120, "sandbox.disagrees_with_policy")
    assert not (filled.path / "out/ran").exists()


HOSTILE = ["--bind", "a b", "new\nline", "quote'\"", "tab\tx", "$(id)", "-", "ünïcode", "\\", "%2F"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_masked_like_any_other(filled: Any, spec: Any, name: str) -> None:
    filled.write(f"out/{name}/.env", "SECRET-CANARY")
    ended = filled.sh(spec(**RULES), "cat out/*/.env; find out -name .env -exec cat {} +")
    assert "SECRET-CANARY" not in ended.stdout
    assert ended.kind == "exited", ended.message


def test_names_that_no_decision_can_be_had_on_are_hidden(filled: Any, spec: Any) -> None:
    strange = os.fsencode(filled.path) + b"/src/\xff\xfe"
    Path(os.fsdecode(strange)).write_text("SECRET-CANARY")
    decomposed = filled.path / "src" / "cafe\u0301"
    decomposed.write_text("SECRET-CANARY")
    filled.own()
    ended = filled.sh(spec(**RULES), "cat src/*")
    assert "SECRET-CANARY" not in ended.stdout
    assert "hello" in ended.stdout
