"""Permission flags of Deno, as a task of a `deno.json` uses them. Layer: importers (pure).

Flags `--allow-X[=…]` and `--deny-X[=…]` of `deno run` (docs.deno.com, "Permissions"); a denial goes
before what is allowed, and `--ignore-X`, by which a program finds nothing there, is one. A path
stands for itself and all below it, a host for all of its ports unless one is named. Rules of two
programs together would allow each what only the other was allowed, so one task is read, with one
program.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.core.strict_json import decode_json
from wilkc.importers.deno_task import permission_flags

if TYPE_CHECKING:
    from wilkc.importers.deno_task import Flag
    from wilkc.importers.draft import Draft

_SECTIONS: Final = {"read": "filesystem", "write": "filesystem", "net": "network", "run": "shell"}
_COMMA: Final = ",,"
_OTHER: Final = frozenset({"env", "sys", "ffi", "import", "scripts", "hrtime"})
_OF_WILDCARDS: Final = frozenset("*?[]{}\\$`~")
"""Characters that a shell or a spec reads as more than themselves."""


def read_deno(name: str, data: bytes, draft: Draft) -> None:
    """Add the flags of one task, which `FILE#TASK` names where there are several.

    Raises:
        UsageError: the file is no such configuration, or nobody knows which task is meant.
    """
    try:
        document = decode_json(data)
    except ValueError as error:
        raise UsageError(f"`{name}` cannot be read as JSON: {error}") from error
    tasks = document.get("tasks", {}) if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(tasks, dict):
        raise UsageError(f"`{name}` has no object `tasks`")
    if "permissions" in document:
        draft.leave_out(f"{name} permissions", "…", "sets of permissions are not carried over")
    key, text = _task(name, tasks)
    place = f"{name} tasks.{key}"
    for flag in permission_flags(f"`{name}` tasks.{key}", text, tasks):
        if flag.foreign:
            draft.leave_out(place, flag.shown, "it stands behind the script, and is its own")
        else:
            _flag(draft, place, flag)


def _task(name: str, tasks: dict[str, Any]) -> tuple[str, str]:
    wanted = name.partition("#")[2]
    commands = {
        key: task.get("command") if isinstance(task, dict) else task for key, task in tasks.items()
    }
    with_flags = [key for key, text in commands.items() if isinstance(text, str) and " -" in text]
    keys = [wanted] if wanted else with_flags
    text = commands.get(keys[0]) if len(keys) == 1 else None
    if not isinstance(text, str):
        raise UsageError(
            f"`{name}` has {len(with_flags)} tasks with flags, and one is carried over",
            help_text=f"name it: `{name.partition('#')[0]}#TASK`",
        )
    return keys[0], text


def _flag(draft: Draft, place: str, flag: Flag) -> None:
    allows, kind, values = flag.effect == "allow", flag.kind, flag.values
    if kind not in _SECTIONS:
        if kind in _OTHER or allows:
            draft.leave_out(place, flag.shown, "Wilk's programs get nothing of it by such a rule")
        else:
            # A denial that nobody here understands may deny anything.
            for section in sorted(set(_SECTIONS.values())):
                draft.empty(section, place, flag.shown)
        return
    if not values:
        if allows:
            draft.leave_out(place, flag.shown, "it allows anything: say what it is needed for")
        else:
            draft.empty(_SECTIONS[kind], place, flag.shown)
        return
    # Two commas are one of a name there.
    for value in [values] if _COMMA in values else values.split(","):
        _entry(draft, place, kind, value, allows=allows)


def _entry(draft: Draft, place: str, kind: str, value: str, *, allows: bool) -> None:
    shown = f"--{'allow' if allows else 'deny'}-{kind}={value}"
    if _OF_WILDCARDS.intersection(value) or _COMMA in value or not value:
        # These are plain characters there, or nobody knows here what they stand for.
        if allows:
            draft.leave_out(place, shown, "it holds what is a wildcard, or another text, here")
        else:
            draft.empty(_SECTIONS[kind], place, shown)
    elif kind in {"read", "write"}:
        path = _path(value)
        if allows:
            draft.allow(f"filesystem.{kind}", f"{path}/**", place, shown=shown)
        else:
            draft.block("filesystem.metadata.blocked_paths", path, place, shown=shown)
    elif kind == "net":
        _host(draft, place, value, shown, allows=allows)
    elif allows:
        draft.allow("shell.allowed_commands", f"{shlex.quote(value)} *", place, shown=shown)
    else:
        program = shlex.quote(value.rsplit("/", 1)[-1])
        draft.block("shell.blocked_commands", program, place, shown=shown)


def _host(draft: Draft, place: str, value: str, shown: str, *, allows: bool) -> None:
    host, colon, port = value.rpartition(":")
    if not allows:
        # Denied on every port: wider than the source, never narrower.
        named = host if colon and port.isdigit() else value
        draft.block("network.blocked_hosts", named.lower(), place, shown=shown)
    elif colon and port != "443":
        draft.leave_out(place, shown, "it is for a port other than that of https")
    else:
        draft.allow_host((host if colon else value).lower(), {}, place, shown=shown)


def _path(value: str) -> str:
    path = value.rstrip("/") or "/"
    if path in {".", "./"}:
        return "."
    return path if path.startswith(("/", "./")) else f"./{path}"
