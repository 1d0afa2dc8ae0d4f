"""What other keys of Claude Code's settings take out of what its rules allow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.importers import Draft, import_rules
from wilkc.language.requests import parse_short
from wilkc.plan import decide

ALLOW = ["mcp__x__get", "mcp__y__get", "Artifact", "Workflow", "mcp__claude_ai_Slack__post"]


def draft_of(**files: Any) -> Draft:
    return import_rules("claude", {name: json.dumps(held).encode() for name, held in files.items()})


def allowed(draft: Draft, *names: str) -> list[str]:
    """The tools of these names that the spec lets be called."""
    plan = compile_sources({"a.yaml": draft.document("a").encode()}, read_library()).plan
    return [name for name in names if decide(plan, parse_short("a", f"tool:{name}", "call")).allow]


def beside(**held: Any) -> list[str]:
    return allowed(draft_of(s={"permissions": {"allow": ALLOW}, **held}), *ALLOW)


def test_without_them_all_is_allowed() -> None:
    assert beside() == ALLOW
    assert beside(deniedMcpServers=[], disabledMcpjsonServers=[], disableArtifact=False) == ALLOW


@pytest.mark.parametrize(
    ("key", "value", "left"),
    [
        ("disabledMcpjsonServers", ["x"], ["mcp__y__get"]),
        ("deniedMcpServers", [{"serverName": "x"}], ["mcp__y__get"]),
        ("deniedMcpServers", [{"serverName": "x"}, {"serverName": "z"}], ["mcp__y__get"]),
        # By an address or a command nobody knows which server is meant.
        ("deniedMcpServers", [{"serverUrl": "https://x.example.org/*"}], []),
        ("deniedMcpServers", [{"serverCommand": ["npx", "x"]}], []),
        ("deniedMcpServers", ["x"], ["mcp__y__get"]),
        ("deniedMcpServers", [{"serverName": " "}], []),
        ("deniedMcpServers", "x", []),
        ("disabledMcpjsonServers", {"x": True}, []),
        ("allowedMcpServers", [{"serverName": "y"}], ["mcp__y__get"]),
        ("allowedMcpServers", [], []),
        ("allowedMcpServers", [{"serverName": "y"}, {"serverUrl": "https://*"}], []),
        ("allowedMcpServers", [{"serverName": "y", "serverUrl": "https://*"}], []),
        ("allowedMcpServers", ["y"], []),
        ("allowedMcpServers", [{"serverName": ["y"]}], []),
        ("allowedMcpServers", [{"serverName": {"y": "y"}}], []),
        ("allowedMcpServers", True, []),
    ],
)
def test_tools_of_servers_that_are_not_there(key: str, value: object, left: list[str]) -> None:
    found = beside(**{key: value})
    assert [name for name in found if name in {"mcp__x__get", "mcp__y__get"}] == left


def test_a_server_with_a_name_that_the_source_writes_otherwise() -> None:
    found = beside(deniedMcpServers=[{"serverName": "claude.ai Slack"}])
    assert found == [name for name in ALLOW if "Slack" not in name]


@pytest.mark.parametrize(
    ("key", "tool"),
    [
        ("disableArtifact", "Artifact"),
        ("disableWorkflows", "Workflow"),
        ("disableClaudeAiConnectors", "mcp__claude_ai_Slack__post"),
    ],
)
@pytest.mark.parametrize("value", [True, "true", 1])
def test_tools_that_are_switched_off(key: str, tool: str, value: object) -> None:
    assert beside(**{key: value}) == [name for name in ALLOW if name != tool]


def test_lists_of_several_files_are_one_unless_one_counts_alone() -> None:
    rules = {"permissions": {"allow": ALLOW[:2]}}
    one, other = ({"allowedMcpServers": [{"serverName": name}]} for name in "xy")
    alone = {"allowManagedMcpServersOnly": True}
    assert allowed(draft_of(r=rules, a=one, b=other), *ALLOW[:2]) == ALLOW[:2]
    assert allowed(draft_of(r=rules, a=one | alone, b=other), *ALLOW[:2]) == ALLOW[:1]
    assert allowed(draft_of(r=rules, a=one | alone, b=other | alone), *ALLOW[:2]) == []


def test_a_denial_in_one_file_holds_for_the_rules_of_another() -> None:
    draft = draft_of(a={"permissions": {"allow": ALLOW}}, b={"disabledMcpjsonServers": ["x"]})
    assert "mcp__x__get" not in allowed(draft, *ALLOW)


@pytest.mark.parametrize(("value", "kept"), [(True, False), ("yes", False), (False, True)])
def test_hosts_of_other_files_beside_those_of_an_administrator(value: object, kept: bool) -> None:
    locked = {"sandbox": {"network": {"allowManagedDomainsOnly": value}}}
    own = {"permissions": {"allow": ["WebFetch(domain:a.example.org)"]}, **locked}
    other = {"permissions": {"allow": ["WebFetch(domain:b.example.org)", "Bash(ls)"]}}
    draft = draft_of(managed=own, user=other)
    hosts = ["a.example.org", *(["b.example.org"] if kept else [])]
    assert list(draft.entries["network.allowed_hosts"]) == hosts
    assert list(draft.entries["shell.allowed_commands"]) == ["ls"]
    # Of two that say so, nobody knows which one is the administrator's.
    left = draft_of(managed=own, user={**other, **locked}).entries
    assert ("network.allowed_hosts" in left) == kept


@pytest.mark.parametrize("tool", ["Grep", "Glob", "LSP"])
@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({}, True),
        ({"permissions": {"deny": ["Bash(rm *)"]}}, True),
        ({"sandbox": {"enabled": True}}, True),
        ({"permissions": {"deny": ["Read(.env)"]}}, False),
        ({"permissions": {"ask": ["Edit(src/**)"]}}, False),
        ({"sandbox": {"filesystem": {"denyRead": ["~/.ssh"]}}}, False),
        ({"sandbox": {"credentials": {"files": ["~/.aws"]}}}, False),
    ],
)
def test_no_search_shows_what_is_denied_of_files(
    tool: str, more: dict[str, Any], kept: bool
) -> None:
    draft = draft_of(a={"permissions": {"allow": [tool]}}, b=more)
    assert allowed(draft, tool) == ([tool] if kept else [])
    told = [note.text for note in draft.notes if note.place == "a permissions.allow[0]"]
    assert told == ([] if kept else [tool])
