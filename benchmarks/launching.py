"""Launches against bare bubblewrap, in the same rounds.

Back to back and after pauses, in which a machine goes to sleep; where this is root's, as an
ordinary user too, whose numbers stand beside root's in the last column. SANDBOX.md section 13
wants ratios of at most 4 (back to back) and 6 (after pauses), 5 and 6 with a restricted network.
"""

from __future__ import annotations

import os
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import idna

import wilkc
from benchmarks.launches import TOGETHER
from benchmarks.measure import beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.measure import Row

PAUSE_SECONDS: Final = 0.3
MASKS: Final = 100
USER: Final = "nobody"
BARE: Final = "a bare sandbox"
_PROGRAM: Final = Path(__file__).with_name("launches.py")
_NEEDLESS: Final = ("__pycache__", "cli", "spec", "syntax", "plan", "emit", "analyze", "compiler")


class Worker:
    """A process that launches, as whoever runs it."""

    def __init__(self, words: tuple[str, ...], top: Path, workspace: Path) -> None:
        self._process = subprocess.Popen(
            [*words, str(top / _PROGRAM.name), str(workspace)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
            env={"PYTHONPATH": str(top), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    def ask(self, action: str) -> tuple[float, int]:
        """Milliseconds of one action, and how many failed."""
        pipes = self._process
        if pipes.stdin is None or pipes.stdout is None:
            raise RuntimeError("the worker has no pipes")
        pipes.stdin.write(f"{action}\n")
        pipes.stdin.flush()
        taken, failed = pipes.stdout.readline().split()
        return float(taken), int(failed)

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def launching(rounds: int, *, small: bool = False) -> list[Row]:
    """Single launches, masks, pauses, and many at once."""
    with _workers() as workers:
        rows = _single(workers, rounds, 0.0)
        rows += _single(workers, max(rounds // 3, 1), 0.0 if small else PAUSE_SECONDS, paused=True)
        return rows + _many(workers["own"], 1 if small else 5)


def _single(
    workers: Mapping[str, Worker], rounds: int, pause: float, *, paused: bool = False
) -> list[Row]:
    asked = {
        BARE: "bare",
        "a launch that may read a folder": "launch",
        "the same with a restricted network": "restricted",
    }
    if paused:
        asked = {f"{name}, after {PAUSE_SECONDS} s": action for name, action in asked.items()}
    else:
        asked |= {
            "one that may write another too": "writing",
            "the places of what that one protects, made and removed alone": "names",
            f"one that may read a folder with {MASKS} masks": "masks",
        }
    taken = {(who, name): [] for who in workers for name in asked}  # type: ignore[var-annotated]
    for number in range(rounds + 1):
        for who, worker in workers.items():
            for name, action in asked.items():
                time.sleep(pause)
                spent = worker.ask(action)[0]
                if number:  # the first of each is not counted
                    taken[who, name].append(spent)
    floor = next(iter(asked))
    also = {name: _beside(taken, floor, name) for name in asked} if "user" in workers else {}
    return beside(floor, {name: taken["own", name] for name in asked}, also)


def _beside(taken: Mapping[tuple[str, str], list[float]], floor: str, name: str) -> str:
    own, base = (statistics.median(taken["user", one]) for one in (name, floor))
    return f"as an ordinary user {own / base:.2f}, {own:.2f} ms"


def _many(worker: Worker, rounds: int) -> list[Row]:
    asked = {
        f"{TOGETHER} bare sandboxes at once": "bare-together",
        f"{TOGETHER} launches at once": "launch-together",
    }
    taken: dict[str, list[float]] = {name: [] for name in asked}
    failures = dict.fromkeys(asked, 0)
    for _ in range(rounds):
        for name, action in asked.items():
            spent, failed = worker.ask(action)
            taken[name].append(spent)
            failures[name] += failed
    also = {name: f"{count} failed of {rounds * TOGETHER}" for name, count in failures.items()}
    return beside(next(iter(asked)), taken, also)


@contextmanager
def _workers() -> Iterator[dict[str, Worker]]:
    top = Path(tempfile.mkdtemp(prefix="wilk-bench-"))
    try:
        ignore = shutil.ignore_patterns(*_NEEDLESS)
        for package in (wilkc, idna):
            source = Path(package.__path__[0])
            shutil.copytree(source, top / source.name, ignore=ignore)
        shutil.copy(_PROGRAM, top)
        workspace = _workspace(top)
        for path in (top, *top.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        found = {"own": Worker((sys.executable,), top, workspace)}
        if os.geteuid() == 0:
            words = ("/usr/sbin/runuser", "-u", USER, "--", "/usr/bin/python3")
            found["user"] = Worker(words, top, workspace)
        yield found
        for worker in found.values():
            worker.close()
    finally:
        shutil.rmtree(top)


def _workspace(top: Path) -> Path:
    workspace = top / "work"
    for name in ("src", "out", "secrets"):
        (workspace / name).mkdir(parents=True)
    for number in range(MASKS):
        (workspace / "secrets" / f".env{number}").write_text("x", encoding="ascii")
    if os.geteuid() == 0:
        for path in (workspace, *workspace.rglob("*")):
            os.chown(path, pwd.getpwnam(USER).pw_uid, -1)
    return workspace
