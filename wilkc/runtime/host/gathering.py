"""Looking at a machine. Layer: runtime. What is seen is not judged here.

Everything is tried and taken back: a control group is made and removed, a file in the log's
directory too. What cannot be looked at is told as not being there.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.sandbox_plan import SandboxPlan
from wilkc.runtime.host.facts import NAMESPACES, Controller, Facts, Program
from wilkc.runtime.host.named import look_at_log, look_at_opa
from wilkc.runtime.host.probing import probe
from wilkc.runtime.sandbox.groups import CONTROLLERS, PREFIX, find_hierarchies, make_group
from wilkc.runtime.sandbox.handing import SHELL
from wilkc.runtime.sandbox.identity import Identity, choose_identity
from wilkc.runtime.sandbox.job import new_launch_id
from wilkc.runtime.sandbox.launching import bubblewrap_says
from wilkc.runtime.sandbox.limits import NICE, PRLIMIT, SETPRIV
from wilkc.runtime.sandbox.probe import BWRAP, lacking_option, require_bubblewrap
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SETTINGS: Final = (
    "kernel.unprivileged_userns_clone", "kernel.apparmor_restrict_unprivileged_userns",
    *(f"user.max_{kind}_namespaces" for kind in NAMESPACES),
)  # fmt: skip
_CONTAINERS: Final = ("/.dockerenv", "/run/.containerenv")
_CGROUP2: Final = "cgroup2"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to know.

    Attributes:
        workspace: where commands shall work.
        run_as: whom they shall run as, or empty.
        socket: socket of a decision point, or None.
        revision: the revision that it shall have, or empty for any.
        audit: directory of a log, or None.
        bwrap: absolute path of bubblewrap.
    """

    workspace: Path
    run_as: str = ""
    socket: Path | None = None
    revision: str = ""
    audit: Path | None = None
    bwrap: str = BWRAP


def gather(asked: Asked) -> Facts:
    """Everything that a diagnosis looks at; takes as long as two launches."""
    bwrap = _bubblewrap(asked.bwrap)
    identity, why, fix = _identity(asked)
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    fields = [line.split(" ") for line in mounts]
    return Facts(
        bwrap=bwrap,
        first_bwrap=shutil.which("bwrap") or "",
        helpers=tuple(map(_program, (SETPRIV, PRLIMIT, NICE, SHELL))),
        settings=_settings(),
        filters=Path("/proc/sys/kernel/seccomp/actions_avail").exists(),
        filtered="\nSeccomp:\t2" in _text(Path("/proc/self/status")),
        container=next((one for one in _CONTAINERS if Path(one).exists()), ""),
        masked_proc=tuple(
            sorted({f[1] for f in fields if f[1].startswith("/proc/") and f[2] != "binfmt_misc"})
        ),
        root_kind=next((f[2] for f in reversed(fields) if f[1] == "/"), "unknown"),
        controllers=_controllers(),
        favoured=next(
            ("favordynmods" in f[3].split(",") for f in fields if f[2] == _CGROUP2), None
        ),
        modules=tuple(filter(None, _text(Path("/sys/kernel/security/lsm")).strip().split(","))),
        uid=os.geteuid(),
        workspace=str(asked.workspace),
        identity="" if identity is None else _words(identity),
        no_identity=why,
        identity_help=fix,
        closed="" if identity is None else _closed(asked.workspace, identity),
        probe=probe() if _fit(asked.bwrap) else None,
        opa=None if asked.socket is None else look_at_opa(asked.socket, asked.revision),
        audit=None if asked.audit is None else look_at_log(asked.audit),
    )


def _program(path: str) -> Program:
    try:
        status = Path(path).stat()
    except OSError:
        return Program(path, mode=None)
    return Program(path, status.st_mode & 0o7777, status.st_uid)


def _bubblewrap(path: str) -> Program:
    found = _program(path)
    if not _fit(path):
        # What others may replace is looked at, and never started.
        return found
    try:
        lacks = lacking_option(bubblewrap_says(path, "--help"))
        version = bubblewrap_says(path, "--version").strip()
    except SandboxRefusedError as error:
        return Program(path, found.mode, found.uid, lacks=error.message)
    return Program(path, found.mode, found.uid, version, lacks)


def _fit(path: str) -> bool:
    try:
        require_bubblewrap(path)
    except SandboxRefusedError:
        return False
    return True


def _settings() -> Mapping[str, str]:
    texts = {name: _text(Path("/proc/sys", *name.split("."))).strip() for name in _SETTINGS}
    return {name: text for name, text in texts.items() if text}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _controllers() -> tuple[Controller, ...]:
    group = make_group(PREFIX + new_launch_id(), find_hierarchies())
    group.remove()
    return tuple(Controller(one, group.places.get(one, (0, Path()))[0]) for one in CONTROLLERS)


def _identity(asked: Asked) -> tuple[Identity | None, str, str]:
    try:
        status = asked.workspace.stat()
    except OSError as error:
        why = f"the workspace `{asked.workspace}` cannot be looked at: {error.strerror}"
        return None, why, "name a directory by `--workspace`"
    try:
        return choose_identity(SandboxPlan(run_as=asked.run_as), status), "", ""
    except SandboxRefusedError as error:
        return None, error.message, error.help_text


def _words(identity: Identity) -> str:
    return f"uid {identity.uid}" + (", after giving up root" if identity.drop else "")


def _closed(workspace: Path, identity: Identity) -> str:
    """The first directory on the way that the identity may not enter."""
    real = workspace.resolve()
    for one in (*reversed(real.parents), real):
        with suppress(OSError):
            if not identity.may_search(one.stat()):
                return str(one)
    return ""
