"""Launches and bare sandboxes, each timed where it happens: a program for `launching.py`.

usage: python benchmarks/launches.py WORKSPACE

Reads one word a line and writes one line for each: milliseconds, and what else there is to say.
It stands alone, as it is also run as a user who can read no more of Wilk than its runtime.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.contract import Decision
from wilkc.core.sandbox_plan import Mount, SandboxPlan
from wilkc.runtime import UnsafeNoRecord
from wilkc.runtime.egress import Gateway
from wilkc.runtime.sandbox import Job, Streams, launch
from wilkc.runtime.sandbox.obeyed import FROZEN_DIRECTORIES, FROZEN_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wilkc.core.contract import Request

BARE: Final = (
    "/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
    "--", "/bin/true",
)  # fmt: skip
TOGETHER: Final = 50
REVISION: Final = "r"


class Everything:
    """A decision point that grants all but what the plan blocks, at no cost."""

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """Grant, or deny a blocked name."""
        del seconds
        if "/.env" in request.id:
            return Decision(
                allow=False, reason="PERMISSION_DENIED", detail="", message="", revision=REVISION
            )
        return Decision(
            allow=True, reason="PERMISSION_GRANTED", detail="", message="", revision=REVISION
        )

    def decide_many(self, requests: Sequence[Request]) -> Sequence[Decision]:
        """See `decide`."""
        return [self.decide(request) for request in requests]


def bare() -> None:
    """What bubblewrap costs by itself."""
    subprocess.run(BARE, env={}, check=True, stdin=subprocess.DEVNULL)


def launched(
    workspace: str, *folders: tuple[str, str], network: Literal["none", "restricted"] = "none"
) -> None:
    """One launch that shows folders, or lets them be written; with a proxy where that is asked."""
    mounts = tuple(
        Mount(action, "tree", base, f"{base}/**", f"{base}/a", "rule", "a.yaml", 1, postcheck=False)  # type: ignore[arg-type]
        for action, base in folders
    )
    plan = SandboxPlan(
        level="moderate", degraded=("cgroup",), mounts=mounts, hidden=("**/.env*",), network=network
    )  # fmt: skip
    job = Job("measured", ("/bin/true",), workspace, plan, REVISION)
    egress = Gateway(Everything(), UnsafeNoRecord()) if network == "restricted" else None
    ended = launch(job, Everything(), Streams(len, len), egress=egress)
    if (ended.kind, ended.exit) != ("exited", 0):
        raise RuntimeError(f"{ended.kind}: {ended.message}")


def named(workspace: str) -> None:
    """The places of what a launch protects in a folder that may be written, made and removed."""
    top = Path(workspace) / "out"
    below = [name for name in (*FROZEN_FILES, *FROZEN_DIRECTORIES) if "/" in name]
    folders = {*FROZEN_DIRECTORIES, *(name.partition("/")[0] for name in below)} - {*below}
    files = {*FROZEN_FILES} - {*below}
    for name in files:
        (top / name).touch()
    for name in folders:
        (top / name).mkdir()
    for name in files:
        (top / name).unlink()
    for name in folders:
        (top / name).rmdir()


def at_once(action: Callable[[], object]) -> int:
    """Many of them at the same time; the answer is how many failed."""
    failed: list[BaseException] = []

    def one() -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001  # counted, whatever it was
            failed.append(error)

    threads = [threading.Thread(target=one) for _ in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(failed)


def main() -> None:
    """Serve until the input ends."""
    workspace = sys.argv[1]
    source, secrets, out = ("read", "./src"), ("read", "./secrets"), ("write", "./out")
    actions: dict[str, Callable[[], object]] = {
        "bare": bare,
        "launch": lambda: launched(workspace, source),
        "writing": lambda: launched(workspace, source, out),
        "names": lambda: named(workspace),
        "masks": lambda: launched(workspace, secrets),
        "restricted": lambda: launched(workspace, source, network="restricted"),
        "bare-together": lambda: at_once(bare),
        "launch-together": lambda: at_once(lambda: launched(workspace, source, out)),
    }
    for line in sys.stdin:
        started = time.perf_counter()
        told = actions[line.strip()]()
        taken = (time.perf_counter() - started) * 1000
        sys.stdout.write(f"{taken} {told or 0}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
