"""Settings of Gemini CLI that take back what others allow, in the same file or in another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wilkc.importers import Draft, import_rules

COMMANDS, TOOLS = "shell.allowed_commands", "tools.allowed"
GIT, NPM = "run_shell_command(git)", "run_shell_command(npm)"
TRUSTED = {"s": {"trust": True, "includeTools": ["t"]}}
ALWAYS = 950


def draft_of(*files: dict[str, Any] | str) -> Draft:
    """The draft of settings, and of policies where a file is a text."""
    return import_rules("gemini", {
        f"{at}.toml" if isinstance(file, str) else f"{at}.json":
            file.encode() if isinstance(file, str) else json.dumps(file).encode()
        for at, file in enumerate(files)
    })  # fmt: skip


def policy(priority: int = 100, **fields: Any) -> str:
    values = {"decision": "allow", "priority": priority, **fields}
    return "\n".join(["[[rule]]", *(f"{key} = {json.dumps(one)}" for key, one in values.items())])


def shell(prefix: str, priority: int = 100) -> str:
    return policy(priority, toolName="run_shell_command", commandPrefix=prefix)


def commands(*files: dict[str, Any] | str) -> list[str]:
    return allowed(COMMANDS, *files)


def allowed(name: str, *files: dict[str, Any] | str) -> list[str]:
    draft = draft_of(*files)
    text = draft.document("a")
    return [one for one in draft.entries.get(name, {}) if f"- '{one}'" in text]


@pytest.mark.parametrize("asked", [GIT, "run_shell_command", "ShellTool", "*"])
def test_what_asks_a_person_is_not_allowed(asked: str) -> None:
    tools = {"allowed": [GIT], "confirmationRequired": [asked]}
    assert commands({"tools": tools}) == []
    assert commands({"tools": {**tools, "confirmationRequired": []}}) == ["git *"]
    assert (
        commands({"tools": {"allowed": [GIT]}}, {"tools": {"confirmationRequired": [asked]}}) == []
    )


def test_a_tool_that_asks_a_person_is_blocked() -> None:
    draft = draft_of(
        {"tools": {"allowed": ["save_memory"], "confirmationRequired": ["save_memory"]}}
    )
    assert list(draft.entries) == ["tools.blocked"]


def test_of_two_files_only_what_both_let_run_is_allowed() -> None:
    user, project = {"tools": {"allowed": [GIT, NPM]}}, {"tools": {"allowed": [NPM]}}
    assert commands(user) == ["git *", "npm *"]
    assert commands(user, project) == ["npm *"]
    assert commands(user, {"tools": {"allowed": []}}) == []
    assert commands(user, {"tools": {"exclude": []}}) == ["git *", "npm *"]
    assert [note.text for note in draft_of(user, project).notes] == [GIT]


def test_beside_a_beginning_of_a_command_all_others_are_denied() -> None:
    assert commands(shell("ls")) == ["ls *"]
    assert commands({"tools": {"allowed": [GIT]}}, shell("ls", 999)) == ["git *"]
    assert commands({"tools": {"allowed": ["save_memory"]}}, shell("ls")) == ["ls *"]
    # Also where what is allowed beside it cannot be said.
    assert commands({"tools": {"allowed": ["run_shell_command(git  x)"]}}, shell("ls")) == []


@pytest.mark.parametrize(
    ("core", "more", "left"),
    [
        (None, {}, ["mcp_s_t"]),
        (["save_memory"], {}, []),
        ([], {}, []),
        (["mcp_s_t"], {}, ["mcp_s_t"]),
        # What `tools.allowed` names goes before that.
        (["save_memory"], {"allowed": ["mcp_s_t"]}, ["mcp_s_t"]),
    ],
)
def test_beside_a_list_of_core_tools_those_of_servers_are_denied(
    core: list[str] | None, more: dict[str, Any], left: list[str]
) -> None:
    tools = more if core is None else {"core": core, **more}
    assert allowed(TOOLS, {"tools": tools, "mcpServers": TRUSTED}) == left
    named = policy(999, toolName="mcp_s_t")
    assert allowed(TOOLS, {"tools": tools}, named) == left


@pytest.mark.parametrize("other", [{}, {"trust": False}, {"includeTools": ["t"]}])
def test_a_server_that_one_file_does_not_trust_is_not_trusted(other: dict[str, Any]) -> None:
    assert allowed(TOOLS, {"mcpServers": TRUSTED}) == ["mcp_s_t"]
    assert allowed(TOOLS, {"mcpServers": TRUSTED}, {"mcpServers": {"s": other}}) == []
    assert allowed(TOOLS, {"mcpServers": TRUSTED}, {"mcpServers": {"z": other}}) == ["mcp_s_t"]


@pytest.mark.parametrize("path", ["security.disableAlwaysAllow", "admin.secureModeEnabled"])
@pytest.mark.parametrize(("value", "kept"), [(True, False), ("yes", False), (False, True)])
def test_rules_of_persons_may_be_passed_over(path: str, value: object, kept: bool) -> None:
    group, _, key = path.partition(".")
    for text, name, entry in (
        (shell("ls", ALWAYS), COMMANDS, "ls *"),
        (policy(ALWAYS, toolName="save_memory"), TOOLS, "save_memory"),
    ):
        assert allowed(name, {group: {key: value}}, text) == ([entry] if kept else [])
    assert commands({group: {key: value}}, shell("ls", ALWAYS - 1)) == ["ls *"]


@pytest.mark.parametrize(("value", "kept"), [(True, False), ("on", False), (False, True)])
def test_what_a_model_looks_at_is_not_allowed(value: object, kept: bool) -> None:
    file = {"security": {"enableConseca": value}, "tools": {"allowed": [GIT]}}
    assert commands(file) == (["git *"] if kept else [])


@pytest.mark.parametrize(
    ("admin", "left"),
    [
        ({"enabled": True}, ["mcp_s_t"]),
        ({"enabled": False}, []),
        ({"enabled": "false"}, []),
        ({"config": {}}, ["mcp_s_t"]),
        ({"config": {"s": {"trust": True}}}, ["mcp_s_t"]),
        ({"config": {"s": {}}}, []),
        ({"config": {"z": {"trust": True}}}, []),
        ({"config": {"s": {"trust": True, "includeTools": ["u"]}}}, []),
        ({"config": {"s": {"trust": True, "excludeTools": ["t"]}}}, []),
        ({"requiredConfig": {"s": {"trust": False}}}, []),
        ({"requiredConfig": {"z": {}}}, ["mcp_s_t"]),
    ],
)
def test_servers_of_an_administrator(admin: dict[str, Any], left: list[str]) -> None:
    assert allowed(TOOLS, {"mcpServers": TRUSTED, "admin": {"mcp": admin}}) == left
    assert allowed(TOOLS, {"mcpServers": TRUSTED}, {"admin": {"mcp": admin}}) == left


def test_the_tool_that_starts_any_agent_is_not_allowed() -> None:
    files = (
        {"tools": {"allowed": ["invoke_agent", "save_memory"]}},
        policy(toolName="invoke_agent"),
    )
    assert allowed(TOOLS, *files) == ["save_memory"]


@pytest.mark.parametrize("key", ["sandbox", "callCommand", "autoAccept"])
def test_settings_that_are_no_rules_are_told(key: str) -> None:
    (note,) = draft_of({"tools": {key: True}}).notes
    assert (note.place, note.text) == ("0.json:1", f"tools.{key}")
    assert draft_of({"ui": {"theme": "dark"}}).notes == []


@pytest.mark.parametrize("key", ["general", "hooksConfig", "experimental", "of_tomorrow"])
def test_every_setting_that_is_not_read_is_told(key: str) -> None:
    (note,) = draft_of({key: {"x": 1}}).notes
    assert (note.place, note.text, note.why) == ("0.json:1", key, "is not a rule")
