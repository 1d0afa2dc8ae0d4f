"""`wilkc hook install|uninstall|status` edit the settings of each harness and keep the rest."""

from __future__ import annotations

import json
import os
import shlex
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import run_wilkc
from tests.hook_cases import HARNESSES, case
from tests.integration.hooks.conftest import denied, run_hook
from wilkc.adapters.hooks.harnesses import BY_NAME
from wilkc.adapters.hooks.wiring import commands_in, own_command

if TYPE_CHECKING:
    from tests.integration.hooks.conftest import Done, World

OTHER = {
    "claude": {
        "model": "opus",
        "permissions": {"deny": ["Read(./secrets/**)"]},
        "hooks": {
            "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "a.sh"}]}],
            "Stop": [{"hooks": [{"type": "command", "command": "b.sh"}]}],
        },
    },
    "codex": {"hooks": {"PreToolUse": [{"hooks": [{"type": "command", "command": "a"}]}]}},
    "gemini": {"hooks": {"enabled": True, "BeforeTool": [
        {"matcher": "x", "hooks": [{"type": "command", "command": "a"}]}]}, "theme": "é"},
    "copilot": {"version": 1, "hooks": {"preToolUse": [{"type": "command", "bash": "a"}]}},
    "cursor": {"version": 1, "hooks": {"beforeShellExecution": [{"command": "./a.sh"}]}},
}  # fmt: skip


def _wilkc(*words: str, home: Path) -> Done:
    variables = {name: value for name, value in os.environ.items()
                 if name not in {"CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME",
                                 "GEMINI_CLI_HOME"}}  # fmt: skip
    return run_wilkc("hook", *words, cwd=home, env={**variables, "HOME": str(home)})


def _install(harness: str, home: Path, *more: str) -> Done:
    return _wilkc(
        "install", "--harness", harness, "--agent", "coder", "--socket", "run/h.sock", *more,
        home=home,
    )  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir(mode=0o700)
    return tmp_path


def _settings(harness: str, home: Path) -> Path:
    return home / BY_NAME[harness].settings.project


@pytest.mark.parametrize("harness", HARNESSES)
@pytest.mark.parametrize("scope", ["project", "user"])
def test_it_is_written_once_for_each_event_and_taken_out_again(
    harness: str, scope: str, home: Path
) -> None:
    facts = BY_NAME[harness].settings
    path = home / (facts.project if scope == "project" else facts.user)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(OTHER[harness], indent=4, ensure_ascii=False))
    path.chmod(0o640)
    before = path.read_bytes()
    more = ["--scope", scope, "--workspace", str(home)]
    assert _install(harness, home, *more).returncode == 0
    after = json.loads(path.read_text())
    found = commands_in(after, facts)
    assert set(found) == set(facts.events)
    for commands in found.values():
        (words,) = commands
        assert words[:2] == [sys.executable, "-I"]
        assert Path(words[2]).is_file()
        assert str(home / "run" / "h.sock") in words
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    once = path.read_bytes()
    assert "already installed" in _install(harness, home, *more).stdout
    assert path.read_bytes() == once
    assert [name.name for name in path.parent.iterdir()] == [path.name]
    gone = _wilkc("uninstall", "--harness", harness, *more, home=home)
    assert gone.returncode == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize("harness", HARNESSES)
def test_where_nothing_was_nothing_is_left(harness: str, home: Path) -> None:
    assert _install(harness, home).returncode == 0
    path = _settings(harness, home)
    assert json.loads(path.read_text())
    assert _wilkc("uninstall", "--harness", harness, home=home).returncode == 0
    left = json.loads(path.read_text()) if path.exists() else {}
    assert left in ({}, {"version": 1})
    again = _wilkc("uninstall", "--harness", harness, home=home)
    assert "not installed" in again.stdout


def test_the_entry_of_copilot_is_one_that_its_cloud_agent_heeds(home: Path) -> None:
    path = _settings("copilot", home)
    path.parent.mkdir(parents=True)
    words = [sys.executable, "-I", "/old/wilkc/cli/hook_entry.py", "--agent", "coder"]
    old = {"type": "command", "exec": words[0], "args": words[1:], "timeoutSec": 30}
    path.write_text(json.dumps({"version": 1, "hooks": {"preToolUse": [old]}}))
    assert _install("copilot", home).returncode == 0
    (entry,) = json.loads(path.read_text())["hooks"]["preToolUse"]
    assert set(entry) == {"type", "bash", "timeoutSec"}


def test_what_fails_blocks_where_the_harness_can_be_told_so(home: Path) -> None:
    for harness, key, value in (("claude", "onFailure", "block"), ("cursor", "failClosed", True)):
        _install(harness, home)
        assert _entry(json.loads(_settings(harness, home).read_text()))[key] == value


@pytest.mark.parametrize(
    ("harness", "variable", "name"),
    [
        ("claude", "CLAUDE_CONFIG_DIR", "settings.json"),
        ("codex", "CODEX_HOME", "hooks.json"),
        ("copilot", "COPILOT_HOME", "hooks/wilk.json"),
        ("gemini", "GEMINI_CLI_HOME", ".gemini/settings.json"),
    ],
)
def test_settings_of_a_user_are_where_the_harness_is_told_to_look(
    harness: str, variable: str, name: str, home: Path
) -> None:
    folder = home / "elsewhere"
    variables = {**os.environ, "HOME": str(home), variable: str(folder)}
    words = ("--harness", harness, "--agent", "a", "--socket", "s", "--scope", "user")
    done = run_wilkc("hook", "install", *words, "--workspace", ".", cwd=home, env=variables)
    assert done.returncode == 0, done.stderr
    assert (folder / name).is_file()


@pytest.mark.parametrize("harness", HARNESSES)
def test_other_options_replace_what_was_installed(harness: str, home: Path) -> None:
    _install(harness, home)
    _install(harness, home, "--skip-prompt")
    document = json.loads(_settings(harness, home).read_text())
    found = commands_in(document, BY_NAME[harness].settings)
    for commands in found.values():
        assert len(commands) == 1
        assert "--skip-prompt" in commands[0]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{\n  // mine\n  "hooks": {}\n}\n', ":2:3:"),
        ('{"hooks": {},}\n', ":1:"),
        ('{"hooks": {}', ":1:13:"),
        ("", ":1:1:"),
        ("[]", ":1:1:"),
        ('{"a": 1, "a": 2}', "names `a` twice"),
        ('{"a": NaN}', "NaN"),
        ('{"hooks": []}', "no object"),
        ('{"hooks": {"PreToolUse": {}}}', "no list"),
        ('{"hooks": {"PreToolUse": [{"hooks": 1}]}}', "no object with a list"),
        ("\ufeff{}", ":1:1:"),
    ],
)
def test_what_cannot_be_kept_exactly_is_refused_and_left_alone(
    text: str, place: str, home: Path
) -> None:
    path = _settings("claude", home)
    path.parent.mkdir()
    path.write_text(text)
    for done in (
        _install("claude", home),
        _wilkc("uninstall", "--harness", "claude", home=home),
        _wilkc("status", "--harness", "claude", home=home),
    ):
        assert done.returncode == 2, done
        assert place in done.stderr
        assert len([one for one in done.stderr.splitlines() if one.startswith("wilkc:")]) == 1
        assert "Traceback" not in done.stderr
    assert path.read_text() == text
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_version_that_is_not_known_is_refused(home: Path) -> None:
    path = _settings("cursor", home)
    path.parent.mkdir()
    path.write_text('{"version": 2, "hooks": {}}')
    assert "`version` is not 1" in _install("cursor", home).stderr
    assert path.read_text() == '{"version": 2, "hooks": {}}'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--harness", "claude", "--agent", "a"], "nobody is named to decide"),
        (["--harness", "claude", "--agent", "a", "--bundle", "b"], "add `--key FILE`"),
        (["--harness", "claude", "--agent", "a", "--bundle", "b", "--key", "k"], "--audit DIR"),
        (["--harness", "claude", "--socket", "s"], "no agent is named"),
        (["--harness", "codex", "--agent", "a", "--socket", "s", "--scope", "user"],
         "does not tell its hooks"),
        (["--harness", "cursor", "--agent", "a", "--socket", "s", "--after"], "does not tell what"),
    ],
)  # fmt: skip
def test_a_hook_that_could_never_decide_is_not_installed(
    words: list[str], said: str, home: Path
) -> None:
    done = _wilkc("install", *words, home=home)
    assert done.returncode == 2
    assert said in done.stderr
    assert not _settings(words[1], home).exists()


def test_a_link_to_settings_elsewhere_stays_one(home: Path) -> None:
    kept = home / "dotfiles.json"
    kept.write_text("{}")
    path = _settings("claude", home)
    path.parent.mkdir()
    path.symlink_to(kept)
    assert _install("claude", home).returncode == 0
    assert path.is_symlink()
    assert "hook_entry.py" in kept.read_text()


def test_a_folder_that_cannot_be_written_leaves_everything(home: Path) -> None:
    (home / ".claude").write_text("a file, not a folder")
    done = _install("claude", home)
    assert done.returncode in {2, 7}
    assert "Traceback" not in done.stderr


def test_status_says_what_is_missing(world: World, home: Path) -> None:
    def status() -> Done:
        return _wilkc("status", "--harness", "claude", home=home)

    assert status().returncode == 7
    assert "nothing is judged at PreToolUse" in status().stdout
    _install("claude", home)
    assert "no service answers" in status().stdout
    again = ["--socket", str(world.socket)]
    _wilkc("install", "--harness", "claude", "--agent", "coder", *again, home=home)
    assert status().returncode == 0, status().stdout
    local = home / ".claude" / "settings.local.json"
    local.write_text('{"disableAllHooks": true}')
    assert status().returncode == 7
    assert "`disableAllHooks` in" in status().stdout
    assert "well" not in status().stdout
    local.unlink()
    path = _settings("claude", home)
    path.write_text(path.read_text().replace(sys.executable, "/nowhere/python"))
    assert "`/nowhere/python` is not there" in status().stdout
    assert status().returncode == 7
    for other in ("/bin/true", "/usr/bin/env"):
        path.write_text(path.read_text().replace("/nowhere/python", other))
        assert "it is not started as `install` writes it" in status().stdout
        assert status().returncode == 7
        path.write_text(path.read_text().replace(other, "/nowhere/python"))


@pytest.mark.parametrize("harness", HARNESSES)
def test_what_was_installed_runs_and_decides(world: World, harness: str, home: Path) -> None:
    """The command is taken from the settings and started as they say, without a shell or by it."""
    promises = ["--unsafe-no-sandbox", "--fulfils", "check_address"]
    done = _wilkc(
        "install", "--harness", harness, "--agent", "coder", "--socket", str(world.socket),
        "--workspace", str(world.workspace), *promises, home=home,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    path = world.workspace / BY_NAME[harness].settings.project
    document = json.loads(path.read_text())
    path.unlink()
    entry = _entry(document)
    words = own_command(entry)
    assert words is not None
    if "args" not in entry:
        assert shlex.split(entry["bash" if harness == "copilot" else "command"]) == words
    names = {"claude": ("bash", "bash_two_commands"), "codex": ("bash", "bash_denied"),
             "gemini": ("shell", "shell_denied"), "copilot": ("bash", "bash_denied"),
             "cursor": ("shell", "shell_denied")}  # fmt: skip
    allowed, refused = names[harness]
    raw = case(harness, allowed, world.workspace).raw()
    assert run_hook([], raw, program=words).returncode == 0
    denied(run_hook([], case(harness, refused, world.workspace).raw(), program=words))


def _entry(document: dict[str, Any]) -> dict[str, Any]:
    first = next(iter(document["hooks"].values()))[0]
    found: dict[str, Any] = first["hooks"][0] if "hooks" in first else first
    return found
