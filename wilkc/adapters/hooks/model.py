"""What a harness sends, and what it comes down to. Layer: adapters. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Kind = Literal["shell", "read", "write", "edit", "edits", "delete", "patch", "fetch",
               "prompt", "search", "named", "refused"]  # fmt: skip
Verdict = Literal["allow", "ask", "deny"]
PAYLOAD: Final = "payload_not_understood"
"""Detail of what a harness sent that cannot be read as a tool call."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What a built-in tool of a harness does.

    Attributes:
        kind: how its input becomes requests, see `wilkc.adapters.hooks.tools`.
        members: role to the names that the member of the input may have; one of them is given.
        optional: roles that may be absent.
        ignored: further members, which do not bear on what is done.
        why: for a refused one, the reason.
    """

    kind: Kind
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call as a harness told it.

    Attributes:
        harness: name of the harness.
        event: name of its event, as it was sent.
        after: whether the call has been made already.
        tool: name of the tool.
        given: input of the tool.
        cwd: absolute directory that relative paths start from, or None if it was not told.
        projects: directories that the harness calls its workspace.
        session: id of the session, or empty.
        call: id of the call, or empty.
        mode: how much the harness asks its user, or empty.
        also: other inputs that the payload names for the same call; each is judged, too.
        about: what else is told of a tool that is asked by its name: circumstances that a `when`
            can look at.
    """

    harness: str
    event: str
    after: bool
    tool: str
    given: dict[str, Any]
    cwd: str | None = None
    projects: tuple[str, ...] = ()
    session: str = ""
    call: str = ""
    mode: str = ""
    also: tuple[dict[str, Any], ...] = ()
    about: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that a call comes down to, in the guard's form."""

    resource: str
    action: str
    properties: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where and how a harness is told of its hooks.

    Attributes:
        project: path below the project.
        user: path below the home directory.
        variable: environment variable that names the folder of `user`'s file, or empty.
        home: environment variable that names a folder in place of the home directory, or empty.
        events: events that come before a call.
        after: events that come after it; none where the harness tells of none.
        grouped: whether entries stand in groups with a matcher.
        version: value of the member `version`, or None where there is none.
        entry: the entry for a command.
        own: whether the file is Wilk's alone.
    """

    project: str
    user: str
    variable: str
    events: tuple[str, ...]
    after: tuple[str, ...]
    grouped: bool
    version: int | None
    entry: Callable[[list[str]], dict[str, Any]]
    own: bool = False
    home: str = ""


@dataclass(frozen=True, slots=True)
class Harness:
    """The facts of one harness.

    Attributes:
        name: as `--harness` has it.
        read_for: the version that the facts were read for, and where.
        tools: its built-in tools that read, write, run or fetch; any other is asked by its name.
        read: the call that a payload tells of.
        asks: whether the harness would ask its user about a call.
        allowed: what is printed where the harness shall decide by itself.
        skipping: what is printed where nobody shall be asked, or None where it cannot be said.
        asking: what is printed to have the user asked about a reason; None where it cannot.
        denied: what is printed beside the exit code 2, for a reason.
        rewriting: what is printed to have the call made with another input, by a verdict: `allow`
            asks nobody, `ask` leaves that to the harness; None where it cannot be relied on to
            take the input.
        settings: where it is told of its hooks.
    """

    name: str
    read_for: str
    tools: Mapping[str, Tool]
    read: Callable[[Mapping[str, Any]], Call]
    asks: Callable[[Call], bool]
    allowed: str
    skipping: Callable[[Call], str] | None
    asking: Callable[[Call, str], str] | None
    denied: Callable[[str], str]
    rewriting: Callable[[Call, dict[str, Any], Verdict], str | None] | None
    settings: Settings


def refusal(why: str) -> RequestError:
    """What is not understood is refused."""
    return RequestError(PAYLOAD, why)


def text_of(payload: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    """A member that must be text.

    Raises:
        RequestError: it is another thing, or missing where it is needed.
    """
    value = payload.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        raise refusal(f"`{name}` is no text")
    return value


def object_of(payload: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A member that must be an object.

    Raises:
        RequestError: it is another thing, or missing.
    """
    value = payload.get(name)
    if not isinstance(value, dict):
        raise refusal(f"`{name}` is no object")
    return value


def directory_of(payload: Mapping[str, Any], name: str = "cwd") -> str | None:
    """A member that names an absolute directory, or None where it is absent or empty.

    Raises:
        RequestError: it is another thing.
    """
    value = text_of(payload, name, needed=False)
    if value and not value.startswith("/"):
        raise refusal(f"`{name}` is no absolute path")
    return value or None
