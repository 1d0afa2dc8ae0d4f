"""Requests as the decision point wants them, with what only this host knows. Layer: runtime.

Paths are resolved, scripts are looked at, texts are read by the language's own rules. Whatever
the guard finds out by itself a caller cannot say otherwise.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.core.numbers import whole_number
from wilkc.language.commands import TABLES, layers_of, scripts_of
from wilkc.language.requests import canonical_request
from wilkc.runtime.guard.paths import Located, locate
from wilkc.runtime.sandbox import SandboxRefusedError, interpreter_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wilkc.core.contract import Json
    from wilkc.runtime.sandbox.names import Roots

OWN_PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "file": ("aliases",),
    "shell": ("interpreter", "scripts"),
}
"""The properties of a type that the guard finds out by itself."""
_OF_WILK: Final = "/run/wilk/"
"""What lies below is Wilk's own on the host, and in a sandbox what Wilk lays there."""
_SHELL: Final = re.compile(TABLES.shells)
TOUCHES_DISK: Final = frozenset(OWN_PROPERTIES)
"""Types whose requests are made canonical by looking at the file system."""


def canonical(request: Request, roots: Roots) -> tuple[Request, str | None]:
    """The canonical request, and for files the real path to act on.

    Raises:
        RequestError: it cannot be judged; such a request is denied.
    """
    for own in OWN_PROPERTIES.get(request.type, ()):
        if own in request.properties:
            raise RequestError("reserved_property", f"`{own}` is what the guard finds by itself")
    found = canonical_request(request)
    if request.type == "file":
        return _file(found, roots)
    if request.type == "shell":
        return _shell(found, roots), None
    return found, None


def _file(request: Request, roots: Roots) -> tuple[Request, str]:
    located = locate(request.id, roots)
    properties = {**request.properties, **_facts(request, located)}
    if len(located.names) > 1:
        properties["aliases"] = list(located.names[1:])
    # Written out, as `replace` takes several times as long and every file comes this way.
    asked = Request(
        agent=request.agent,
        action=request.action,
        type=request.type,
        id=located.names[0],
        properties=properties,
        context=request.context,
        subject=request.subject,
    )
    return asked, located.real


def _facts(request: Request, located: Located) -> dict[str, Json]:
    """What is there, which a request must not contradict."""
    claimed = request.properties.get("directory")
    if located.directory:
        if claimed is False:
            raise _contradiction("a directory is there")
        return {"directory": True}
    if located.status is not None and claimed:
        raise _contradiction("what is there is no directory")
    if located.status is None or request.action != "read" or not located.regular:
        return {}
    # What is read is at least what is there, however little the caller says.
    given = whole_number(request.properties.get("size", 0))
    return {} if given is None else {"size": max(given, located.status.st_size)}


def _shell(request: Request, roots: Roots) -> Request:
    """Commands with their working directory, the interpreter of a script, and what scripts are."""
    cwd = roots.workspace
    context = request.context
    if "cwd" in context:
        given = context["cwd"]
        if not isinstance(given, str):
            raise RequestError("path_not_canonical", "`context.cwd` must be a path")
        located = locate(given, roots)
        if not located.directory:
            raise RequestError("path_unresolvable", "`context.cwd` is no directory")
        cwd, context = located.real, {**context, "cwd": located.names[0]}
    properties = request.properties
    commands = [properties["argv"]] if "argv" in properties else properties["commands"]
    interpreter = _interpreter(commands, cwd)
    check_scripts(commands, cwd)
    scripts = _scripts(commands, interpreter, cwd, roots)
    found = {"interpreter": interpreter, "scripts": scripts}
    own = {name: value for name, value in found.items() if value}
    return replace(request, properties={**properties, **own}, context=context)


def _interpreter(commands: list[list[str]], cwd: str) -> str:
    """The interpreter of the first program.

    Raises:
        RequestError: another program of the line is a script: only one interpreter is judged.
    """
    found = _looked_at(commands[0][0], cwd)
    inner = [layer for argv in commands for layer in layers_of(tuple(argv))[0]]
    if any(_looked_at(argv[0], cwd) for argv in inner[1:]):
        raise RequestError(
            "script_inside_line", "a script must be a command of its own, without a wrapper"
        )
    return found


def check_scripts(commands: Iterable[Sequence[str]], cwd: str) -> None:
    """Refuse a script that a shell would look for elsewhere, as it is not where it is judged.

    A shell takes a word for a file of its directory, but where none is there, and the word has
    no slash, for one of PATH (bash(1), ARGUMENTS).

    Args:
        commands: argument lists.
        cwd: absolute path of the directory that they run in.

    Raises:
        RequestError: a script is not there.
    """
    for name, script in (found for argv in commands for found in scripts_of(tuple(argv))):
        searched = "/" not in script and _SHELL.fullmatch(name)
        if searched and not os.path.exists(f"{cwd}/{script}"):  # noqa: PTH110  # any text
            raise RequestError(
                "path_unresolvable",
                f"`{script}` is not there, so that `{name}` would run one of `PATH`",
            )


def _scripts(
    commands: list[list[str]], interpreter: str, cwd: str, roots: Roots
) -> list[list[str]]:
    """The names of each script that a line runs, the canonical one first.

    A command names a script by any way that leads to it: through links, from the working
    directory, under another root. What is allowed and blocked is the file.
    """
    named = [script for argv in commands for _, script in scripts_of(tuple(argv))]
    if interpreter:
        named.append(commands[0][0])
    absolute = dict.fromkeys(one if one.startswith("/") else f"{cwd}/{one}" for one in named)
    seen = (one for one in absolute if not one.startswith(_OF_WILK))
    return [list(locate(one, roots).names) for one in seen]


def _looked_at(program: str, cwd: str) -> str:
    if "/" not in program:
        return ""
    try:
        return interpreter_of(program, cwd)
    except SandboxRefusedError as error:
        raise RequestError("path_unresolvable", error.message) from error


def _contradiction(why: str) -> RequestError:
    return RequestError("directory_contradicted", f"`directory` says otherwise, but {why}")
