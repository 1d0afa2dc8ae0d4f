"""Whatever goes wrong is a denial with code 2 and a reason: each really tried with the command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hook_cases import case
from tests.integration.hooks.conftest import command, denied, run_hook
from wilkc.adapters.hooks.client import MAX_PAYLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.hooks.conftest import World

ANSWER = {"code": 0, "printed": "", "reason": ""}


@pytest.fixture
def allowed(world: World) -> bytes:
    """A payload that is allowed."""
    return case("claude", "bash", world.workspace).raw()


def _with_socket(world: World, socket_path: Path, deadline: str = "15") -> list[str]:
    options = [*world.resident]
    options[options.index("--socket") + 1] = str(socket_path)
    options[options.index("--deadline") + 1] = deadline
    return options


@contextmanager
def _service(place: Path, act: Callable[[socket.socket], object]) -> Iterator[Path]:
    """A service that does with its one caller what a test says."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                act(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield place
        thread.join(30)
    place.unlink()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"{}",
        b"{} {}",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"hook_event_name": "PreToolUse", "tool_name": "Bash"}',
    ],
    ids=range(12),
)
def test_what_is_no_payload_is_denied(world: World, raw: bytes) -> None:
    for harness in ("claude", "cursor"):
        assert denied(run_hook(["--harness", harness, *world.resident], raw))


def test_a_key_named_twice_is_denied(world: World, allowed: bytes) -> None:
    """The harness may read the one, and Wilk the other."""
    twice = allowed.replace(b'"tool_input": {', b'"tool_input": {"command": "curl x", ', 1)
    assert twice != allowed
    assert "names a key twice" in denied(run_hook(world.resident, twice))
    outer = allowed.replace(b'"tool_name":', b'"tool_name": "Teleport", "tool_name":', 1)
    assert "names a key twice" in denied(run_hook(world.resident, outer))


def test_a_huge_payload_is_denied_and_read_to_its_end(world: World, allowed: bytes) -> None:
    """A harness whose pipe breaks might take the hook for broken, and go on."""
    huge = allowed + b" " * (MAX_PAYLOAD_BYTES + 1)
    process = subprocess.Popen(
        [*command(), *world.resident], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(huge * 2)
    process.stdin.close()
    assert b"bytes" in process.stderr.read()
    process.stderr.close()
    assert process.wait() == 2
    large = allowed + b" " * 1_000_000
    assert run_hook(world.resident, large).returncode == 0


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--harness", "vim"],
        ["--agent"],
        ["--agent", "coder"],
        ["--agent", "coder", "--socket", "x", "--socket", "y"],
        ["--agent", "coder", "--bundle", "b.tar.gz"],
        ["--agent", "coder", "--bundle", "b", "--key", "k"],
        ["--agent", "coder", "--socket", "x", "--surprise"],
        ["--agent", "coder", "--socket", "x", "--deadline", "nan"],
        ["--agent", "coder", "--socket", "x", "--deadline", "600"],
        ["--agent", "coder", "--socket", "x", "--deadline", "0"],
        ["coder"],
    ],
)
def test_wrong_options_are_a_denial(options: list[str], allowed: bytes) -> None:
    denied(run_hook(options, allowed))


def test_nobody_at_the_socket_is_a_denial(world: World, allowed: bytes) -> None:
    assert "no service answers" in denied(
        run_hook(_with_socket(world, world.folder / "x"), allowed)
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n",
        json.dumps(ANSWER).encode(),
        json.dumps({**ANSWER, "more": 1}).encode() + b"\n",
        json.dumps({**ANSWER, "code": True}).encode() + b"\n",
        json.dumps({**ANSWER, "code": 1}).encode() + b"\n",
        json.dumps({**ANSWER, "code": "0"}).encode() + b"\n",
        json.dumps({**ANSWER, "code": 2}).encode() + b"\n",
        json.dumps({**ANSWER, "printed": None}).encode() + b"\n",
        b"[0]\n",
        b"x" * 100_000 + b"\n",
        b"\xff\n",
    ],
    ids=range(12),
)
def test_an_odd_answer_is_a_denial(world: World, allowed: bytes, answer: bytes) -> None:
    def act(connection: socket.socket) -> None:
        while connection.recv(65_536):
            pass
        connection.sendall(answer)

    with _service(world.folder / "odd.sock", act) as place:
        assert denied(run_hook(_with_socket(world, place), allowed))


def test_the_same_service_with_a_whole_answer_is_obeyed(world: World, allowed: bytes) -> None:
    def act(connection: socket.socket) -> None:
        while connection.recv(65_536):
            pass
        connection.sendall(json.dumps(ANSWER).encode() + b"\n")

    with _service(world.folder / "even.sock", act) as place:
        assert run_hook(_with_socket(world, place), allowed).returncode == 0


def test_a_service_that_does_not_answer_is_a_denial_in_time(world: World, allowed: bytes) -> None:
    released = threading.Event()

    with _service(world.folder / "slow.sock", lambda _: released.wait(60)) as place:
        started = time.monotonic()
        done = run_hook(_with_socket(world, place, "0.5"), allowed)
        took = time.monotonic() - started
        released.set()
    assert denied(done)
    # Half of what the settings give a hook: the harness must not be the one who gives up.
    assert took < 15


def test_a_harness_that_never_ends_its_payload_gets_a_denial(world: World, allowed: bytes) -> None:
    options = _with_socket(world, world.socket, "0.5")
    with subprocess.Popen(
        [*command(), *options], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(allowed)
        process.stdin.flush()
        # Waited for first: what is never late would never end what it says, either.
        assert process.wait(30) == 2
        said = process.stderr.read()
    assert b"no answer in time" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_a_denial(world: World, number: int) -> None:
    with subprocess.Popen(
        [*command(), *world.resident], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"{")
        process.stdin.flush()
        _await_handlers(process.pid)
        process.send_signal(number)
        said = process.stderr.read()
        assert process.wait(30) == 2
    assert b"interrupted" in said


def _await_handlers(pid: int) -> None:
    """Wait until the process catches what ends it, see SigCgt in proc(5)."""
    wanted = 1 << (signal.SIGALRM - 1)
    for _ in range(3000):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        caught = next(line for line in status if line.startswith("SigCgt"))
        if int(caught.split()[1], 16) & wanted:
            return
        time.sleep(0.01)
    raise AssertionError("the hook never caught its signals")


@pytest.mark.parametrize(
    ("harness", "name"),
    [("claude", "bash"), ("codex", "bash"), ("cursor", "shell"), ("gemini", "shell")],
)
def test_a_closed_standard_output_is_no_way_around(world: World, harness: str, name: str) -> None:
    """Where an allow has to be printed and cannot be, it is a denial; elsewhere nothing is."""
    one = case(harness, name, world.workspace)
    other = case(harness, {"gemini": "shell_denied", "cursor": "shell_denied",
                           "claude": "bash_two_commands", "codex": "bash_denied"}[harness],
                 world.workspace)  # fmt: skip
    prints = harness in {"cursor", "gemini"}
    assert _closed(world, harness, one.raw(), ">&-") == (2 if prints else 0)
    assert _closed(world, harness, other.raw(), ">&-") == 2
    assert _closed(world, harness, other.raw(), "2>&-") == (0 if harness == "codex" else 2)
    assert _closed(world, harness, other.raw(), ">&- 2>&-") == 2
    assert _closed(world, harness, one.raw(), "<&-") == 2


def _closed(world: World, harness: str, raw: bytes, redirection: str) -> int:
    words = ["/bin/bash", "-c", f'exec "$@" {redirection}', "bash", *command()]
    done = subprocess.run(
        [*words, "--harness", harness, *world.resident], input=raw, capture_output=True, check=False
    )
    return done.returncode


def test_codex_hears_the_reason_on_the_other_stream(world: World) -> None:
    """There, a denial without a reason is none: the call would run."""
    raw = case("codex", "bash_denied", world.workspace).raw()
    words = ["/bin/bash", "-c", 'exec "$@" 2>&-', "bash", *command()]
    done = subprocess.run([*words, *world.resident], input=raw, capture_output=True, check=False)
    answer = json.loads(done.stdout)["hookSpecificOutput"]
    assert (done.returncode, answer["permissionDecision"]) == (0, "deny")
    assert answer["permissionDecisionReason"]


@pytest.mark.parametrize(
    ("harness", "name", "told"),
    [
        ("claude", "bash_two_commands", True),
        ("copilot", "bash_denied", True),
        ("cursor", "shell_denied", True),
        ("gemini", "shell_denied", True),
        ("claude", "bash_two_commands", False),
        ("copilot", "bash_denied", False),
        ("cursor", "shell_denied", False),
        ("gemini", "shell_denied", False),
    ],
)
def test_the_arguments_of_a_call_make_it_none_of_codex(
    world: World, harness: str, name: str, *, told: bool
) -> None:
    """Its answer for a broken stream lets the call run elsewhere."""
    payload = case(harness, name, world.workspace).payload
    place = next(one for one in ("tool_input", "toolArgs", "command") if one in payload)
    if isinstance(payload[place], dict):
        payload[place]["turn_id"] = "t-1"
    else:
        payload[place] += ' "turn_id"'
    named = ["--harness", harness] if told else []
    words = ["/bin/bash", "-c", 'exec "$@" 2>&-', "bash", *command(), *named]
    raw = json.dumps(payload).encode()
    done = subprocess.run([*words, *world.resident], input=raw, capture_output=True, check=False)
    assert (done.returncode, b"hookSpecificOutput" in done.stdout) == (2, False)


def test_a_broken_pipe_is_a_denial(world: World) -> None:
    raw = case("cursor", "shell", world.workspace).raw()
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*command(), *world.resident],
        input=raw,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 2
    assert done.stderr


def test_a_missing_script_and_a_missing_package_block(
    world: World, tmp_path: Path, allowed: bytes
) -> None:
    """Python ends with 2 without a script, and the script does without the package."""
    gone = [sys.executable, "-I", str(tmp_path / "hook_entry.py")]
    assert run_hook(world.resident, allowed, program=gone).returncode == 2
    alone = shutil.copy(command()[-1], tmp_path / "hook_entry.py")
    without = [sys.executable, "-I", "-S", str(alone)]
    assert "cannot run" in denied(run_hook(world.resident, allowed, program=without))


def test_the_agents_folder_and_variables_do_not_say_what_is_loaded(
    world: World, tmp_path: Path, allowed: bytes
) -> None:
    for name in ("json", "wilkc", "socket"):
        (tmp_path / f"{name}.py").write_text("import os\nos._exit(0)\n")
    denied_payload = case("claude", "bash_two_commands", world.workspace).raw()
    variables = {"PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "json.py")}
    done = run_hook(world.resident, denied_payload, cwd=tmp_path, variables=variables)
    denied(done)
    done = run_hook(world.resident, allowed, cwd=tmp_path, variables=variables)
    assert done.returncode == 0


def test_the_command_of_wilkc_keeps_the_same_contract(world: World, allowed: bytes) -> None:
    program = [sys.executable, "-m", "wilkc.cli.main", "hook"]
    assert run_hook(world.resident, allowed, program=program).returncode == 0
    denied(run_hook(world.resident, b"{", program=program))
    assert run_hook(["--surprise"], allowed, program=program).returncode == 2
