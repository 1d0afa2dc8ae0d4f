"""Command line, variable, settings, default: in this order, and nothing is loosened."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.main import COMMANDS, WITH_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.conftest import Ran

SPEC = "agent: a\npermissions: {filesystem: {read: ['./src/**']}}\n"
QUIET = "agent: a\npermissions: {filesystem: {read: [./docs/x.md]}}\n"
WIDER = SPEC.replace("./src/**", "./**")
WRONG = "agent: w\npermissions: {filesystem: {raed: []}}\n"
ASKED = ("a", "file:./src/x", "read")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    _write(tmp_path / "policies" / "a.yaml", SPEC)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_command_line_before_variable_before_settings_before_default(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wilkc("check").out.startswith("warning[")
    _write(tmp_path / "wilk.toml", "[check]\nformat = 'json'\n")
    assert "diagnostics" in json.loads(wilkc("check").out)
    monkeypatch.setenv("WILK_CHECK_FORMAT", "sarif")
    assert "runs" in json.loads(wilkc("check").out)
    assert "diagnostics" in json.loads(wilkc("check", "-f", "json").out)
    monkeypatch.setenv("WILK_CHECK_FORMAT", "xml")
    assert wilkc("check").code == 2


def test_a_gate_of_the_settings(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    _write(tmp_path / "new.yaml", WIDER)
    compared = ("diff", "policies/a.yaml", "new.yaml")
    assert wilkc(*compared).code == 0
    _write(tmp_path / "wilk.toml", "[diff]\nfail-on = 'widening'\n")
    assert wilkc(*compared).code == 6
    ran = wilkc(*compared, "--agent", "a")
    assert ran.code == 0
    assert "judges nothing here" in ran.err


def test_strict_and_thresholds(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    assert wilkc("check").code == 0
    tests = ("test", "--engine", "reference", "--allow-empty")
    assert wilkc(*tests).code == 0
    _write(
        tmp_path / "wilk.toml",
        "[check]\nstrict = true\n[test]\nmin-coverage = 90\nmin-mutation = 90\n",
    )
    assert wilkc("check").code == 3
    assert wilkc(*tests).code == 6
    assert wilkc(*tests, "--min-coverage", "0", "--min-mutation", "0").code == 0
    ran = wilkc(*tests, "--min-coverage", "0", "--no-mutation")
    assert ran.code == 0
    assert "`min-mutation` of the settings is not asked" in ran.err


def test_settings_do_not_switch_off(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "wilk.toml", "[check]\nstrict = false\n")
    assert wilkc("check", "--strict").code == 3
    monkeypatch.setenv("WILK_CHECK_STRICT", "1")
    assert wilkc("check").code == 3


def test_policies_of_the_settings_stand_beside_the_folder(
    wilkc: Callable[..., Ran], tmp_path: Path
) -> None:
    """A settings file that points elsewhere does not hide what stands in `policies`."""
    _write(tmp_path / "policies" / "w.yaml", WRONG)
    _write(tmp_path / "decoy" / "b.yaml", QUIET.replace("agent: a", "agent: b"))
    _write(tmp_path / "wilk.toml", "policies = ['decoy']\n")
    ran = wilkc("check")
    assert ran.code == 3
    assert "policies/w.yaml" in ran.out
    assert "in 3 files" in ran.out


def test_policies_of_the_settings_alone(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "policies").rename(tmp_path / "agents")
    assert wilkc("check").code == 2
    _write(tmp_path / "wilk.toml", "policies = ['agents']\n")
    assert wilkc("check").code == 0
    assert wilkc("explain", *ASKED).code == 0
    assert wilkc("decide", *ASKED, "--engine", "reference").code == 0
    assert wilkc("fmt", "--check").code == 0
    _write(tmp_path / "new.yaml", WIDER)
    assert wilkc("diff", "new.yaml", "--fail-on", "widening").code == 0
    assert wilkc("prove", "--never", "file:./src/x read").code == 6


def test_a_variable_names_policies_instead(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "one" / "b.yaml", SPEC.replace("agent: a", "agent: b"))
    _write(tmp_path / "two.yaml", SPEC.replace("agent: a", "agent: c"))
    monkeypatch.setenv("WILK_POLICIES", "one:two.yaml")
    assert "in 2 files" in wilkc("check").out
    monkeypatch.setenv("WILK_POLICIES", ":")
    assert wilkc("check").code == 2


def test_the_place_of_ones_own_comes_last(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    own = tmp_path / "home" / ".wilk" / "config"
    _write(own / "a.yaml", WIDER)
    reference = ("--engine", "reference")
    assert wilkc("decide", "a", "file:./x", "read", *reference).code == 4
    (tmp_path / "policies").rename(tmp_path / "gone")
    assert wilkc("decide", "a", "file:./x", "read", *reference).code == 0
    ran = wilkc("diff", "gone", "--fail-on", "widening")
    assert ran.code == 6
    own.rename(tmp_path / "away")
    ran = wilkc("decide", "a", "file:./x", "read", *reference)
    assert ran.code == 2
    assert "there is no folder `policies`" in ran.err


def test_a_revision_is_never_compared_with_somebodys_own(
    wilkc: Callable[..., Ran], tmp_path: Path
) -> None:
    """Whoever takes the policies away would else pass every gate."""
    for words in ("init -q", "add policies", "commit -qm first"):
        who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
        subprocess.run(["git", *who, *words.split()], check=True)
    (tmp_path / "policies").rename(tmp_path / "gone")
    own = tmp_path / "home" / ".wilk" / "config"
    _write(own / "a.yaml", "agent: a\npermissions: {}\n")
    ran = wilkc("diff", "git:HEAD", "--fail-on", "widening")
    assert (ran.code, "`policies`" in ran.err) == (2, True)
    assert wilkc("prove", "--no-new-access", "git:HEAD").code == 2


def test_what_enforces_wants_its_policies_named(wilkc: Callable[..., Ran]) -> None:
    """Whoever wrote the folder that a command starts in would grant what it may."""
    named = ("--audit", "log", "--audit-keys", "keys", "--", "true")
    assert "name one of `--bundle` and `--policies`" in wilkc("run", "a", *named).err
    mcp = ("mcp", "--agent", "a", "--audit", "log", "--", "true")
    assert "name one of `--bundle` and `--policies`" in wilkc(*mcp).err


def test_a_broken_file_stops_what_reads_settings(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    _write(tmp_path / "wilk.toml", "[check]\nstrikt = true\n")
    for command in ("check", "fmt", "diff nothing:", "build -o x", "test", "prove"):
        ran = wilkc(*command.split())
        assert (command, ran.code) == (command, 2)
        assert "wilk.toml:2:1" in ran.err
        assert "did you mean `strict`?" in ran.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("key", ["baseline", "fix", "write-baseline", "output", "quiet"])
def test_an_option_that_is_no_setting_is_named(
    wilkc: Callable[..., Ran], tmp_path: Path, key: str
) -> None:
    _write(tmp_path / "wilk.toml", f"[check]\n{key} = 'x'\n")
    ran = wilkc("check")
    assert ran.code == 2
    assert f"`--{key}` of `wilkc check` does not come from a settings file" in ran.err


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - WITH_SETTINGS))
def test_a_command_that_has_no_settings(
    wilkc: Callable[..., Ran], tmp_path: Path, command: str
) -> None:
    _write(tmp_path / "wilk.toml", f"[{command}]\nsocket = 'x'\n")
    ran = wilkc("check")
    assert ran.code == 2
    assert f"`wilkc {command}` takes no settings from a file" in ran.err


def test_what_has_no_settings_looks_for_none(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    _write(tmp_path / "wilk.toml", "broken")
    assert wilkc("rules", "W001").code == 0
    assert wilkc("schema").code == 0
