"""An MCP call through `wilkc mcp` against the same call to the same server without it.

The server answers at once, so what is between stands out: the decision of OPA, the record on
stable storage, and three more passes of a message through a pipe. What the disk takes for the two
records of a call is measured in the same rounds.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.measure import beside
from wilkc.bundle import generate_key, sign_bundle, verify_bundle, write_bundle
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.obtain import find_opa
from wilkc.runtime import Guard, UnsafeNoRecord
from wilkc.runtime.audit import AuditSettings, Places, create_log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from benchmarks.measure import Row

FLOOR: Final = "an MCP call to the server itself"
UNRECORDED: Final = "an MCP call through the filter, not recorded"
RECORDED: Final = "an MCP call through `wilkc mcp`, on record"
SYNCS: Final = "two writes of one record's bytes, each with its fdatasync"
"""What the disk alone takes for an intent and an outcome, which a call on record waits for."""
DECISION: Final = "guard.check of the same call, not recorded"
RECORD_BYTES: Final = 1400
PATIENT: Final = 30.0
"""Seconds for a decision: a slow one is to be measured, not refused."""
ASKED: Final = {"arguments": {"query": "x"}}
SPEC: Final = b"agent: a\npermissions: {tools: {allowed: ['mcp__s__*']}}\n"
SERVER: Final = (
    sys.executable,
    "-c",
    (
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    told = {'jsonrpc': '2.0', 'id': json.loads(line)['id'], 'result': {'content': []}}\n"
        "    print(json.dumps(told), flush=True)\n"
    ),
)
BARE: Final = (
    "import sys\n"
    "from functools import partial\n"
    "from pathlib import Path\n"
    "from wilkc.adapters.mcp import Filter, Gate, Listing, StdioSession, run_beside\n"
    "from wilkc.opa import Announced, Transport\n"
    "from wilkc.runtime.guard import Guard, UnsafeNoRecord\n"
    "socket = Path(sys.argv[1])\n"
    "guard = Guard(socket, UnsafeNoRecord(), agent='a', seconds=30)\n"
    "listing = Listing(Transport(socket, Announced(socket)), 'a', counts=False)\n"
    "messages = Filter('s', Gate(guard), listing, print)\n"
    "StdioSession(messages, print).run(partial(run_beside, sys.argv[2:], {}))\n"
)


class Talk:
    """A client that asks one call after another."""

    def __init__(self, words: list[str]) -> None:
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate(timeout=60)

    def call(self) -> None:
        """Ask one, and read its answer."""
        self._count += 1
        params = {"name": "search", **ASKED}
        asked = {"jsonrpc": "2.0", "id": self._count, "method": "tools/call", "params": params}
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the server has no pipes")
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "result" not in answer:
            raise RuntimeError(f"the call is refused: {answer}")


def messages(rounds: int) -> list[Row]:
    """The same call in each way, and the decision on it alone, in turn."""
    with ExitStack() as stack:
        actions = _actions(stack)
        taken: dict[str, list[float]] = {name: [] for name in actions}
        for action in actions.values():
            action()
        for _ in range(rounds):
            for name, action in actions.items():
                started = time.perf_counter()
                action()
                taken[name].append((time.perf_counter() - started) * 1000)
        return beside(FLOOR, taken, _added(taken))


def _actions(stack: ExitStack) -> dict[str, Callable[[], object]]:
    top = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    compiled = compile_sources({"a.yaml": SPEC}, read_library())
    key = generate_key()
    signed = sign_bundle(write_bundle(compiled.files, compiled.manifest), key, key_id="k")
    keys = {"k": key.public()}
    settings = SidecarSettings(find_opa().path)
    socket = stack.enter_context(Sidecar(verify_bundle(signed, keys), keys, settings)).socket
    places = Places(*(top / name for name in ("log", "log.keys", "log.keys.provider", "root")))
    create_log(places, "example.org/mcp", AuditSettings(reserve_bytes=0, min_free_bytes=0))
    guard = Guard(socket, UnsafeNoRecord(), agent="a", seconds=PATIENT)
    stack.callback(guard.close)
    options = ["--agent", "a", "--server", "s", "--socket", str(socket)]
    options += ["--audit", str(places.directory), "--unsafe-unconfined"]
    words = {
        FLOOR: [*SERVER],
        UNRECORDED: [sys.executable, "-c", BARE, str(socket), *SERVER],
        RECORDED: [sys.executable, "-m", "wilkc.cli.main", "mcp", *options, "--", *SERVER],
    }
    talks = {name: stack.enter_context(Talk(one)) for name, one in words.items()}
    return {
        FLOOR: talks[FLOOR].call,
        SYNCS: partial(_sync_twice, top / "bytes"),
        DECISION: partial(_check, guard),
        UNRECORDED: talks[UNRECORDED].call,
        RECORDED: talks[RECORDED].call,
    }


def _sync_twice(path: Path) -> None:
    with path.open("ab") as file:
        for _ in range(2):
            file.write(bytes(RECORD_BYTES))
            file.flush()
            os.fdatasync(file.fileno())


def _check(guard: Guard) -> None:
    if not guard.check("tool:mcp__s__search", "call", properties=ASKED).allow:
        raise RuntimeError("the guard denies what it is to be measured with")


def _added(taken: Mapping[str, list[float]]) -> dict[str, str]:
    base = statistics.median(taken[FLOOR])
    return {
        name: f"adds {statistics.median(times) - base:.2f} ms"
        for name, times in taken.items()
        if name not in {FLOOR, SYNCS}
    }
