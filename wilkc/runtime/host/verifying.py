"""Attacking this machine's own sandbox, harmlessly, by the way of every launch. Layer: runtime.

The attacks run inside; what they are after is put in place here: a secret in the caller's
environment, a listener, a file held open, files around the workspace. Afterwards all of it is
looked at from outside, as what is inside could say anything.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import secrets
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UnavailableError
from wilkc.core.plain_files import open_plain_fd, read_plain
from wilkc.runtime.host.battery import ATTACKS, numbers
from wilkc.runtime.host.bounds import attack_limits
from wilkc.runtime.host.packing import packed
from wilkc.runtime.host.trial import PLAN, Trial, trial
from wilkc.runtime.host.verdicts import CONTROL_WORKED, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wilkc.core.sandbox_plan import SandboxPlan

_PYTHONS: Final = ("/usr/bin/python3", "/usr/local/bin/python3")
_CREATE_EXCLUSIVELY: Final = 0o3000
_REMOVE: Final = 0
"""IPC_CREAT and IPC_EXCL; IPC_RMID."""
_MOST_BYTES: Final = 4096
"""What a file that lies there may hold: all of them are small."""
_PLANTED: Final = (Path("/usr/wilk-verify"), Path("/wilk-verify"), Path("/dev/wilk-verify"))


def verify_host(plan: SandboxPlan = PLAN) -> tuple[Verdict, ...]:
    """Make every attack and say how each ended; nothing of it stays on the host.

    Args:
        plan: how the attacks are confined; its mounts are those of `trial.PLAN`.

    Raises:
        UnavailableError: no sandbox can be launched here, or none with a Python in view.
    """
    try:
        with trial(plan) as place:
            python = _python(place)
            return (*_battery(place, python), *attack_limits(place, python))
    except OSError as error:
        raise UnavailableError(f"no place to attack can be made: {error.strerror}") from error


def _python(place: Trial) -> str:
    """An interpreter that is in the sandbox's view."""
    own = os.path.realpath(sys.executable)
    for candidate in (*_PYTHONS, own):
        if not Path(candidate).exists():
            continue
        said = place.run((candidate, "-I", "-c", "print(6 * 7)"))
        if said.outcome.kind == "sandbox_failed":
            text = f"no sandbox can be launched here: {said.outcome.message}"
            raise UnavailableError(text, help_text="see `wilkc doctor` for what is missing")
        if said.stdout == "42\n":
            return candidate
    raise UnavailableError(
        "the attacks need a Python that is in the sandbox's view",
        help_text="install one under /usr, on Debian with `apt-get install python3-minimal`",
    )


def _battery(place: Trial, python: str) -> Iterator[Verdict]:
    machine = platform.machine()
    made = [one for one in ATTACKS if one.machine in {"", machine}]
    before = _state(place.path)
    told = _told(place, python, [one.name for one in made])
    changed = _changed(before, place.path)
    for one in ATTACKS:
        if one not in made:
            evidence = f"only {one.machine} has it, this is {machine}"
            yield Verdict(one.name, one.group, "not applicable", one.protects, evidence)
        else:
            yield judge(one.name, one.group, one.protects, told.get(one.name))
    facts = {"control": CONTROL_WORKED, "ended": "breached" if changed else "held"}
    evidence = changed or "files and their contents are what they were"
    protects = "anything on the host, as seen from outside"
    yield judge("seen-from-outside", "files", protects, {**facts, "evidence": evidence})


def _told(place: Trial, python: str, names: Sequence[str]) -> Mapping[str, Any]:
    """What the program inside says, by the attack's name."""
    secret = secrets.token_hex(16)
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        held = open_plain_fd(place.path / "outside", os.O_RDONLY)
        stack.callback(os.close, held)
        os.set_inheritable(held, True)  # noqa: FBT003  # the function has no name for it
        queue = _queue(stack)
        given = {
            "attacks": list(names),
            "numbers": numbers(platform.machine()),
            "outside": str(place.path / "outside"),
            "held": "outside",
            "pid": os.getpid(),
            "mark": Path(sys.executable).name,
            "port": server.getsockname()[1],
            "secret": secret,
            "queue": queue,
            "host": platform.node(),
        }
        command = (python, "-I", "-c", packed(), json.dumps(given))
        said = place.run(command, {**os.environ, "WILK_VERIFY_SECRET": secret, "TOKEN": secret})
    told: dict[str, Any] = {}
    for line in said.stdout.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if isinstance(one, dict) and one.get("name") in names:
            told.setdefault(one["name"], one)
    return told


def _queue(stack: ExitStack) -> int:
    """A message queue of the host, see msgget(2): its key, or 0 where none can be made."""
    library = ctypes.CDLL(None)
    key = secrets.randbelow(2**31 - 1) + 1
    number = library.msgget(key, _CREATE_EXCLUSIVELY | 0o600)
    if number < 0:
        return 0
    stack.callback(library.msgctl, number, _REMOVE, None)
    return key


def _state(top: Path) -> dict[str, bytes]:
    """Names and contents of a workspace; folders and links count by their names."""
    return {
        str(path.relative_to(top)): _content(path)
        for path in top.rglob("*")
        if not path.is_symlink()
    }


def _content(path: Path) -> bytes:
    """Of a plain file; else what it is: an attack may have put a link or a pipe in its place."""
    try:
        return read_plain(path, _MOST_BYTES)
    except OSError as error:
        return str(error.strerror).encode()


def _changed(before: Mapping[str, bytes], top: Path) -> str:
    """What an attack left or changed, in a few words; empty if nothing."""
    now = _state(top)
    wrong = [name for name, text in before.items() if now.get(name) != text]
    wrong += [name for name in now if name not in before]
    planted = [path for path in _PLANTED if path.exists()]
    for path in planted:
        path.unlink()
    names = sorted([*wrong, *map(str, planted)])
    return f"changed: {', '.join(names)}" if names else ""
