"""`wilkc serve --authzen` and `wilkc authzen` in processes of their own, with a real OPA."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.authzen import EVALUATIONS, METADATA, ask
from tests.integration.sidecar.conftest import freeze, gone, opa_processes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Running, Signer

WELL_AGAIN_SECONDS = 30
NO_ANSWER = {"no_decision_point", "late_answer", "odd_answer", "unknown_revision"}


def _request(agent: str, path: str = "./x") -> dict[str, Any]:
    return {
        "subject": {"type": "agent", "id": agent},
        "action": {"name": "read"},
        "resource": {"type": "file", "id": path},
    }


YES, NO = _request("a"), _request("b")
BOTH = {"evaluations": [YES, NO, YES]}


@pytest.fixture
def arguments(folder: Path, keys: Path, signer: Signer) -> list[str | Path]:
    """What `wilkc serve` needs, with a bundle that grants everything to agent `a`."""
    bundle = folder / "bundle.tar.gz"
    bundle.write_bytes(signer.bundle("r1", "a"))
    served: list[str | Path] = ["--bundle", bundle, "--key", keys / "k.pub.pem", "--scope", "test"]
    return ["serve", *served, "--socket", folder / "run" / "opa.sock"]


@pytest.fixture
def place(folder: Path) -> Path:
    """Where AuthZEN is asked."""
    return folder / "run" / "authzen.sock"


@pytest.fixture
def patient(opa: Path, cli: Cli, folder: Path, arguments: list[str | Path], place: Path) -> Running:
    """`wilkc serve` and, before it, `wilkc authzen` with time for a machine that is busy."""
    sidecar = cli.start(*arguments, WILK_OPA=str(opa))
    assert sidecar.line().startswith("ready")
    own: list[str | Path] = ["authzen", "--socket", folder / "run" / "opa.sock", "--listen", place]
    alone = cli.start(*own, "--timeout", "30")
    assert alone.line() == f"ready  socket {place}"
    return sidecar


@pytest.fixture
def beside(opa: Path, cli: Cli, arguments: list[str | Path], place: Path) -> Running:
    """`wilkc serve --authzen`, ready."""
    started = cli.start(*arguments, "--authzen", place, WILK_OPA=str(opa))
    assert started.line().startswith("ready  revision r1")
    assert started.line() == f"authzen  socket {place}"
    return started


def _await_yes(place: Path) -> None:
    deadline = time.monotonic() + WELL_AGAIN_SECONDS
    while ask(place, YES).decisions is not True:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_serves_beside_the_sidecar_until_it_is_told_to_end(
    folder: Path, place: Path, beside: Running
) -> None:
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    _await_yes(place)
    assert ask(place, NO).decisions is False
    assert ask(place, BOTH, EVALUATIONS).decisions == [True, False, True]
    assert ask(place, b"", METADATA, method="GET").status == 200
    assert beside.stop() == 0
    assert gone(folder / "run")
    # What was in force stays on record, so that a start can go back to nothing older.
    kept = sorted(one.name for one in (folder / "run").iterdir())
    assert kept == ["opa.sock.state", "opa.sock.state.bundle"]


def test_a_command_of_its_own_asks_a_sidecar(
    opa: Path, cli: Cli, folder: Path, place: Path, arguments: list[str | Path]
) -> None:
    own: list[str | Path] = ["authzen", "--socket", folder / "run" / "opa.sock", "--listen", place]
    words = ["--subject-type", "user", "--base-url", "https://pdp.example.com"]
    alone = cli.start(*own, *words, "--timeout", "30")
    assert alone.line() == f"ready  socket {place}"
    user = YES | {"subject": {"type": "user", "id": "a"}}
    refused = ask(place, user)
    assert (refused.status, refused.decisions) == (200, False)
    assert refused.json["context"]["detail"] == "no_decision_point"
    assert refused.json["context"]["error"]["status"] == 500

    sidecar = cli.start(*arguments, WILK_OPA=str(opa))
    assert sidecar.line().startswith("ready")
    assert ask(place, user).decisions is True
    assert ask(place, YES).json["context"]["reason"] == "NO_PERMISSIONS"
    found = ask(place, b"", METADATA, method="GET").json
    assert found["policy_decision_point"] == "https://pdp.example.com"

    assert sidecar.stop() == 0
    assert ask(place, user).decisions is False
    assert alone.stop() == 0
    assert not place.exists()


def test_callers_at_a_time(place: Path, patient: Running) -> None:
    def call(number: int) -> bool:
        mine = [YES, NO] * 2 if number % 2 else [NO, YES] * 2
        wanted = [one is YES for one in mine]
        return all(
            [ask(place, one).decisions for one in mine] == wanted
            and ask(place, {"evaluations": mine}, EVALUATIONS).decisions == wanted
            for _ in range(10)
        )

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(call, range(32)))
    assert patient.stop() == 0


def _watch(place: Path, seconds: float) -> list[tuple[Any, Any]]:
    """What is answered to whom may and who may not, over and over."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        found += [(YES, ask(place, YES)), (NO, ask(place, NO))]
        found.append((BOTH, ask(place, BOTH, EVALUATIONS)))
    return found


def test_opa_is_killed_among_the_questions(folder: Path, place: Path, patient: Running) -> None:
    with ThreadPoolExecutor(8) as pool:
        watching = [pool.submit(_watch, place, 3.0) for _ in range(8)]
        time.sleep(0.5)
        (process,) = opa_processes(folder / "run")
        os.kill(process, signal.SIGKILL)
        answers = [pair for one in watching for pair in one.result()]
    assert len(answers) > 20
    for asked, answer in answers:
        assert answer.status == 200
        decisions = [answer.json] if asked is not BOTH else answer.json["evaluations"]
        whose = [asked] if asked is not BOTH else BOTH["evaluations"]
        for who, decision in zip(whose, decisions, strict=True):
            context = decision["context"]
            assert not (decision["decision"] and who is NO)
            if who is YES and not decision["decision"]:
                assert context["detail"] in NO_ANSWER
                assert context["error"]["status"] == 500
    _await_yes(place)
    assert patient.stop() == 0


def test_opa_stands_still(folder: Path, place: Path, beside: Running) -> None:
    (process,) = opa_processes(folder / "run")
    freeze(process)
    began = time.monotonic()
    answer = ask(place, YES)
    assert (answer.status, answer.decisions) == (200, False)
    assert answer.json["context"]["detail"] == "late_answer"
    assert time.monotonic() - began < 15
    os.kill(process, signal.SIGCONT)
    _await_yes(place)
    assert beside.stop() == 0


def test_a_revision_that_was_not_announced_permits_nothing(place: Path, patient: Running) -> None:
    (place.parent / "opa.sock.revisions").write_bytes(b'{"revisions":["r0"]}')
    answer = ask(place, YES)
    assert (answer.status, answer.decisions) == (200, False)
    assert answer.json["context"]["detail"] == "unknown_revision"
    assert patient.stop() == 0


def test_what_the_policy_cannot_judge_denies_itself_alone(place: Path, patient: Running) -> None:
    poison = _request("a", "./poison")
    assert ask(place, poison).json["context"]["detail"] == "odd_answer"
    batch = {"evaluations": [YES, poison, YES]}
    assert ask(place, batch, EVALUATIONS).decisions == [True, False, True]
    assert patient.stop() == 0


@pytest.mark.parametrize(
    ("code", "message", "options"),
    [
        (2, "is no base URL", ["--base-url", "http://pdp.example.com"]),
        (2, "has its own meaning", ["--tool-type", "file"]),
        (2, "cannot name a type", ["--subject-type", "a:b"]),
        (2, "name either a socket or an address", []),
    ],
)
def test_refusals(cli: Cli, folder: Path, code: int, message: str, options: list[str]) -> None:
    listen = ["--listen", str(folder / "a.sock")] if options else []
    done = cli.run("authzen", "--socket", folder / "opa.sock", *listen, *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_a_sidecar_does_not_start_where_authzen_cannot(
    opa: Path, cli: Cli, folder: Path, arguments: list[str | Path]
) -> None:
    (folder / "open").mkdir(mode=0o755)
    done = cli.run(*arguments, "--authzen", folder / "open" / "a.sock", WILK_OPA=str(opa))
    assert done.returncode == 2
    assert "is open to others" in done.stderr
    assert gone(folder / "run")


def test_without_the_extra_the_command_says_what_to_install(cli: Cli, folder: Path) -> None:
    lacking = folder / "lacking"
    lacking.mkdir()
    (lacking / "uvicorn.py").write_text("raise ModuleNotFoundError(name='uvicorn')\n")
    # What may be imported is settled when an interpreter starts.
    done = subprocess.run(
        [sys.executable, "-m", "wilkc.cli.main", "authzen", "--socket", folder / "opa.sock",
         "--listen", folder / "a.sock"],
        env={**cli.environment, "PYTHONPATH": os.pathsep.join([str(lacking), *sys.path])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 7
    assert "needs the package `uvicorn`" in done.stderr
    assert "pip install 'wilkc[authzen]'" in done.stderr
