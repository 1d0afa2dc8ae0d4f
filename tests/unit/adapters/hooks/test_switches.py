"""Settings of any level by which a harness passes over its hooks are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.hook_cases import HARNESSES
from wilkc.adapters.hooks.harnesses import BY_NAME
from wilkc.adapters.hooks.switches import PLACES
from wilkc.adapters.hooks.wiring import differences_in, with_hook
from wilkc.cli.hooking.levels import problems_of_levels

if TYPE_CHECKING:
    from pathlib import Path

OFF = {"disableAllHooks": True}
MANAGED, DROPPED = "etc/claude-code/managed-settings.json", "etc/claude-code/managed-settings.d"
LOCAL, PROJECT, USER = "p/.claude/settings.local.json", "p/.claude/settings.json", "h/settings.json"
RULES, CODEX, CODEX_USER = "etc/codex/requirements.toml", "p/.codex/config.toml", "h/config.toml"
GEMINI, GEMINI_USER = "p/.gemini/settings.json", "h/.gemini/settings.json"
GEMINI_SYSTEM, GEMINI_DEFAULTS = (
    "etc/gemini-cli/settings.json",
    "etc/gemini-cli/system-defaults.json",
)
COPILOT = "p/.github/copilot/settings.json"


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "h"))
    for variable in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "h"))


def told(root: Path, harness: str, files: dict[str, Any]) -> list[str]:
    for name, held in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(held if isinstance(held, str) else json.dumps(held))
    found = problems_of_levels(BY_NAME[harness], str(root / "p"), root)
    return [one.replace(f"{root}/", "") for one in found]


def config(**held: Any) -> dict[str, Any]:
    return {"hooksConfig": held}


@pytest.mark.parametrize("harness", HARNESSES)
def test_where_nothing_is_said_hooks_run(tmp_path: Path, harness: str) -> None:
    assert told(tmp_path, harness, {}) == []
    assert set(PLACES) == set(HARNESSES)


@pytest.mark.parametrize(
    ("harness", "files", "key", "path"),
    [
        ("claude", {USER: OFF}, "disableAllHooks", USER),
        ("claude", {PROJECT: OFF}, "disableAllHooks", PROJECT),
        ("claude", {LOCAL: OFF, PROJECT: {"disableAllHooks": False}}, "disableAllHooks", LOCAL),
        ("claude", {LOCAL: {"disableAllHooks": "true"}}, "disableAllHooks", LOCAL),
        ("claude", {MANAGED: OFF, LOCAL: {"disableAllHooks": False}}, "disableAllHooks", MANAGED),
        ("claude", {MANAGED: {"allowManagedHooksOnly": True}}, "allowManagedHooksOnly", MANAGED),
        ("claude", {f"{DROPPED}/9.json": OFF, f"{DROPPED}/1.json": {"disableAllHooks": False}},
         "disableAllHooks", f"{DROPPED}/9.json"),
        ("claude", {MANAGED: {"strictPluginOnlyCustomization": ["mcp", "hooks"]}},
         "strictPluginOnlyCustomization", MANAGED),
        ("claude", {MANAGED: {"strictPluginOnlyCustomization": True}},
         "strictPluginOnlyCustomization", MANAGED),
        ("codex", {CODEX: "[features]\nhooks = false\n"}, "features.hooks", CODEX),
        ("codex", {CODEX_USER: "features = {codex_hooks = false}"}, "features.codex_hooks",
         CODEX_USER),
        ("codex", {RULES: "[features]\nhooks = 'off'\n"}, "features.hooks", RULES),
        ("codex", {RULES: "allow_managed_hooks_only = true"}, "allow_managed_hooks_only", RULES),
        ("codex", {CODEX_USER: "[profiles.fast.features]\nhooks = false\n"}, "features.hooks",
         CODEX_USER),
        ("codex", {CODEX_USER: "features = 1"}, "features.hooks", CODEX_USER),
        ("codex", {CODEX_USER: "[hooks.state.'file:/x/hooks.json:pre_tool_use:0:0']\n"
                               "enabled = false\n"}, "hooks.state", CODEX_USER),
        ("copilot", {COPILOT: OFF}, "disableAllHooks", COPILOT),
        ("copilot", {"p/.github/hooks/wilk.json": OFF}, "disableAllHooks",
         "p/.github/hooks/wilk.json"),
        ("copilot", {LOCAL: OFF}, "disableAllHooks", LOCAL),
        ("copilot", {USER: {"disableAllHooks": 1}}, "disableAllHooks", USER),
        ("gemini", {GEMINI: config(enabled=False)}, "hooksConfig.enabled", GEMINI),
        ("gemini", {GEMINI_SYSTEM: config(enabled=False), GEMINI: config(enabled=True)},
         "hooksConfig.enabled", GEMINI_SYSTEM),
        ("gemini", {GEMINI_DEFAULTS: config(enabled=False)}, "hooksConfig.enabled",
         GEMINI_DEFAULTS),
        ("gemini", {GEMINI: {"hooksConfig": []}}, "hooksConfig.enabled", GEMINI),
        ("gemini", {GEMINI_USER: config(disabled=["other", "wilk"])}, "hooksConfig.disabled",
         GEMINI_USER),
        ("gemini", {GEMINI: config(disabled=["/x/python -I /x/wilkc/cli/hook_entry.py -a"])},
         "hooksConfig.disabled", GEMINI),
        ("gemini", {GEMINI: config(disabled="wilk")}, "hooksConfig.disabled", GEMINI),
        ("gemini", {GEMINI: {"hooks": {"enabled": False}}}, "hooks.enabled", GEMINI),
        ("gemini", {GEMINI: {"tools": {"enableHooks": False}}}, "tools.enableHooks", GEMINI),
    ],
)  # fmt: skip
def test_what_turns_hooks_off_is_told(
    tmp_path: Path, harness: str, files: dict[str, Any], key: str, path: str
) -> None:
    (problem,) = told(tmp_path, harness, files)
    assert f"`{key}`" in problem
    assert f"`{path}`" in problem


@pytest.mark.parametrize(
    ("harness", "files"),
    [
        # The first file that says anything counts.
        ("claude", {PROJECT: {"disableAllHooks": False}, USER: OFF}),
        ("claude", {MANAGED: {"disableAllHooks": False, "allowManagedHooksOnly": False}}),
        # Only an administrator's file may say this.
        ("claude", {USER: {"allowManagedHooksOnly": True}}),
        ("claude", {MANAGED: {"strictPluginOnlyCustomization": ["mcp"]}}),
        ("codex", {CODEX: "allow_managed_hooks_only = true\n[features]\nhooks = true\n"}),
        ("codex", {CODEX_USER: "[hooks.state.'/x/hooks.json:stop:0:0']\nenabled = false\n"}),
        ("copilot", {COPILOT: {"disableAllHooks": False}}),
        ("gemini", {GEMINI: config(enabled=True, disabled=["other"]), GEMINI_DEFAULTS:
                    config(enabled=False)}),
    ],
)  # fmt: skip
def test_what_does_not_turn_them_off_is_not_told(
    tmp_path: Path, harness: str, files: dict[str, Any]
) -> None:
    assert told(tmp_path, harness, files) == []


@pytest.mark.parametrize(
    ("harness", "path", "text"),
    [
        ("claude", LOCAL, "// mine\n{}"),
        ("gemini", GEMINI, "{"),
        ("codex", CODEX, "features = "),
        ("codex", RULES, "\udc80".encode("utf-8", "surrogatepass").decode("latin-1")),
        ("copilot", COPILOT, "[]"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, harness: str, path: str, text: str
) -> None:
    (problem,) = told(tmp_path, harness, {path: text})
    assert problem.startswith("whether it turns hooks off is not known: ")
    assert path in problem


@pytest.mark.parametrize("harness", HARNESSES)
def test_an_entry_as_it_is_written_differs_in_nothing(harness: str) -> None:
    settings = BY_NAME[harness].settings
    made = with_hook({}, settings, ["python", "-I", "/x/wilkc/cli/hook_entry.py"], after=False)
    assert differences_in(made, settings) == []


@pytest.mark.parametrize(
    ("harness", "change", "said"),
    [
        ("claude", {"if": "Bash(git *)"}, "its `if`"),
        ("claude", {"async": True}, "its `async`"),
        ("claude", {"onFailure": "ignore"}, "its `onFailure`"),
        ("claude", {"timeout": 1}, "its `timeout`"),
        ("cursor", {"failClosed": False}, "its `failClosed`"),
        ("cursor", {"matcher": "x"}, "its `matcher`"),
        ("copilot", {"matcher": "bash"}, "its `matcher`"),
        ("copilot", {"exec": "/bin/true", "args": []}, "its `exec`"),
        ("gemini", {"name": "other"}, "its `name`"),
        ("codex", {"type": "prompt"}, "its `type`"),
        ("claude", {"statusMessage": "asking"}, ""),
    ],
)
def test_an_entry_that_somebody_changed_is_told(
    harness: str, change: dict[str, Any], said: str
) -> None:
    settings = BY_NAME[harness].settings
    made = with_hook({}, settings, ["python", "-I", "/x/wilkc/cli/hook_entry.py"], after=False)
    event = settings.events[0]
    first = made["hooks"][event][0]
    (first["hooks"][0] if settings.grouped else first).update(change)
    found = differences_in(made, settings)
    assert all(event in one for one in found)
    assert any(said in one for one in found) if said else found == []


@pytest.mark.parametrize(("matcher", "told_of"), [("Bash", True), ("", False), ("*", False)])
def test_a_group_for_some_tools_is_told(matcher: str, told_of: bool) -> None:
    settings = BY_NAME["claude"].settings
    made = with_hook({}, settings, ["python", "-I", "/x/wilkc/cli/hook_entry.py"], after=False)
    made["hooks"]["PreToolUse"][0]["matcher"] = matcher
    other = {"matcher": "Edit", "hooks": [{"type": "command", "command": "a.sh"}]}
    made["hooks"]["PreToolUse"].append(other)
    found = differences_in(made, settings)
    assert found == ([f"at PreToolUse it is asked about `{matcher}` only"] if told_of else [])
