"""`wilkc decide`: one request or many, every engine, and every way to get no answer."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.sidecar.conftest import freeze, gone, opa_processes, stub
from wilkc.identity import create_identity, open_revocations
from wilkc.opa import Sidecar, SidecarSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Signer

SPEC = """permissions:
  filesystem:
    read: ['./src/**']
    metadata: {blocked_paths: ['.env*']}
  network:
    allowed_hosts: ['*.example.org']
"""


@pytest.fixture
def spec(folder: Path) -> Path:
    path = folder / "coder.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def bundle(folder: Path, signer: Signer) -> Path:
    path = folder / "bundle.tar.gz"
    path.write_bytes(signer.bundle("r1", "a"))
    return path


@pytest.fixture
def sidecar(opa: Path, folder: Path, signer: Signer) -> Iterator[Sidecar]:
    settings = SidecarSettings(opa, folder / "run" / "opa.sock")
    with Sidecar(signer.verified("r1", "a"), signer.keys, settings) as running:
        yield running


ENGINES = [["--engine", "opa"], ["--engine", "reference"]]


@pytest.mark.parametrize("engine", ENGINES, ids=["opa", "reference"])
def test_specs_are_compiled_and_asked(cli: Cli, opa: Path, spec: Path, engine: list[str]) -> None:
    def ask(*request: str) -> tuple[int, str]:
        options: list[str | Path] = ["--policies", spec, *engine, "--timeout", "10"]
        done = cli.run("decide", *request, *options, WILK_OPA=str(opa))
        return done.returncode, done.stdout

    code, text = ask("coder", "file:./src/a.ts", "read")
    assert code == 0
    assert text.startswith("allowed   PERMISSION_GRANTED · allowed by `./src/**`\n")
    assert f"{spec}:3:12   './src/**'" in text
    code, text = ask("coder", "file:./src/.env", "read")
    assert code == 4
    assert text.startswith("denied    PERMISSION_DENIED · blocked by `.env*`\ndetail    blocked\n")
    assert ask("nobody", "file:./src/a.ts", "read")[0] == 4
    code, text = ask("coder", "network:https://API.Example.ORG")
    assert (code, "condition check_address" in text) == (0, True)
    code, text = ask("coder", "file:./src//a.ts", "read")
    assert (code, "VALIDATION_ERROR" in text) == (4, True)


@pytest.mark.parametrize("engine", ENGINES, ids=["opa", "reference"])
def test_a_revoked_agent_is_denied(
    cli: Cli, opa: Path, spec: Path, folder: Path, engine: list[str]
) -> None:
    create_identity(folder / "who")
    open_revocations(folder / "who").revoke("agent", "coder")
    batch = folder / "batch"
    agents = ("coder", "nobody", "coder")
    batch.write_text("".join(f"{json.dumps(_read(agent))}\n" for agent in agents))
    named: list[str | Path] = ["--policies", spec, *engine, "--identity", folder / "who"]
    one = ("decide", "coder", "file:./src/a.ts", "read")
    done = cli.run(*one, *named, WILK_OPA=str(opa))
    assert (done.returncode, "detail    agent_revoked\n" in done.stdout) == (4, True)
    done = cli.run("decide", "--batch", batch, *named, WILK_OPA=str(opa))
    details = [json.loads(line)["context"]["detail"] for line in done.stdout.splitlines()]
    assert details == ["agent_revoked", "unknown_agent", "agent_revoked"]
    # The twin, and a list that cannot be read: nobody decided.
    assert cli.run(*one, *named[:-2], WILK_OPA=str(opa)).returncode == 0
    (folder / "who" / "revoked.table").unlink()
    assert cli.run(*one, *named, WILK_OPA=str(opa)).returncode == 7


def _read(agent: str) -> dict[str, Any]:
    return {
        "subject": {"type": "agent", "id": agent},
        "action": {"name": "read"},
        "resource": {"type": "file", "id": "./src/a.ts"},
    }


def test_both_engines_give_the_same_answer(cli: Cli, opa: Path, spec: Path) -> None:
    found = [
        json.loads(
            cli.run(
                "decide", "coder", "file:./src/a", "read", "--policies", spec, "-f", "json",
                *engine, WILK_OPA=str(opa),
            ).stdout
        )
        for engine in ENGINES
    ]  # fmt: skip
    assert found[0] == found[1]
    assert found[0]["decision"] is True
    assert set(found[0]["context"]) == {
        "reason", "detail", "message", "rule", "conditions", "revision",
    }  # fmt: skip


def test_a_bundle_needs_a_key_that_verifies(
    cli: Cli, opa: Path, keys: Path, bundle: Path, folder: Path
) -> None:
    ask = ("decide", "a", "file:./x", "read", "--bundle", bundle)
    public = ("--key", keys / "k.pub.pem")
    done = cli.run(*ask, *public, "--scope", "test", WILK_OPA=str(opa))
    assert (done.returncode, "revision  r1" in done.stdout) == (0, True)
    done = cli.run(*ask, "--unverified", WILK_OPA=str(opa))
    assert (done.returncode, "revision  r1" in done.stdout) == (0, True)
    cli.run("keys", "generate", folder / "other", "--id", "k")
    cli.run("keys", "generate", folder / "other", "--id", "next")
    both = (*public, "--key", folder / "other" / "next.pub.pem", "--scope", "test")
    assert cli.run(*ask, *both, WILK_OPA=str(opa)).returncode == 0
    for code, message, options in (
        (5, "`k`", both[2:]),
        (2, "only if its signature verifies", ()),
        (2, "only if its signature verifies", (*public, "--unverified")),
        (5, "signed for scope", public),
        (5, "not made by key", ("--key", folder / "other" / "k.pub.pem", "--scope", "test")),
        (2, "cannot read the key", ("--key", folder / "none", "--scope", "test")),
    ):
        done = cli.run(*ask, *options, WILK_OPA=str(opa))
        assert (done.returncode, done.stdout) == (code, "")
        assert message in done.stderr


def _line(ident: Any, agent: str = "a", **changes: Any) -> str:
    asked = {
        "id": ident,
        "subject": {"type": "agent", "id": agent},
        "action": {"name": "read"},
        "resource": {"type": "file", "id": "./x"},
    }
    return json.dumps(asked | changes)


def test_a_batch_is_answered_line_by_line(cli: Cli, sidecar: Sidecar) -> None:
    connect = {"name": "connect"}
    lines = [
        _line(1),
        "nonsense",
        "",
        "[]",
        _line("b", "b"),
        _line(None, subject=1),
        _line(["any", {"thing": 1}]),
        _line("dup")[:-1] + ', "id": 2}',
        _line("\ud800"),
        _line("odd", action={"name": "\ud800"}),
        _line("host", resource={"type": "network", "id": "https://a_b/"}, action=connect),
        _line("long", context={"x": "y" * 200_000}),
        _line("poison", resource={"type": "file", "id": "./poison"}),
        _line("last"),
    ]
    done = cli.run("decide", "--batch", "-", "--socket", sidecar.socket, given="\n".join(lines))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(lines)
    assert all(set(one) == {"id", "decision", "context"} for one in found)
    allowed = [one["id"] for one in found if one["decision"]]
    assert allowed == [1, ["any", {"thing": 1}], "\ud800", "last"]
    reasons = {one["context"]["reason"] for one in found if not one["decision"]}
    assert reasons == {"VALIDATION_ERROR", "PERMISSION_DENIED"}
    # The request that OPA fails on got no answer, and the code says so.
    assert done.returncode == 7


def test_a_batch_with_denials_only_is_still_answered(
    cli: Cli, sidecar: Sidecar, folder: Path
) -> None:
    batch = folder / "batch.jsonl"
    batch.write_text("".join(f"{_line(n, 'b')}\n" for n in range(1500)))
    done = cli.run("decide", "--batch", batch, "--socket", sidecar.socket)
    assert done.returncode == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == list(range(1500))
    done = cli.run("decide", "--batch", batch, "--socket", sidecar.socket, "-f", "text")
    assert done.stdout.count("denied    PERMISSION_DENIED") == 1500


def test_without_an_answer_a_denial_is_printed(
    cli: Cli, folder: Path, spec: Path, bundle: Path
) -> None:
    old = stub(folder / "opa", "exit 1")
    for options, environment in (
        (("--socket", folder / "none.sock"), {}),
        (("--policies", spec), {"WILK_OPA": str(old), "STUB_VERSION": "1.20.0"}),
        (("--policies", spec), {"WILK_OPA": str(folder / "none")}),
        (("--policies", spec), {"WILK_OPA": str(old)}),
        (("--bundle", bundle, "--unverified"), {"WILK_OPA": str(old)}),
    ):
        one = cli.run("decide", "a", "file:./x", "read", *options, "-f", "json", **environment)
        assert one.returncode == 7
        answer = json.loads(one.stdout)
        assert answer["decision"] is False
        assert answer["context"]["reason"] == "VALIDATION_ERROR"
        assert answer["context"]["detail"] == "no_decision_point"
        many = cli.run(
            "decide", "--batch", "-", *options, given=f"{_line(1)}\n{_line(2)}\n", **environment
        )
        assert many.returncode == 7
        found = [json.loads(line) for line in many.stdout.splitlines()]
        assert [(one["id"], one["decision"]) for one in found] == [(1, False), (2, False)]


def test_an_opa_that_answers_nothing_ends_in_time(cli: Cli, folder: Path, spec: Path) -> None:
    program = stub(folder / "opa", "exec sleep 60")
    ask = ("decide", "coder", "file:./src/a", "read", "--policies", spec)
    done = cli.run(*ask, "--start-timeout", "1", WILK_OPA=str(program))
    assert done.returncode == 7
    assert done.stdout.startswith("denied    VALIDATION_ERROR · OPA was not ready within 1 s\n")
    assert "wilkc: OPA was not ready" in done.stderr


def test_a_stopped_sidecar_is_late(cli: Cli, sidecar: Sidecar) -> None:

    (process,) = opa_processes(sidecar.socket.parent)
    freeze(process)
    try:
        done = cli.run(
            "decide", "a", "file:./x", "read", "--socket", sidecar.socket, "--timeout", "0.5"
        )
    finally:
        os.kill(process, signal.SIGCONT)
    assert done.returncode == 7
    assert "did not answer within 0.5 s\ndetail    late_answer\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "there is no request"),
        (("--socket", "x", "--bundle", "y"), "name one of"),
        (("--socket", "x", "--policies", "y"), "name one of"),
        (("--socket", "x", "--engine", "reference"), "needs the specs"),
        (("--socket", "x", "--key", "y"), "go with `--bundle`"),
        (("--socket", "x", "--unverified"), "go with `--bundle`"),
        (("--socket", "x"), "there is no request"),
        (("a", "--socket", "x"), "there is no request"),
        (("a", "file:./x", "read", "--socket", "x", "--batch", "-"), "not both"),
        (("--socket", "x", "--batch", "none.jsonl"), "cannot read `none.jsonl`"),
        (("a", "file:./x", "read", "--policies", "none.yaml"), "no file or folder `none.yaml`"),
        (("a", "file:./x", "read", "--bundle", "none", "--unverified"), "cannot read the bundle"),
    ],
    ids=range(12),
)
def test_usage(cli: Cli, opa: Path, arguments: tuple[str, ...], message: str) -> None:
    done = cli.run("decide", *arguments, WILK_OPA=str(opa))
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize("engine", ENGINES, ids=["opa", "reference"])
def test_specs_with_errors_are_shown(cli: Cli, opa: Path, folder: Path, engine: list[str]) -> None:
    (folder / "bad.yaml").write_text("permissions:\n  filesystem: {raed: []}\n")
    ask = ("decide", "bad", "file:./x", "read", "--policies", folder / "bad.yaml")
    done = cli.run(*ask, *engine, WILK_OPA=str(opa))
    assert (done.returncode, done.stdout) == (3, "")
    assert "error[W" in done.stderr
    assert "raed" in done.stderr


def test_a_request_that_cannot_be_read_is_denied(cli: Cli, spec: Path) -> None:
    ask = ("--policies", spec, "--engine", "reference")
    for request in (("coder", "nonsense", "read"), ("coder", "file:./x"), ("coder", "shell:$(x)")):
        done = cli.run("decide", *request, *ask)
        assert done.returncode == 4
        assert done.stdout.startswith("denied    VALIDATION_ERROR")


def test_what_a_terminal_would_act_on_is_made_visible(cli: Cli, spec: Path) -> None:
    ask = ("--policies", spec, "--engine", "reference")
    done = cli.run("decide", "\x1b[31mcoder\udcff", "file:./x", "read", *ask)
    assert done.returncode == 4
    assert "\x1b" not in done.stdout


def test_a_killed_call_leaves_no_opa(cli: Cli, folder: Path, bundle: Path) -> None:
    program = stub(folder / "opa", "exec sleep 60")
    running = cli.start(
        "decide", "a", "file:./x", "read", "--bundle", bundle, "--unverified",
        WILK_OPA=str(program),
    )  # fmt: skip
    temporary = folder / "tmp"
    while not list(temporary.glob("wilk-*/opa.json")):
        assert running.process.poll() is None
    (run,) = temporary.iterdir()
    assert running.stop(signal.SIGTERM) == 128 + signal.SIGTERM
    assert gone(run)
    assert not run.exists()
