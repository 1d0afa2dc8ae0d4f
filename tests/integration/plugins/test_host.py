"""Plugins run as tools of agents, with real OPA, real bubblewrap and a real log, or not at all."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.guard.conftest import SMALL, Log, compiled_bundle, log
from tests.unit.adapters.plugins.conftest import KEY, SIGNER, VKEY
from wilkc.adapters.plugins import PluginHost, Revocations, sign_plugin
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime import Guard, PermissionDenied, SecurityError
from wilkc.runtime.keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.bundle import VerifiedBundle

__all__ = ["log"]
SPEC = f"""\
agent: host
permissions:
  filesystem:
    read: ['./src/**']
    execute: ['/run/wilk/code']
  shell:
    allowed_commands: ['python3 /run/wilk/code']
    allowed_interpreters: [python3]
    max_execution_time: 20
  tools:
    allowed: [greet]
    signed: ['{VKEY}']
    arguments:
      greet:
        type: object
        properties: {{name: {{type: string, maxLength: 9}}}}
        required: [name]
sandbox:
  isolation: {{level: moderate, network: none}}
  degraded: [cgroup]
""".encode()
CODE = """\
import base64, json, os
with open("/run/wilk/context") as file:
    given = json.load(file)
word = base64.b64decode(given["files"]["words/en.txt"]).decode().strip()
with os.fdopen(3, "w") as file:
    json.dump(f"{word} {given['arguments']['name']}", file)
"""


@pytest.fixture(scope="module")
def served(opa: Path, bwrap: Path) -> Iterator[tuple[Sidecar, VerifiedBundle]]:
    """A sidecar that serves the policy of the host, and its bundle."""
    del bwrap
    bundle, key = compiled_bundle(host=SPEC)
    with Sidecar(bundle, {"k": key}, SidecarSettings(opa)) as sidecar:
        yield sidecar, bundle


@pytest.fixture
def work() -> Iterator[Path]:
    """A workspace that commands can reach."""
    top = Path(tempfile.mkdtemp(prefix="wilk-plugin-"))
    top.chmod(0o755)
    (top / "src").mkdir()
    if os.geteuid() == 0:
        for path in (top, top / "src"):
            os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    yield top
    shutil.rmtree(top)


@pytest.fixture
def guard(served: tuple[Sidecar, VerifiedBundle], work: Path, log: Log) -> Iterator[Guard]:
    """A guard with a real log."""
    sidecar, bundle = served
    made = Guard(
        sidecar.socket, log.recorder(SMALL), agent="host", workspace=work, seconds=20.0,
        bundle=lambda: bundle,
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A signed plugin."""
    folder = tmp_path / "greet"
    (folder / "words").mkdir(parents=True)
    (folder / "main.py").write_text(CODE)
    (folder / "words" / "en.txt").write_text("hello\n")
    sign_plugin(folder, "greet", "1.0", "main.py", signer=SIGNER, key=KEY)
    return folder


def details(log: Log) -> list[str]:
    """What was decided, in order."""
    return [one["decision"]["detail"] for one in log.records() if one["phase"] == "intent"]


def test_a_signed_plugin_runs_and_the_record_says_what_ran(
    guard: Guard, plugin: Path, log: Log
) -> None:
    assert PluginHost(guard).call("greet", plugin, {"name": "Ann"}) == "hello Ann"
    guard.close()
    assert details(log) == ["allowed", "allowed"]
    assert [one["result"]["status"] for one in log.records() if one["phase"] == "outcome"] == [
        "success", "success",
    ]  # fmt: skip
    assert log.verify().ok


def test_a_plugin_as_large_as_any_runs(guard: Guard, plugin: Path) -> None:
    (plugin / "data").write_bytes(b"\xff" * 700 * 1024)
    sign_plugin(plugin, "greet", "1.0", "main.py", signer=SIGNER, key=KEY)
    assert PluginHost(guard).call("greet", plugin, {"name": "Ann"}) == "hello Ann"


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda p: (p / "plugin.dsse.json").unlink(), "plugin_not_verified"),
        (lambda p: (p / "main.py").write_text("x"), "plugin_not_verified"),
        (lambda p: (p / "extra.py").touch(), "plugin_not_verified"),
        (
            lambda p: sign_plugin(p, "other", "1.0", "main.py", signer=SIGNER, key=KEY),
            "plugin_not_verified",
        ),
        # Well signed, by a key that the policy does not list.
        (
            lambda p: sign_plugin(
                p, "greet", "1.0", "main.py", signer=SIGNER, key=SigningKey(bytes(32))
            ),
            "signature_required",
        ),
        (
            lambda p: sign_plugin(p, "greet", "1.0", "main.py", signer="example.org/x", key=KEY),
            "signature_required",
        ),
    ],
)
def test_an_unsigned_altered_or_foreign_plugin_never_runs(
    guard: Guard, plugin: Path, log: Log, change: Callable[[Path], Any], detail: str
) -> None:
    change(plugin)
    with pytest.raises(PermissionDenied) as found:
        PluginHost(guard).call("greet", plugin, {"name": "Ann"})
    assert found.value.decision.detail == detail
    assert details(log) == [detail]


@pytest.mark.parametrize(
    ("listed", "runs"), [("", True), ("{digest}", False), ("{key}", False), (None, False)]
)
def test_a_revoked_plugin_never_runs(
    guard: Guard, plugin: Path, tmp_path: Path, *, listed: str | None, runs: bool
) -> None:
    stated = sign_plugin(plugin, "greet", "1.0", "main.py", signer=SIGNER, key=KEY)
    file = tmp_path / "revoked"
    host = PluginHost(guard, Revocations(file))
    if listed is not None:
        file.write_text(listed.format(digest=stated.digest, key=VKEY))
    if runs:
        assert host.call("greet", plugin, {"name": "Bob"}) == "hello Bob"
        return
    with pytest.raises(PermissionDenied) as found:
        host.call("greet", plugin, {"name": "Bob"})
    assert found.value.decision.detail == "plugin_not_verified"


@pytest.mark.parametrize("arguments", [{}, {"name": "far too long a name"}, {"name": 1}])
def test_arguments_are_judged_by_the_policy(
    guard: Guard, plugin: Path, arguments: dict[str, Any]
) -> None:
    with pytest.raises(PermissionDenied) as found:
        PluginHost(guard).call("greet", plugin, arguments)
    assert found.value.decision.detail == "arguments_not_allowed"


def test_a_tool_that_the_policy_does_not_list(guard: Guard, plugin: Path) -> None:
    sign_plugin(plugin, "other", "1.0", "main.py", signer=SIGNER, key=KEY)
    with pytest.raises(PermissionDenied):
        PluginHost(guard).call("other", plugin, {"name": "Ann"})


def test_a_plugin_that_fails_is_on_record_as_that(guard: Guard, plugin: Path, log: Log) -> None:
    (plugin / "main.py").write_text("raise SystemExit(4)\n")
    sign_plugin(plugin, "greet", "1.1", "main.py", signer=SIGNER, key=KEY)
    with pytest.raises(SecurityError, match="status 4"):
        PluginHost(guard).call("greet", plugin, {"name": "Ann"})
    guard.close()
    ends = [one["result"]["status"] for one in log.records() if one["phase"] == "outcome"]
    assert ends == ["failure", "failure"]


def test_what_was_verified_is_what_runs(
    guard: Guard, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that are exchanged between the verification and the launch change nothing."""
    honest = guard.execute_securely

    def exchanged(*given: Any, **named: Any) -> Any:
        (plugin / "main.py").write_text("raise SystemExit(9)\n")
        return honest(*given, **named)

    monkeypatch.setattr(guard, "execute_securely", exchanged)
    assert PluginHost(guard).call("greet", plugin, {"name": "Eve"}) == "hello Eve"
