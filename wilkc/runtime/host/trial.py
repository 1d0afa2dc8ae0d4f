"""A place of its own to launch commands in, and the policy that holds there. Layer: runtime.

Diagnosis and attacks go the way of every launch: plan, resolve, agree, mount, look, unblock.
Only the policy is not a user's: it is the few rules below, decided by the same matchers that
the launch masks by.
"""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Decision
from wilkc.core.sandbox_plan import Limits, Mount, SandboxPlan
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.runtime.egress import Gateway
from wilkc.runtime.guard.recording import UnsafeNoRecord
from wilkc.runtime.sandbox import Job, Streams, launch
from wilkc.runtime.sandbox.acting import is_held, open_way
from wilkc.runtime.sandbox.emptying import remove_below
from wilkc.runtime.sandbox.hands import acting_as
from wilkc.runtime.sandbox.matching import matcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wilkc.core.contract import Request
    from wilkc.core.sandbox_plan import Action
    from wilkc.runtime.sandbox import Outcome

AGENT: Final = "wilk-host"
REVISION: Final = "0" * 64
RESTRICTED: Final = "restricted"
NOBODY: Final = 65534
"""Whom root tries launches as: nobody's own files are nowhere else."""
HIDDEN: Final = ("./**/.env*/**", "./out/blocked/**")
FOLDERS: Final = ("src", "out", "out/kept", "out/blocked")
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
CANARY: Final = "WILK-CANARY"
FILES: Final = {
    "src/readable": "readable\n",
    "src/.env": CANARY,
    "out/kept/.env": CANARY,
    "out/blocked/key": CANARY,
    "outside": CANARY,
}
"""What lies in the workspace: rules show `src` and `out`, and hide the canaries."""


def _mount(action: Action, folder: str) -> Mount:
    pattern = f"./{folder}/**"
    return Mount(
        action, "tree", f"./{folder}", pattern, f"./{folder}/a", f"fs.{action}.{folder}",
        "built in", 1, postcheck=action == "write",
    )  # fmt: skip


PLAN: Final = SandboxPlan(
    level="moderate",
    mounts=(_mount("read", "src"), _mount("write", "out")),
    hidden=HIDDEN,
    degraded=("cgroup",),
    limits=Limits(wall_clock_ms=30_000),
)
"""Everything but the control groups is required: those are tried, and reported apart."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Answers by the mounts and the hidden patterns of a plan."""

    plan: SandboxPlan

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """The decision on one request; only files are ever granted.

        Args:
            request: what is asked.
            seconds: how long it may take, which is of no matter here.
        """
        del seconds
        patterns = [one.pattern for one in self.plan.mounts if one.action == request.action]
        names = [request.id, *request.properties.get("aliases", [])]
        hidden = matcher(self.plan.hidden, BLOCK, fold=self.plan.fold)
        allow = bool(matcher(patterns, ALLOW, fold=self.plan.fold).fullmatch(request.id))
        if allow and not any(hidden.fullmatch(name) for name in names):
            return Decision(
                allow=True, reason="PERMISSION_GRANTED", detail="", message="", revision=REVISION
            )
        return Decision(
            allow=False, reason="PERMISSION_DENIED", detail="", message="", revision=REVISION
        )

    def decide_many(self, requests: Sequence[Request]) -> Sequence[Decision]:
        """The decisions, in order."""
        return [self.decide(request) for request in requests]


@dataclass(frozen=True, slots=True)
class Said:
    """How a trial launch ended, and what the command printed."""

    outcome: Outcome
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A workspace that is there for a moment.

    Attributes:
        path: its real path.
        plan: how commands are confined in it.
    """

    path: Path
    plan: SandboxPlan

    def run(self, command: Sequence[str], caller: Mapping[str, str] | None = None) -> Said:
        """Launch a command and wait for it.

        Args:
            command: program and arguments.
            caller: the variables of whoever asks for it.
        """
        printed: tuple[list[bytes], list[bytes]] = ([], [])
        job = Job(AGENT, tuple(command), str(self.path), self.plan, REVISION, dict(caller or {}))
        streams = Streams(printed[0].append, printed[1].append)
        rules = Rules(self.plan)
        # Nothing that is tried here is an action of anybody: it is refused, and not recorded.
        egress = Gateway(rules, UnsafeNoRecord()) if self.plan.network == RESTRICTED else None
        outcome = launch(job, rules, streams, egress=egress)
        out, err = (b"".join(one).decode("utf-8", "replace") for one in printed)
        return Said(outcome, out, err)


@contextmanager
def trial(plan: SandboxPlan = PLAN) -> Iterator[Trial]:
    """A workspace with a few files, removed afterwards whatever happened.

    Raises:
        OSError: it cannot be made.
    """
    # Named before it is made: a signal between the two must leave nothing.
    top = Path(tempfile.gettempdir()).resolve() / f"wilk-host-{secrets.token_hex(8)}"
    try:
        top.mkdir(0o700)
        _fill(top)
        yield Trial(top, plan)
    finally:
        try:
            _remove(top)
        except BaseException:
            # By a signal that ends the process: only the first one is heard.
            _remove(top)
            raise


def _fill(top: Path) -> None:
    """Put the files there, and only then let others in: until then nobody can swap anything.

    Raises:
        OSError: others than root could put something else in its place.
    """
    here = os.open(top, _DIRECTORY)
    try:
        if os.geteuid() == 0:
            _require_held(top, here)
        for name in FOLDERS:
            (top / name).mkdir(parents=True)
        for name, text in FILES.items():
            (top / name).write_text(text, encoding="utf-8")
        if os.geteuid() == 0:
            for path in top.rglob("*"):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
            os.fchown(here, NOBODY, NOBODY)
        os.fchmod(here, 0o755)
    finally:
        os.close(here)


def _require_held(top: Path, here: int) -> None:
    above, alone = open_way(str(top.parent))
    try:
        if not (alone and is_held(above, here)):
            text = f"others could move `{top.parent}`, or what is in it"
            raise PermissionError(errno.EPERM, text)
    finally:
        os.close(above)


def _remove(top: Path) -> None:
    try:
        here = os.open(top, _DIRECTORY)
    except FileNotFoundError:
        return
    try:
        # Whom it was given to may have put anything there: it goes by that user's rights.
        status = os.fstat(here)
        acting_as(status.st_uid, status.st_gid, partial(remove_below, here))
    finally:
        os.close(here)
    top.rmdir()
