"""`wilkc serve` never goes back to an older bundle, not after a restart either."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.sidecar.conftest import Signer, gone, opa_processes
from wilkc.bundle import generate_key
from wilkc.bundle.archive import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Running

BROKEN = b"package wilk\n\nx := nothing(1)\n"


@pytest.fixture
def place(folder: Path, signer: Signer) -> Path:
    """The bundle's file, with release 5."""
    path = folder / "bundle.tar.gz"
    path.write_bytes(signer.bundle("r5", "a", sequence=5))
    return path


@pytest.fixture
def state(folder: Path) -> Path:
    """The state file, in a folder of its own."""
    (folder / "state").mkdir()
    return folder / "state" / "serve.state"


@pytest.fixture
def serve(
    opa: Path, cli: Cli, folder: Path, keys: Path, place: Path, state: Path
) -> Callable[..., Running]:
    """Starts `wilkc serve` and waits until it is ready."""

    def start(bundle: Path | str = place, ready: str = "revision r5  sequence 5") -> Running:
        words = ("--key", keys / "k.pub.pem", "--scope", "test", "--state", state)
        socket = ("--socket", folder / "run" / "opa.sock")
        running = cli.start("serve", "--bundle", bundle, *words, *socket, WILK_OPA=str(opa))
        assert running.line_with("ready").startswith(f"ready  {ready}  socket")
        return running

    return start


def _put(path: Path, data: bytes) -> None:
    temporary = path.with_name(".new")
    temporary.write_bytes(data)
    temporary.replace(path)


def _answer(cli: Cli, folder: Path) -> tuple[int, str]:
    socket = folder / "run" / "opa.sock"
    done = cli.run("decide", "a", "file:./x", "read", "--socket", socket, "--timeout", "10")
    return done.returncode, done.stdout.split("revision")[-1].strip()


def _announced(folder: Path) -> list[str]:
    found: list[str] = json.loads((folder / "run" / "opa.sock.revisions").read_bytes())["revisions"]
    return found


def test_an_older_bundle_is_refused_while_it_serves(
    cli: Cli, folder: Path, signer: Signer, place: Path, serve: Callable[..., Running]
) -> None:
    running = serve()
    for data, message in (
        (signer.bundle("r4", "b", sequence=4), "it has sequence 4, and 5 was in force"),
        (signer.bundle("r0", "b"), "it has no sequence, and 5 was in force"),
        (signer.bundle("r5b", "b", sequence=5), "sequence 5 belongs to revision r5 already"),
    ):
        _put(place, data)
        line = running.line_with("refused the new bundle")
        assert message in line
        assert line.endswith("revision r5 stays")
        assert _announced(folder) == ["r5"]
        assert _answer(cli, folder) == (0, "r5")
    _put(place, signer.bundle("r6", "a", sequence=6))
    assert running.line_with("active") == "active  revision r6  sequence 6"
    assert _answer(cli, folder) == (0, "r6")
    assert running.stop() == 0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_is_not_rolled_back(
    cli: Cli,
    opa: Path,
    folder: Path,
    signer: Signer,
    place: Path,
    state: Path,
    serve: Callable[..., Running],
    keys: Path,
    ending: signal.Signals,
) -> None:
    serve().stop(ending)
    assert gone(folder / "run")
    _put(place, signer.bundle("r4", "b", sequence=4))
    words = ("--bundle", place, "--key", keys / "k.pub.pem", "--scope", "test", "--state", state)
    again = ("serve", *words, "--socket", folder / "run" / "opa.sock")
    # What was in force was kept, and answers.
    running = serve()
    assert _answer(cli, folder) == (0, "r5")
    assert cli.run("status", "--socket", folder / "run" / "opa.sock").returncode == 6
    running.stop(ending)
    assert gone(folder / "run")
    state.with_name("serve.state.bundle").unlink()
    done = cli.run(*again, WILK_OPA=str(opa))
    assert (done.returncode, done.stdout) == (5, "")
    assert "it has sequence 4, and 5 was in force" in done.stderr
    assert _answer(cli, folder)[0] == 7
    _put(place, signer.bundle("r5", "a", sequence=5))
    assert serve().stop() == 0
    state.write_bytes(b"")
    done = cli.run(*again, WILK_OPA=str(opa))
    assert done.returncode == 5
    assert "is damaged: what was in force is not known" in done.stderr


def test_what_opa_refuses_does_not_raise_the_mark(
    folder: Path, signer: Signer, place: Path, state: Path, serve: Callable[..., Running], cli: Cli
) -> None:
    running = serve()
    before = state.read_bytes()
    _put(place, signer.bundle("r6", "a", policy=BROKEN, sequence=6))
    assert "undefined function nothing" in running.line_with("refused the new bundle")
    assert state.read_bytes() == before
    assert _answer(cli, folder) == (0, "r5")
    assert running.stop() == 0
    _put(place, signer.bundle("r5", "a", sequence=5))
    assert serve().stop() == 0


def test_without_room_for_the_mark_the_old_bundle_answers_until_there_is(
    cli: Cli, folder: Path, signer: Signer, place: Path, state: Path, serve: Callable[..., Running]
) -> None:
    running = serve()
    state.parent.rename(folder / "away")
    _put(place, signer.bundle("r6", "a", sequence=6))
    line = running.line_with("refused the new bundle")
    assert "cannot write the state" in line
    assert _answer(cli, folder) == (0, "r5")
    (folder / "away").rename(state.parent)
    mended = time.monotonic()
    assert running.line_with("active") == "active  revision r6  sequence 6"
    assert time.monotonic() - mended < 5
    assert json.loads(state.read_bytes())["sequence"] == 6
    assert running.stop() == 0


def test_a_full_disk_lets_the_old_bundle_answer(
    cli: Cli, folder: Path, signer: Signer, place: Path, state: Path, serve: Callable[..., Running]
) -> None:
    """No file of the supervisor may grow, which to it is a full disk; OPA writes none."""
    running = serve()
    before, number = state.read_bytes(), running.process.pid
    free = resource.prlimit(number, resource.RLIMIT_FSIZE, (8, resource.RLIM_INFINITY))
    _put(place, signer.bundle("r6", "a", sequence=6))
    assert "cannot write the state" in running.line_with("refused the new bundle")
    assert _answer(cli, folder) == (0, "r5")
    assert (state.read_bytes(), _announced(folder)) == (before, ["r5"])
    # Room for the announcement, but not for the state.
    resource.prlimit(number, resource.RLIMIT_FSIZE, (40, resource.RLIM_INFINITY))
    time.sleep(1.5)
    assert _answer(cli, folder) == (0, "r5")
    resource.prlimit(number, resource.RLIMIT_FSIZE, free)
    assert running.line_with("active") == "active  revision r6  sequence 6"
    assert _answer(cli, folder) == (0, "r6")
    assert running.stop() == 0


def test_of_a_folder_the_newest_valid_bundle_is_served(
    cli: Cli, folder: Path, signer: Signer, serve: Callable[..., Running]
) -> None:
    releases = folder / "releases"
    releases.mkdir()
    for number in (7, 9, 8):
        _put(releases / f"r{number}.tar.gz", signer.bundle(f"r{number}", "a", sequence=number))
    _put(releases / "r99.tar.gz", signer.bundle("r99", "a", sequence=99)[:-50])
    stranger = Signer(generate_key())
    _put(releases / "r98.tar.gz", stranger.bundle("r98", "a", sequence=98))
    running = serve(releases, "revision r9  sequence 9")
    _put(releases / "r6.tar.gz", signer.bundle("r6", "b", sequence=6))
    late = running.line_with("refused the new bundle")
    assert "sequence 6, and 9 was in force" in late
    (releases / "r6.tar.gz").unlink()
    _put(releases / "r10.tar.gz", signer.bundle("r10", "a", sequence=10))
    assert running.line_with("active") == "active  revision r10  sequence 10"
    unsigned = {
        n: c for n, c in unpack(signer.bundle("r11", "a", sequence=11)).items() if "s.j" not in n
    }
    _put(releases / "r11.tar.gz", pack(unsigned))
    assert "is not signed" in running.line_with("refused the new bundle")
    _put(releases / "r10b.tar.gz", signer.bundle("r10b", "b", sequence=10))
    assert "belongs to revision r10 already" in running.line_with("refused the new bundle")
    (releases / "r10.tar.gz").unlink()
    assert _answer(cli, folder) == (0, "r10")
    assert running.stop() == 0


def test_a_folder_without_an_order_is_not_served(
    cli: Cli, opa: Path, folder: Path, signer: Signer, keys: Path
) -> None:
    releases = folder / "releases"
    releases.mkdir()
    words = ("--key", keys / "k.pub.pem", "--scope", "test", "--socket", folder / "run" / "s")
    done = cli.run("serve", "--bundle", releases, *words, WILK_OPA=str(opa))
    assert (done.returncode, done.stdout) == (5, "")
    assert "there is no bundle to serve" in done.stderr
    for name in ("x", "y"):
        _put(releases / f"{name}.tar.gz", signer.bundle(name, "a"))
    done = cli.run("serve", "--bundle", releases, *words, WILK_OPA=str(opa))
    assert (done.returncode, done.stdout) == (5, "")
    assert "several bundles with no sequence differ" in done.stderr


def test_a_killed_opa_is_back_within_a_second(
    cli: Cli, folder: Path, serve: Callable[..., Running]
) -> None:
    running = serve()
    (process,) = opa_processes(folder / "run")
    os.kill(process, signal.SIGKILL)
    assert "OPA ended with code -9" in running.line()
    started = time.monotonic()
    while len(opa_processes(folder / "run")) != 1:
        assert time.monotonic() - started < 1
        time.sleep(0.01)
    while _answer(cli, folder) != (0, "r5"):
        assert time.monotonic() - started < 10
    assert _announced(folder) == ["r5"]
    assert running.stop() == 0
