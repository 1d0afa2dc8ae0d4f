"""Which literal entries answer which refusal. Layer: analyze (pure).

One function for each detail code that an entry can answer; for the others the reason why none
can. What is proposed here is only proposed: `wilkc.analyze.suggest` tries it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.analyze.entries import command_entry, name_entry, path_entry
from wilkc.language.commands import guarded_options, program_name
from wilkc.language.hosts import PRIVATE, decision_address, within
from wilkc.language.paths import parse_path
from wilkc.plan.judges.shell import join, refused_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.core.contract import Json, Request
    from wilkc.plan import SpecPlan

    Found = tuple["Addition", ...] | str

_FOLD_NOTE: Final = "with `case: insensitive` it also takes the path in other cases"
_SYSTEM_GROUPS: Final = frozenset({"env", "config", "registry"})
_LABEL_NOTE: Final = "a label is granted for all data that bears it, and for every action on it"
_DIRECTORY_NOTE: Final = "`./**` is what holds while the list is absent, so it is written out"
_NOT_WRITABLE: Final = "no entry of the language can be written for this text alone"
_IMPOSSIBLE: Final[Mapping[str, str]] = {
    "unknown_agent": "no spec is bound to this agent: name it in a spec or a binding",
    "unknown_type": "the language has no category for this type of resource",
    "unknown_action": "the language has no such action for this type of resource",
    "forbidden_address": "no entry opens metadata, unspecified, multicast and broadcast addresses",
    "opaque_command": "what the command would run cannot be judged, so no entry allows it; run the "
    "inner command itself",
    "code_from_input": "no entry allows a program to read code from its input; name a script",
    "option_before_script": "no entry allows an option before a script that is not spelt out",
    "script_not_named": "no entry makes a bare word a script, as it may be a sub-command or a task "
    "of a package; write the script as a path that begins with `./` or `/`",
    "unlabelled_data": "the request must name a classification; there is nothing to list",
    "rate_exceeded": "the limit is used up for now; the edit is to the limit",
}
"""Why no entry helps, by detail code. A limit that a request exceeds is answered elsewhere."""


@dataclass(frozen=True, slots=True)
class Addition:
    """One entry to add.

    Attributes:
        path: category and keys below `permissions`.
        value: the entry: a text, or a host object.
        notes: what a reviewer should know, one sentence each.
    """

    path: tuple[str, ...]
    value: Json
    notes: tuple[str, ...] = ()


def additions(spec: SpecPlan, request: Request, detail: str) -> Found:
    """The entries that answer a refusal, or the reason why none can.

    Args:
        spec: what refuses, with what was added so far.
        request: the request.
        detail: why it is refused.

    Raises:
        RequestError: the request is not canonical.
    """
    if detail in _IMPOSSIBLE:
        return _IMPOSSIBLE[detail]
    if detail == "directory_not_allowed":
        return _directory(spec, request)
    if detail == "interpreter_not_listed" and request.properties.get("interpreter"):
        found = _shebang(spec, request)
        if found:
            return found
    make = _BY_TYPE.get(request.type)
    if make is None:
        return "the edit is to the limit, and not to a list"
    return make(spec, request)


def _file(spec: SpecPlan, request: Request) -> Found:
    entry = path_entry(request.id)
    notes = (_FOLD_NOTE,) if spec.fold else ()
    return _one(("filesystem", request.action), entry, *notes)


def _host(spec: SpecPlan, request: Request) -> Found:
    del spec
    given = request.properties
    resolved = map(decision_address, given.get("resolved") or ())
    hosts = (given["host"], *(str(one) for one in resolved if within(one, PRIVATE)))
    return tuple(
        Addition(
            ("network", "allowed_hosts"),
            {"host": host, "ports": [int(given["port"])], "protocols": [given["protocol"]]},
        )
        for host in dict.fromkeys(hosts)
    )


def _name(path: tuple[str, ...]) -> Callable[[SpecPlan, Request], Found]:
    return lambda _, request: _one(path, name_entry(request.id))


def _agent(spec: SpecPlan, request: Request) -> Found:
    del spec
    return _one(("agents", request.action), name_entry(request.id))


def _system(spec: SpecPlan, request: Request) -> Found:
    del spec
    group, _, action = request.action.partition(".")
    if request.action == "admin":
        return "`system.admin` grants everything or nothing, so no entry allows this alone"
    if request.action == "signal" and request.id not in {"own", "named"}:
        return "`system.signal` takes only `own` and `named`"
    known = group in _SYSTEM_GROUPS if action else group in {"info", "signal"}
    if not known:
        return "the language has no such action for this type of resource"
    return _one(("system", *request.action.split(".")), name_entry(request.id))


def _label(spec: SpecPlan, request: Request) -> Found:
    del spec
    label = request.properties.get("classification")
    path = ("data", "data_classification")
    return _one(path, label or None, _LABEL_NOTE)


def _commands(spec: SpecPlan, request: Request) -> Found:
    """One entry for each layer that no entry grants, and what its script needs."""
    found: dict[Addition, None] = {}
    for argv, detail in refused_layers(spec.permissions, request, fold=spec.fold):
        if detail in _IMPOSSIBLE:
            return _IMPOSSIBLE[detail]
        if detail == "interpreter_not_listed":
            found[_interpreter(program_name(argv))] = None
        elif detail == "script_not_allowed":
            script = _script(request, argv[1])
            if isinstance(script, str):
                return script
            found[script] = None
        else:
            entry = command_entry(argv)
            if entry is None:
                return _NOT_WRITABLE
            spelt = guarded_options(argv)
            notes = (_guard_note(argv[0]),) if spelt or detail == "code_not_spelled" else ()
            found[Addition(("shell", "allowed_commands"), entry, notes)] = None
    return tuple(found) or "no entry answers this refusal"


def _guard_note(program: str) -> str:
    return (
        f"it spells out what `{program}` runs, reads or writes beside its operands, which no "
        "wildcard would allow; be sure that this is meant"
    )


def _script(request: Request, script: str) -> Addition | str:
    cwd = parse_path(request.context.get("cwd", "."))
    entry = path_entry(join(cwd, script))
    return _NOT_WRITABLE if entry is None else Addition(("filesystem", "execute"), entry)


def _interpreter(name: str) -> Addition:
    note = f"`{name}` may then run every script that `filesystem.execute` allows"
    return Addition(("shell", "allowed_interpreters"), name, (note,))


def _shebang(spec: SpecPlan, request: Request) -> tuple[Addition, ...]:
    """What the interpreter of a `#!` line needs, where the command itself is granted."""
    if refused_layers(spec.permissions, request, fold=spec.fold):
        return ()
    given = request.properties
    program = (given["argv"] if "argv" in given else given["commands"][0])[0]
    name = program_name((given["interpreter"],))
    listed = spec.permissions.shell.interpreters
    if listed is None or name not in listed.values:
        return (_interpreter(name),)
    script = _script(request, program) if "/" in program else ""
    return (script,) if isinstance(script, Addition) else ()


def _directory(spec: SpecPlan, request: Request) -> Found:
    path = ("shell", "working_directories")
    cwd = path_entry(request.context.get("cwd", "."))
    found = _one(path, cwd)
    held = spec.permissions.shell.directories or ()
    absent = any(rule.id == "shell.directories.default" for rule in held)
    if isinstance(found, str) or not absent:
        return found
    return (Addition(path, "./**", (_DIRECTORY_NOTE,)), *found)


def _one(path: tuple[str, ...], entry: str | None, *notes: str) -> Found:
    return _NOT_WRITABLE if entry is None else (Addition(path, entry, notes),)


_BY_TYPE: Final[Mapping[str, Callable[[SpecPlan, Request], Found]]] = {
    "file": _file,
    "network": _host,
    "shell": _commands,
    "llm": _name(("llm", "allowed_models")),
    "tool": _name(("tools", "allowed")),
    "agent": _agent,
    "system": _system,
    "data": _label,
}
