"""`wilkc serve --hooks` in a process of its own, and the hook that asks it."""

from __future__ import annotations

import os
import socket
import stat
import time
from typing import TYPE_CHECKING

import pytest

from tests.hook_cases import SPEC, case, make_workspace
from tests.integration.hooks.conftest import SMALL, denied, run_hook
from tests.integration.sidecar.conftest import cli, folder, keys, signer
from wilkc.bundle import sign_bundle, write_bundle
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.identity import create_identity, open_revocations
from wilkc.runtime.audit import Places, create_log, unverified_records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Signer

__all__ = ["cli", "folder", "keys", "signer"]


@pytest.fixture
def serving(folder: Path, keys: Path, signer: Signer, opa: Path) -> list[str]:
    """What `wilkc serve` is given, with a log that is there."""
    del opa
    compiled = compile_sources({"coder.yaml": SPEC}, read_library())
    archive = write_bundle(compiled.files, compiled.manifest)
    (folder / "b.tar.gz").write_bytes(sign_bundle(archive, signer.key, key_id="k"))
    (folder / "audit").mkdir()
    places = Places(*(folder / "audit" / name for name in ("log", "keys", "provider", "root")))
    create_log(places, "example.org/hooks/serve", SMALL)
    return [
        "serve", "--bundle", str(folder / "b.tar.gz"), "--key", str(keys / "k.pub.pem"),
        "--socket", str(folder / "run" / "opa.sock"), "--hooks", str(folder / "run" / "hooks.sock"),
        "--audit", str(places.directory), "--audit-keys", str(places.keys),
        "--audit-provider", str(places.provider),
    ]  # fmt: skip


def test_it_answers_records_and_ends_in_order(cli: Cli, folder: Path, serving: list[str]) -> None:
    workspace = make_workspace(folder / "work")
    place = folder / "run" / "hooks.sock"
    running = cli.start(*serving)
    running.line_with("hooks  socket")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    options = ["--agent", "coder", "--workspace", str(workspace), "--socket", str(place)]
    assert run_hook(options, case("claude", "read", workspace).raw()).returncode == 0
    assert "[blocked]" in denied(run_hook(options, case("claude", "read_blocked", workspace).raw()))
    records = [one for one in unverified_records(folder / "audit" / "log")
               if one["phase"] != "system"]  # fmt: skip
    assert [one["decision"]["allow"] for one in records] == [True, False]
    with socket.socket(socket.AF_UNIX) as idle:
        # Somebody who says nothing keeps nobody else from an answer.
        idle.connect(str(place))
        assert run_hook(options, case("claude", "read", workspace).raw()).returncode == 0
    assert running.stop() == 0
    assert not place.exists()
    denied(run_hook(options, case("claude", "read", workspace).raw()))


def test_a_revoked_agent_is_denied_within_a_second(
    cli: Cli, folder: Path, serving: list[str]
) -> None:
    workspace = make_workspace(folder / "work")
    create_identity(folder / "who")
    running = cli.start(*serving, "--identity", str(folder / "who"))
    running.line_with("hooks  socket")
    options = ["--agent", "coder", "--workspace", str(workspace),
               "--socket", str(folder / "run" / "hooks.sock")]  # fmt: skip
    other = [*options[:1], "reviewer", *options[2:]]
    raw = case("claude", "read", workspace).raw()
    assert run_hook(options, raw).returncode == 0
    revocations = open_revocations(folder / "who")
    revocations.revoke("agent", "coder")
    time.sleep(1)
    assert "the agent `coder` is revoked" in denied(run_hook(options, raw))
    assert "revoked" not in denied(run_hook(other, raw))
    revocations.restore("agent", "coder")
    assert run_hook(options, raw).returncode == 0
    (folder / "who" / "revoked.table").unlink()
    time.sleep(1)
    denied(run_hook(options, raw))
    assert running.stop() == 0
    records = [one for one in unverified_records(folder / "audit" / "log")
               if one["phase"] != "system"]  # fmt: skip
    assert [one["decision"]["detail"] for one in records] == [
        "allowed", "agent_revoked", "unknown_agent", "allowed", "revocations_unavailable",
    ]  # fmt: skip


def test_an_identity_that_nobody_would_heed_is_refused(
    cli: Cli, folder: Path, serving: list[str]
) -> None:
    place = serving.index("--hooks")
    given = [*serving[:place], *serving[place + 2 :], "--identity", str(folder / "who")]
    for more in ([], ["--authzen", str(folder / "run" / "a.sock"), "--print", "systemd"]):
        done = cli.run(*given, *more)
        assert done.returncode == 2, done
        assert "`--identity` goes with" in done.stderr
    # One that is heeded has to be there.
    done = cli.run(*serving, "--identity", str(folder / "who"))
    assert done.returncode == 7, done
    assert "ready" not in done.stdout


def test_a_log_that_is_gone_stops_every_allow(cli: Cli, folder: Path, serving: list[str]) -> None:
    workspace = make_workspace(folder / "work")
    running = cli.start(*serving)
    running.line_with("hooks  socket")
    options = ["--agent", "coder", "--workspace", str(workspace),
               "--socket", str(folder / "run" / "hooks.sock")]  # fmt: skip
    os.rename(folder / "audit", folder / "gone")  # noqa: PTH104  # the folder under the log
    done = run_hook(options, case("claude", "read", workspace).raw())
    assert running.stop() == 0
    denied(done)


@pytest.mark.parametrize("missing", ["--audit", "--hooks"])
def test_there_are_no_hooks_without_a_log(cli: Cli, serving: list[str], missing: str) -> None:
    place = serving.index(missing)
    given = serving[:place] + serving[place + 2 :]
    if missing == "--hooks":
        given = [*serving, "--print", "systemd"]
    done = cli.run(*given)
    assert done.returncode == 2, done
    assert "hooks  socket" not in done.stdout
