"""From a tool call to the requests that it comes down to. Layer: adapters. Looks at file sizes.

All of them must be allowed. A tool that a harness does not have built in is asked by its name,
with its arguments, so that only the policy's `tools` can allow it. Members of an input that are
not known are refused: a harness that changed may mean something else by them.
"""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.hooks.addresses import addresses_in
from wilkc.adapters.hooks.model import Asked, Call, Harness, Tool, refusal
from wilkc.adapters.hooks.patch import changes
from wilkc.adapters.hooks.searching import AMBIGUOUS, beginnings
from wilkc.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOKALIKE: Final = "tool_name_lookalike"
NOT_JUDGED: Final = "tool_not_judged"
MAX_EDITS: Final = 1_000
_TRUTHS: Final = (None, False, True)


def requests_of(harness: Harness, call: Call) -> list[Asked]:
    """Every request that a call comes down to, its replaced inputs included.

    Raises:
        RequestError: the call is not understood, so that it is denied.
    """
    return [
        asked for given in (call.given, *call.also) for asked in _requests(harness, call, given)
    ]


def _requests(harness: Harness, call: Call, given: dict[str, Any]) -> list[Asked]:
    tool = harness.tools.get(call.tool)
    if tool is None:
        _require_distinct(call.tool, harness.tools)
        return [_by_name(call, given)]
    if tool.kind == "refused":
        raise RequestError(NOT_JUDGED, f"`{call.tool}` is refused: {tool.why}")
    return _KINDS[tool.kind](_Input(call, tool, given))


def _require_distinct(name: str, tools: Mapping[str, Tool]) -> None:
    """Refuse a name that differs from a built-in tool's by its spelling only."""
    folded = _folded(name)
    for known in tools:
        if _folded(known) == folded:
            raise RequestError(LOOKALIKE, f"`{name}` looks like the tool `{known}`, and is another")


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(char for char in plain if char.isalnum())


def _by_name(call: Call, given: dict[str, Any]) -> Asked:
    return Asked(f"tool:{call.tool}", "call", {"arguments": given}, call.about)


class _Input:
    """The input of a built-in tool by the roles of its members.

    Raises:
        RequestError: a member is unknown, or one is missing or given twice.
    """

    def __init__(self, call: Call, tool: Tool, given: dict[str, Any]) -> None:
        self.call = call
        self.given = given
        self._found: dict[str, Any] = {}
        known = set(tool.ignored)
        for role, names in tool.members.items():
            present = [name for name in names if name in given]
            known.update(names)
            if len(present) > 1:
                raise refusal(f"`{present[0]}` and `{present[1]}` mean the same")
            if present:
                self._found[role] = given[present[0]]
            elif role not in tool.optional:
                raise refusal(f"`{call.tool}` lacks its `{names[0]}`")
        unknown = sorted(set(given) - known)
        if unknown:
            raise refusal(f"`{call.tool}` has a member `{unknown[0][:100]}` that is not known")

    def has(self, role: str) -> bool:
        return self._found.get(role) is not None

    def text(self, role: str) -> str:
        value = self._found.get(role)
        if not isinstance(value, str):
            raise refusal(f"the {role} of `{self.call.tool}` is no text")
        return value

    def flag(self, role: str) -> bool:
        value = self._found.get(role)
        if not any(value is truth for truth in _TRUTHS):
            raise refusal(f"`{role}` of `{self.call.tool}` is neither true nor false")
        return bool(value)

    def items(self, role: str) -> list[Any]:
        value = self._found.get(role)
        if not isinstance(value, list) or not value or len(value) > MAX_EDITS:
            raise refusal(f"the {role} of `{self.call.tool}` are no list of 1 to {MAX_EDITS}")
        return value

    def path(self, role: str = "path") -> str:
        return self.absolute(self.text(role))

    def absolute(self, path: str, start: str | None = None) -> str:
        """A path as the harness means it.

        Raises:
            RequestError: harnesses read it in more than one way.
        """
        if not path or path.startswith("~"):
            raise RequestError(AMBIGUOUS, "the path is empty or begins with `~`: write it out")
        if ".." in path.split("/"):
            # A harness shortens `link/..` as text, and the kernel follows the link.
            raise RequestError(AMBIGUOUS, "the path goes up by `..`: write it without")
        if path.startswith("/"):
            return path
        return f"{(start or self.here()).rstrip('/')}/{path}"

    def here(self) -> str:
        """The directory that relative paths start from."""
        if self.call.cwd is None:
            raise RequestError(AMBIGUOUS, "the path is relative to a directory that is not told")
        return self.call.cwd


def _shell(given: _Input) -> list[Asked]:
    cwd = given.path("cwd") if given.has("cwd") else given.call.cwd
    context = {} if cwd is None else {"cwd": cwd}
    return [Asked(f"shell:{given.text('command')}", "execute", context=context)]


def _read(given: _Input) -> list[Asked]:
    return [_looked_at(given.path())]


def _write(given: _Input) -> list[Asked]:
    sized = {"size": _bytes(given.text("content"))} if given.has("content") else {}
    return [_file(given.path(), "write", sized)]


def _edit(given: _Input) -> list[Asked]:
    path = given.path()
    size = _size_after(_size(path), given.text("old"), given.text("new"), every=given.flag("all"))
    return [_file(path, "write", {"size": size})]


def _edits(given: _Input) -> list[Asked]:
    path = given.path()
    size = _size(path)
    for one in given.items("edits"):
        if not isinstance(one, dict) or set(one) - {"old_string", "new_string", "replace_all"}:
            raise refusal("an edit is no object of `old_string`, `new_string` and `replace_all`")
        old, new, every = one.get("old_string"), one.get("new_string"), one.get("replace_all")
        if not isinstance(old, str) or not isinstance(new, str):
            raise refusal("an edit lacks a text")
        size = _size_after(size, old, new, every=every not in {None, False})
    return [_file(path, "write", {"size": size})]


def _delete(given: _Input) -> list[Asked]:
    return [_file(given.path(), "delete")]


def _patch(given: _Input) -> list[Asked]:
    asked = []
    for change in changes(given.text("patch")):
        sized = {}
        if change.action == "write":
            base = 0 if change.base is None else _size(given.absolute(change.base))
            sized = {"size": base + change.added}
        asked.append(_file(given.absolute(change.path), change.action, sized))
    return asked


def _fetch(given: _Input) -> list[Asked]:
    return [Asked(f"network:{given.text('url')}", "connect")]


def _prompt(given: _Input) -> list[Asked]:
    return [Asked(f"network:{url}", "connect") for url in addresses_in(given.text("prompt"))]


def _search(given: _Input) -> list[Asked]:
    """A search looks at everything below: so its tool must be allowed by name, too."""
    start = given.path() if given.has("path") else given.here()
    found = beginnings(given.text("glob")) if given.has("glob") else []
    places = [start, *(given.absolute(fixed, start) for fixed in found if fixed)]
    return [
        *(_looked_at(place) for place in dict.fromkeys(places)),
        _by_name(given.call, given.given),
    ]


def _named(given: _Input) -> list[Asked]:
    """A tool that is asked by its name, and for the file that it reads, if it is given one."""
    file = [_looked_at(given.path())] if given.has("path") else []
    return [*file, _by_name(given.call, given.given)]


def _looked_at(path: str) -> Asked:
    """Reading a file, whose size the guard finds out, or the names in a directory."""
    # A directory has no content that a limit of file sizes could be about.
    directory = os.path.isdir(path) if "\0" not in path else False  # noqa: PTH112  # any text
    return _file(path, "read", {"size": 0} if directory else {})


def _file(path: str, action: str, properties: dict[str, Any] | None = None) -> Asked:
    return Asked(f"file:{path}", action, properties or {})


def _bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise RequestError("text_not_unicode", "a text is not valid Unicode") from error


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  # any text
    except (OSError, ValueError):
        return 0


def _size_after(size: int, old: str, new: str, *, every: bool) -> int:
    """The most bytes that a file can have after an edit."""
    given, wanted = _bytes(old), _bytes(new)
    times = size // given if every and given else 1
    return size + max(wanted - given, 0 if given else wanted) * times


_KINDS: Final[Mapping[str, Callable[[_Input], list[Asked]]]] = {
    "shell": _shell,
    "read": _read,
    "write": _write,
    "edit": _edit,
    "edits": _edits,
    "delete": _delete,
    "patch": _patch,
    "fetch": _fetch,
    "prompt": _prompt,
    "search": _search,
    "named": _named,
}
