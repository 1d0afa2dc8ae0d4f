"""The guard with many callers against a load generator in C, for the same decision.

`wrk` speaks no unix sockets, so OPA listens on the loopback as well. Whoever asks takes
processor time that OPA would use: the last column says how much each side takes for an answer,
which on a machine that is fully busy is what bounds the rate.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.deciding import EXAMPLES
from benchmarks.guarding import CALLERS, FILE, PATIENT, asked_bytes, coroutines, threads
from benchmarks.measure import Row
from benchmarks.process import cpu_ms
from wilkc.bundle import write_bundle
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.opa.announcement import announce
from wilkc.opa.config import AUTHZ_FILE
from wilkc.opa.obtain import find_opa
from wilkc.opa.transport import ONE_DECISION
from wilkc.runtime import Guard, UnsafeNoRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WRK: Final = f"wrk, {CALLERS} connections over the loopback"
_RATE: Final = re.compile(r"^Requests/sec: +([0-9.]+)$", re.MULTILINE)
_START_SECONDS: Final = 120.0


def loading(seconds: float) -> list[Row]:
    """Milliseconds per answer while everybody asks at once, each for so many seconds by turns."""
    with tempfile.TemporaryDirectory() as name, _opa(Path(name)) as (process, port):
        folder = Path(name)
        (folder / "src").mkdir()
        (folder / "src" / "app.ts").write_text("x", encoding="ascii")
        guard = Guard(
            folder / "opa.sock", UnsafeNoRecord(), agent="reviewer", workspace=name, seconds=PATIENT
        )
        deadline = time.monotonic() + _START_SECONDS
        while not guard.check(FILE, "read").allow and time.monotonic() < deadline:
            time.sleep(0.05)
        script = _script(folder, asked_bytes(name))
        actions: dict[str, Callable[[], float]] = {
            WRK: partial(_wrk, script, port, seconds),
            f"guard.check, {CALLERS} threads, beside wrk": partial(
                _rate, partial(threads, guard), seconds
            ),
            f"guard.check_async, {CALLERS} coroutines, beside wrk": partial(
                _rate, partial(coroutines, guard), seconds
            ),
        }
        rows = _rows(actions, Path("/proc", str(process)))
        guard.close()
        return rows


def _rows(actions: dict[str, Callable[[], float]], opa: Path, rounds: int = 3) -> list[Row]:
    taken: dict[str, list[float]] = {name: [] for name in actions}
    costs: dict[str, str] = {}
    for _ in range(rounds):
        for name, action in actions.items():
            before, served = _own_ms(), cpu_ms(opa)
            started = time.perf_counter()
            rate = action()
            answers = rate * (time.perf_counter() - started) or math.nan
            taken[name].append(1000 / rate if rate else math.nan)
            asking, serving = (_own_ms() - before) / answers, (cpu_ms(opa) - served) / answers
            costs[name] = (
                f"{rate:.0f} answers/s; processor {asking:.2f} ms to ask, {serving:.2f} ms in OPA"
            )
    if shutil.which("wrk") is None:
        costs[WRK] = "wrk is not installed: apt-get install wrk"
    base = statistics.median(taken[WRK])
    return [
        Row(
            name,
            WRK,
            statistics.median(times) / base,
            statistics.median(times),
            max(times),
            rounds,
            costs[name],
        )
        for name, times in taken.items()
    ]


def _own_ms() -> float:
    """Processor time of this process and of the load generators that have ended."""
    found = os.times()
    return (found.user + found.system + found.children_user + found.children_system) * 1000


def _rate(ask: Callable[[int], object], seconds: float) -> float:
    """Answers in a second of callers that ask so often each."""
    each, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        ask(10)
        each += 10
    return each * CALLERS / (time.perf_counter() - started)


def _wrk(script: Path, port: int, seconds: float) -> float:
    program = shutil.which("wrk")
    if program is None:
        return 0.0
    address = f"http://127.0.0.1:{port}{ONE_DECISION}"
    whole = max(1, round(seconds))
    done = subprocess.run(
        [program, "-t", "1", "-c", str(CALLERS), "-d", f"{whole}s", "-s", script, address],
        capture_output=True,
        check=True,
        text=True,
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    return float(_RATE.findall(done.stdout)[0])


def _script(folder: Path, asked: bytes) -> Path:
    """What wrk posts, in its own language, Lua."""
    body = asked.partition(b"\r\n\r\n")[2].decode("utf-8")
    path = folder / "post.lua"
    path.write_text(
        f'wrk.method = "POST"\nwrk.body = {json.dumps(body)}\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    return path


@contextmanager
def _opa(folder: Path) -> Iterator[tuple[int, int]]:
    """OPA on a unix socket and on the loopback: its process and its port."""
    sources = {path.name: path.read_bytes() for path in sorted(EXAMPLES.glob("*.yaml"))}
    compiled = compile_sources(sources, read_library())
    bundle = folder / "bundle.tar.gz"
    bundle.write_bytes(write_bundle(compiled.files, compiled.manifest))
    announce(folder / "opa.sock", [compiled.revision])
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    authz = Path(__file__).parents[1] / "wilkc" / "opa" / AUTHZ_FILE
    command: list[str | Path] = [
        find_opa().path, "run", "--server", "--log-level", "error", "--skip-version-check",
        "--authorization", "basic", "--addr", f"unix://{folder}/opa.sock",
        "--addr", f"127.0.0.1:{port}", "--set", f"bundles.wilk.resource=file://{bundle}", authz,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _await_port(port)
            yield process.pid, port
        finally:
            process.terminate()


def _await_port(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
