"""`wilkc status` and `/metrics` of a real sidecar, well and unwell."""

from __future__ import annotations

import json
import os
import signal
import socket as sockets
import stat
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.integration.sidecar.conftest import freeze, opa_processes
from wilkc.opa.connection import Connection

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Running, Signer


@pytest.fixture
def port() -> int:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        found: int = free.getsockname()[1]
        return found


@pytest.fixture
def running(opa: Path, cli: Cli, folder: Path, keys: Path, signer: Signer, port: int) -> Running:
    bundle = folder / "bundle.tar.gz"
    bundle.write_bytes(signer.bundle("r5", "a", sequence=5))
    words = ("--bundle", bundle, "--key", keys / "k.pub.pem", "--scope", "test")
    place = ("--run-dir", folder / "run", "--metrics-port", str(port))
    started = cli.start("serve", *words, *place, WILK_OPA=str(opa))
    started.line_with("ready")
    return started


def _status(cli: Cli, folder: Path) -> tuple[int, dict[str, object]]:
    done = cli.run("status", "--run-dir", folder / "run", "-f", "json")
    shown: dict[str, object] = json.loads(done.stdout)
    return done.returncode, shown


def _metrics(port: int) -> dict[str, float]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = answer.read().decode().splitlines()
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


def _put(folder: Path, data: bytes) -> None:
    (folder / "new").write_bytes(data)
    (folder / "new").replace(folder / "bundle.tar.gz")


def test_a_sidecar_that_is_well_and_refuses_and_updates(
    cli: Cli, folder: Path, signer: Signer, running: Running, port: int
) -> None:
    code, shown = _status(cli, folder)
    assert code == 0
    assert (shown["revision"], shown["sequence"], shown["answers"]) == ("r5", 5, True)
    assert (shown["refusals"], shown["refused"], shown["restarts"]) == ({}, 0, 0)
    done = cli.run("status", "--socket", folder / "run" / "opa.sock")
    assert done.returncode == 0
    assert done.stdout.startswith("in force  revision r5  sequence 5  key k  scope test  for ")
    assert done.stdout.endswith("OPA       answers, 0 restarts\n")

    before = _metrics(port)
    for _ in range(3):
        cli.run("decide", "a", "file:./x", "read", "--socket", folder / "run" / "opa.sock")
    after = _metrics(port)
    name = 'wilk_decisions_total{outcome="answered"}'
    assert after[name] - before[name] >= 3
    assert after["wilk_decision_duration_seconds_count"] >= after[name] > 0
    assert after["wilk_bundle_age_seconds"] > before["wilk_bundle_age_seconds"]
    assert (after["wilk_opa_up"], after["wilk_bundle_sequence"]) == (1, 5)

    _put(folder, signer.bundle("r4", "b", sequence=4))
    running.line_with("refused the new bundle")
    code, shown = _status(cli, folder)
    assert (code, shown["revision"], shown["answers"], shown["refused"]) == (6, "r5", True, 1)
    (why,) = shown["refusals"].values()  # type: ignore[attr-defined]  # decoded JSON
    assert "it has sequence 4, and 5 was in force" in why
    assert "refused   " in cli.run("status", "--run-dir", folder / "run").stdout
    assert cli.run("status", "--run-dir", folder / "run", "--answering").returncode == 0
    assert _metrics(port)["wilk_bundle_refused"] == 1

    _put(folder, signer.bundle("r6", "a", sequence=6))
    running.line_with("active")
    assert _status(cli, folder)[0] == 0
    found = _metrics(port)
    assert (found["wilk_bundle_refused"], found["wilk_bundle_refusals_total"]) == (0, 1)
    assert found["wilk_bundle_sequence"] == 6

    (folder / "bundle.tar.gz").unlink()
    running.line_with("cannot read the bundle")
    code, shown = _status(cli, folder)
    assert (code, shown["revision"]) == (6, "r6")
    assert "cannot read the bundle" in str(shown["source_problem"])
    assert running.stop() == 0
    done = cli.run("status", "--run-dir", folder / "run")
    assert (done.returncode, done.stdout) == (7, "")
    assert "no sidecar is running" in done.stderr


def test_an_opa_that_hangs_and_one_that_is_killed(
    cli: Cli, folder: Path, running: Running, port: int
) -> None:
    (process,) = opa_processes(folder / "run")
    freeze(process)
    code, shown = _status(cli, folder)
    assert (code, shown["revision"], shown["answers"]) == (7, "r5", False)
    assert cli.run("status", "--run-dir", folder / "run", "--answering").returncode == 7
    found = _metrics(port)
    assert found["wilk_opa_up"] == 0
    assert found["wilk_bundle_sequence"] == 5
    os.kill(process, signal.SIGCONT)
    os.kill(process, signal.SIGKILL)
    running.line_with("OPA ended with code -9")
    started = time.monotonic()
    while _status(cli, folder)[0] != 0:
        assert time.monotonic() - started < 20
    assert _metrics(port)["wilk_opa_restarts_total"] == 1
    assert running.stop() == 0


def test_the_pages_are_the_owners_and_nothing_else_is_there(folder: Path, running: Running) -> None:
    path = folder / "run" / "status.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    connection = Connection(path)
    for target in ("/", "/status/", "/v1/data", "/metrics?x"):
        deadline = time.monotonic() + 5
        assert connection.get(target, deadline=deadline, limit=100).status == 404
        connection.close()
    deadline = time.monotonic() + 5
    assert connection.post("/status", b"{}", deadline=deadline, limit=2000).status == 501
    connection.close()
    assert running.stop() == 0
    assert not path.exists()


def test_a_client_that_says_nothing_does_not_stop_the_pages(
    cli: Cli, folder: Path, running: Running
) -> None:
    with sockets.socket(sockets.AF_UNIX) as silent:
        silent.connect(str(folder / "run" / "status.sock"))
        started = time.monotonic()
        while cli.run("status", "--run-dir", folder / "run").returncode != 0:
            assert time.monotonic() - started < 15
    assert running.stop() == 0


def test_a_port_that_is_taken_is_said(
    cli: Cli, opa: Path, folder: Path, keys: Path, signer: Signer
) -> None:
    bundle = folder / "bundle.tar.gz"
    bundle.write_bytes(signer.bundle("r5", "a"))
    words = ("--bundle", bundle, "--key", keys / "k.pub.pem", "--scope", "test")
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        place = ("--run-dir", folder / "run", "--metrics-port", port)
        done = cli.run("serve", *words, *place, WILK_OPA=str(opa))
    assert (done.returncode, done.stdout) == (7, "")
    assert "cannot serve `/metrics`" in done.stderr
    done = cli.run("status")
    assert done.returncode == 2
