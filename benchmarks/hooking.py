"""A hook of an agent harness, from its start to its end, against a start of Python.

The floor imports Ed25519 from `cryptography` and does nothing: what a program cannot do without
that signs its record by itself. Without a service the hook also starts an OPA and opens the log;
the same in a warm process stands beside it, and what the hook takes beyond that in the last column.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.deciding import examples_sidecar
from benchmarks.measure import beside
from wilkc.adapters.hooks.judge import Means
from wilkc.adapters.hooks.options import empty, words
from wilkc.adapters.hooks.server import HookServer
from wilkc.bundle import generate_key, sign_bundle, write_key_pair
from wilkc.cli.hooking.one_shot import one_shot
from wilkc.cli.hooking.places import entry_script
from wilkc.runtime import SharedLog
from wilkc.runtime.audit import AuditSettings, Places, create_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.measure import Row

START: Final = "python -c 'import Ed25519 from cryptography'"
RESIDENT: Final = "wilkc hook, through the service"
ALONE: Final = "wilkc hook, one-shot"
WARM: Final = "the decision of a one-shot, in a warm process"
_ED25519: Final = "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey"
_PATIENT: Final = 15.0


def hooking(rounds: int, alone_rounds: int) -> list[Row]:
    """A file that may be read, asked as Claude Code asks."""
    with _world() as (folder, payload, resident, alone):
        del folder
        program = [sys.executable, "-I", entry_script()]
        start = [sys.executable, "-c", _ED25519]
        asked = _side_by_side(
            {
                START: lambda: _run(start, b""),
                RESIDENT: lambda: _run([*program, *words(resident)], payload),
            },
            rounds,
        )
        rows = beside(START, asked, {})
        taken = _side_by_side(
            {
                START: lambda: _run(start, b""),
                WARM: lambda: _decide(alone, payload),
                ALONE: lambda: _run([*program, *words(alone)], payload),
            },
            alone_rounds,
        )
        began, warm, cold = (statistics.median(taken[name]) for name in (START, WARM, ALONE))
        also = {ALONE: f"{(cold - warm) / began:.2f} x the start beyond the decision"}
        return [*rows, *beside(START, taken, also)[1:]]


@contextmanager
def _world() -> Iterator[tuple[Path, bytes, dict[str, Any], dict[str, Any]]]:
    """A workspace, a payload, and the options of a hook with a service and without."""
    with examples_sidecar() as sidecar, tempfile.TemporaryDirectory(prefix="wilk-") as name:
        folder = Path(name)
        workspace = folder / "work"
        (workspace / "src").mkdir(parents=True)
        (workspace / "src" / "app.ts").write_text("x", encoding="ascii")
        (folder / "audit").mkdir()
        places = Places(*(folder / "audit" / one for one in ("log", "keys", "provider", "root")))
        settings = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
        create_log(places, "example.org/hooks/bench", settings)
        key = generate_key()
        signed = sign_bundle(sidecar.bundle.archive, key, key_id="bench")
        (folder / "bundle.tar.gz").write_bytes(signed)
        write_key_pair(folder, "bench", key)
        common = {
            **empty(), "agent": "reviewer", "workspace": str(workspace), "deadline": _PATIENT,
        }  # fmt: skip
        socket = folder / "run" / "hooks.sock"
        alone = {
            **common,
            "bundle": str(folder / "bundle.tar.gz"),
            "key": [str(folder / "bench.pub.pem")],
            "audit": str(places.directory),
            "audit-keys": str(places.keys),
            "audit-provider": str(places.provider),
        }
        recorder = SharedLog(places.directory, places.keys, places.provider, settings)
        with HookServer(socket, Means(sidecar.point, recorder), lambda _: None):
            yield (
                folder,
                _payload(workspace),
                {**common, "socket": str(socket)},
                alone,
            )


def _payload(workspace: Path) -> bytes:
    return json.dumps({
        "session_id": "bench",
        "cwd": str(workspace),
        "hook_event_name": "PreToolUse",
        "tool_name": "Read",
        "tool_input": {"file_path": f"{workspace}/src/app.ts"},
    }).encode()  # fmt: skip


def _run(command: list[str], given: bytes) -> None:
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())


def _decide(options: dict[str, Any], payload: bytes) -> None:
    told: list[bytes] = []
    one_shot(options, payload, {}, time.monotonic() + _PATIENT, told.append)
    if b'"code": 0' not in told[0]:
        raise RuntimeError(told[0].decode())


def _side_by_side(actions: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round, all in turn."""
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()
    for _ in range(rounds):
        for name, action in actions.items():
            started = time.perf_counter()
            action()
            taken[name].append((time.perf_counter() - started) * 1000)
    return taken
