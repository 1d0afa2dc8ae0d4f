"""`wilkc serve` from its start to its end."""

from __future__ import annotations

import os
import signal
import stat
from typing import TYPE_CHECKING

import pytest

from tests.integration.sidecar.conftest import gone, opa_processes, stub
from wilkc.bundle import generate_key, sign_bundle
from wilkc.bundle.archive import pack, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Running, Signer
KEPT = {"opa.sock.state", "opa.sock.state.bundle"}
"""What outlives a service, where nobody names another place for it."""


@pytest.fixture
def arguments(folder: Path, keys: Path, signer: Signer) -> list[str | Path]:
    """What `wilkc serve` needs, with a bundle that grants everything to agent `a`."""
    bundle = folder / "bundle.tar.gz"
    bundle.write_bytes(signer.bundle("r1", "a"))
    served: list[str | Path] = ["--bundle", bundle, "--key", keys / "k.pub.pem", "--scope", "test"]
    return ["serve", *served, "--socket", folder / "run" / "opa.sock"]


@pytest.fixture
def running(opa: Path, cli: Cli, folder: Path, arguments: list[str | Path]) -> Running:
    """`wilkc serve`, ready."""
    started = cli.start(*arguments, WILK_OPA=str(opa))
    assert started.line() == f"ready  revision r1  socket {folder / 'run' / 'opa.sock'}"
    return started


def _replace(folder: Path, data: bytes) -> None:
    (folder / "new").write_bytes(data)
    (folder / "new").replace(folder / "bundle.tar.gz")


def _answer(cli: Cli, folder: Path, agent: str = "a") -> tuple[int, str]:
    socket = folder / "run" / "opa.sock"
    done = cli.run("decide", agent, "file:./x", "read", "--socket", socket, "--timeout", "10")
    return done.returncode, done.stdout.split("revision")[-1].strip()


def test_it_serves_until_it_is_told_to_end(cli: Cli, folder: Path, running: Running) -> None:
    run = folder / "run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert stat.S_IMODE((run / "opa.sock").stat().st_mode) == 0o600
    assert _answer(cli, folder) == (0, "r1")
    assert _answer(cli, folder, "b") == (4, "r1")
    assert running.stop() == 0
    assert gone(run)
    assert {one.name for one in run.iterdir()} == KEPT
    assert _answer(cli, folder) == (7, "none")


def test_an_interrupt_is_an_orderly_end_too(folder: Path, running: Running) -> None:
    assert running.stop(signal.SIGINT) == 0
    assert gone(folder / "run")
    assert {one.name for one in (folder / "run").iterdir()} == KEPT


def test_opa_dies_with_a_killed_supervisor(
    cli: Cli, opa: Path, folder: Path, running: Running, arguments: list[str | Path]
) -> None:
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    assert gone(folder / "run")
    again = cli.start(*arguments, WILK_OPA=str(opa))
    assert again.line().startswith("ready")
    assert _answer(cli, folder) == (0, "r1")
    assert again.stop() == 0


def test_a_new_bundle_comes_into_force(
    cli: Cli, folder: Path, signer: Signer, running: Running
) -> None:
    _replace(folder, signer.bundle("r2", "b"))
    assert running.line() == "active  revision r2"
    assert _answer(cli, folder) == (4, "r2")
    assert _answer(cli, folder, "b") == (0, "r2")
    assert running.stop() == 0


def test_a_bad_bundle_is_refused_and_the_old_one_answers(
    cli: Cli, folder: Path, signer: Signer, running: Running
) -> None:
    good = signer.bundle("r2", "b")
    members = unpack(good)
    unsigned = pack({name: data for name, data in members.items() if "sign" not in name})
    broken = signer.bundle("r2", "a", policy=b"package wilk\n\nx := nothing(1)\n")
    for data, message in (
        (unsigned, "is not signed"),
        (pack(members | {"wilk/decision.rego": b"package wilk\n"}), "was changed after signing"),
        (sign_bundle(unsigned, generate_key(), key_id="k", scope="test"), "not made by key `k`"),
        (sign_bundle(unsigned, signer.key, key_id="k", scope="prod"), "for scope `prod`"),
        (good[:-9], "cut short"),
        (b"", "no gzip file"),
        (broken, "undefined function nothing"),
    ):
        _replace(folder, data)
        line = running.line_with("refused the new bundle")
        assert message in line
        assert line.endswith("revision r1 stays")
        assert _answer(cli, folder) == (0, "r1")
    _replace(folder, good)
    running.line_with("active  revision r2")
    assert running.stop() == 0


def test_a_bundle_that_is_removed_goes_on_being_served(
    cli: Cli, folder: Path, running: Running
) -> None:
    (folder / "bundle.tar.gz").unlink()
    assert _answer(cli, folder) == (0, "r1")
    assert running.stop() == 0


def test_a_killed_opa_is_started_again(cli: Cli, folder: Path, running: Running) -> None:
    (process,) = opa_processes(folder / "run")
    os.kill(process, signal.SIGKILL)
    assert "OPA ended with code -9" in running.line()
    while _answer(cli, folder) != (0, "r1"):
        pass
    assert running.stop() == 0


def test_a_second_one_in_the_folder_is_refused(
    cli: Cli, opa: Path, folder: Path, running: Running, arguments: list[str | Path]
) -> None:
    done = cli.run(*arguments, WILK_OPA=str(opa))
    assert done.returncode == 7
    assert "another sidecar runs" in done.stderr
    assert _answer(cli, folder) == (0, "r1")
    assert running.stop() == 0


def _refused(
    cli: Cli, code: int, message: str, arguments: list[str | Path], **environment: str
) -> None:
    done = cli.run(*arguments, **environment)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_bad_arguments_are_refused(
    cli: Cli, folder: Path, keys: Path, arguments: list[str | Path]
) -> None:
    changed = dict(zip(arguments[1::2], arguments[2::2], strict=True))

    def given(**options: str | Path | None) -> list[str | Path]:
        named = changed | {f"--{name.replace('_', '-')}": value for name, value in options.items()}
        kept = [(name, value) for name, value in named.items() if value is not None]
        return ["serve", *(part for pair in kept for part in pair)]

    _refused(cli, 2, "cannot read the bundle", given(bundle=folder / "none"))
    _refused(cli, 2, "cannot read the key", given(key=folder / "none"))
    _refused(cli, 5, "needs the public half", given(key=keys / "k.pem"))
    _refused(cli, 5, "signed for scope", given(scope="prod"))
    _refused(cli, 2, "name one of", given(socket=None))
    _refused(cli, 2, "name one of", given(run_dir=folder / "run"))
    (folder / "bundle.tar.gz").write_bytes(b"no bundle")
    _refused(cli, 5, "no gzip file", given())
    assert not (folder / "run").exists()


def test_a_folder_open_to_others_is_refused(
    cli: Cli, opa: Path, folder: Path, arguments: list[str | Path]
) -> None:
    (folder / "run").mkdir(mode=0o755)
    _refused(cli, 2, "open to others", arguments, WILK_OPA=str(opa))


def test_opa_that_is_missing_or_too_old_is_refused(
    cli: Cli, folder: Path, arguments: list[str | Path]
) -> None:
    old = stub(folder / "opa", "exit 1")
    _refused(cli, 7, "1.22.0", arguments, WILK_OPA=str(old), STUB_VERSION="1.22.0")
    _refused(cli, 7, "does not run", arguments, WILK_OPA=str(folder / "none"))
    nowhere = {"PATH": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "WILK_OPA": ""}
    (folder / "opa").unlink()
    _refused(cli, 7, "no OPA on this machine", arguments, **nowhere)
    assert not (folder / "run").exists()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('echo "error: config error: no" >&2; exit 1', "config error: no"),
        ("exit 3", "OPA ended with code 3: it said nothing"),
        ("exec sleep 60", "OPA was not ready within 1 s"),
    ],
    ids=["dies", "dies in silence", "answers nothing"],
)
def test_opa_that_does_not_start_is_reported(
    cli: Cli, folder: Path, arguments: list[str | Path], body: str, message: str
) -> None:
    program = stub(folder / "opa", body)
    done = cli.run(*arguments, "--start-timeout", "1", WILK_OPA=str(program))
    assert (done.returncode, done.stdout) == (7, "")
    assert message in done.stderr
    assert gone(folder / "run")
    # Who was only too slow may have answered by the bundle: its number stays the lowest.
    kept = ["opa.sock.state"] if "not ready" in message else []
    assert [one.name for one in folder.glob("run/*")] == kept
