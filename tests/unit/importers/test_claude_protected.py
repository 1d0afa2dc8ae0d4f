"""Writes that Claude Code asks about whatever its rules allow are not allowed."""

from __future__ import annotations

import json

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.importers import Draft, import_rules
from wilkc.importers.claude_protected import PROTECTED
from wilkc.language.requests import parse_short
from wilkc.plan import decide


def draft_of(*rules: str) -> Draft:
    return import_rules("claude", {"s": json.dumps({"permissions": {"allow": rules}}).encode()})


def writes(draft: Draft, path: str) -> bool:
    plan = compile_sources({"a.yaml": draft.document("a").encode()}, read_library()).plan
    return decide(plan, parse_short("a", f"file:{path}", "write")).allow


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("Edit(**)", "./.git/hooks/pre-commit"),
        ("Edit(./**)", "./a/.git/config"),
        ("Edit(src/**)", "./src/.claude/settings.json"),
        ("Edit(./*)", "./.mcp.json"),
        ("Edit(~/**)", "~/.bashrc"),
        ("Edit(~/**)", "~/.config/git/config"),
        ("Edit(//srv/**)", "/srv/x/.npmrc"),
        ("Edit(src/?vscode/x)", "./src/.vscode/x"),
        ("Edit(src/[.]idea/x)", "./src/.idea/x"),
        ("Edit(./.claude/settings.json)", "./.claude/settings.json"),
        ("Edit(~/.config/git/x)", "~/.config/git/x"),
        ("Edit(bunfig.toml)", "./a/bunfig.toml"),
        ("Edit(./.github/)", "./.github/lefthook.yml"),
    ],
)
def test_no_protected_path_is_written(rule: str, path: str) -> None:
    draft = draft_of("Edit(./notes.md)", rule)
    assert not writes(draft, path)
    assert writes(draft, "./notes.md")
    assert [note.text for note in draft.notes] == ["protected paths"]


@pytest.mark.parametrize("name", PROTECTED)
def test_each_is_found_at_any_depth_and_under_any_root(name: str) -> None:
    draft = draft_of("Edit(./**)", "Edit(~/**)", "Edit(//srv/**)")
    for top in ("./", "./a/b/", "~/", "/srv/"):
        assert not writes(draft, top + name.removeprefix("**/"))


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("Edit(src/**)", "./src/a.ts"),
        ("Edit(src/**)", "./src/.gitignore"),
        ("Edit(./a/b.ts)", "./a/b.ts"),
    ],
)
def test_other_paths_are_written(rule: str, path: str) -> None:
    assert writes(draft_of(rule), path)


@pytest.mark.parametrize("rules", [["Read(./**)"], ["Edit(./a/b.ts)", "Read(./**)"], []])
def test_where_nothing_of_them_is_written_nothing_is_blocked(rules: list[str]) -> None:
    draft = draft_of(*rules)
    assert "filesystem.metadata.blocked_paths" not in draft.entries
    assert draft.notes == []
