"""The settings of a harness with and without Wilk's hook in them. Layer: adapters. Pure.

An entry is Wilk's own if it starts the hook's entry script, wherever that stands. Everything
else is kept as it is, in its order.
"""

from __future__ import annotations

import copy
import shlex
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.adapters.hooks.model import Settings

SCRIPT: Final = "/wilkc/cli/hook_entry.py"
_COMMANDS: Final = ("command", "exec", "bash")
_EVERY_TOOL: Final = ("", "*", None)
_SAYING_NOTHING: Final = frozenset({"description", "statusMessage"})
"""Members of an entry that are only shown."""


def with_hook(
    document: dict[str, Any], settings: Settings, command: list[str], *, after: bool
) -> dict[str, Any]:
    """The settings with the hook, once for each event.

    Args:
        document: the settings as they are.
        settings: facts of the harness.
        command: program and arguments.
        after: whether what was done is judged, too.

    Raises:
        UsageError: the settings have another shape, or the harness tells of nothing afterwards.
    """
    if after and not settings.after:
        raise UsageError("this harness does not tell what it has done")
    made = without_hook(document, settings)
    if settings.version is not None and made.setdefault("version", settings.version) != (
        settings.version
    ):
        raise UsageError(f"`version` is not {settings.version}, so the settings are not known")
    hooks = made.setdefault("hooks", {})
    for event in (*settings.events, *(settings.after if after else ())):
        entry = settings.entry(command)
        hooks.setdefault(event, []).append({"hooks": [entry]} if settings.grouped else entry)
    return made


def without_hook(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The settings without the hook; what is empty only for that is gone, too.

    Raises:
        UsageError: the settings have another shape.
    """
    made = copy.deepcopy(document)
    hooks = _hooks(made)
    for event in list(hooks):
        entries = _entries(hooks, event)
        kept = [one for entry in entries if (one := _kept(entry, settings))]
        if len(kept) == len(entries) and kept == entries:
            continue
        hooks[event] = kept
        if not kept:
            del hooks[event]
    if not hooks and document.get("hooks"):
        del made["hooks"]
    return made


def commands_in(document: dict[str, Any], settings: Settings) -> dict[str, list[list[str]]]:
    """Event to the commands of Wilk's own entries.

    Raises:
        UsageError: the settings have another shape.
    """
    found: dict[str, list[list[str]]] = {}
    hooks = _hooks(document)
    for event in hooks:
        for entry in _entries(hooks, event):
            found.setdefault(event, []).extend(
                command for one in _inner(entry, settings) if (command := own_command(one))
            )
    return {event: commands for event, commands in found.items() if commands}


def differences_in(document: dict[str, Any], settings: Settings) -> list[str]:
    """What in Wilk's own entries, or in groups of them, `install` would not write.

    It may keep the hook from being asked, or let a call through where it fails.

    Raises:
        UsageError: the settings have another shape.
    """
    found: dict[str, None] = {}
    hooks = _hooks(document)
    for event in hooks:
        for group in _entries(hooks, event):
            own = [one for one in _inner(group, settings) if own_command(one) is not None]
            if own and settings.grouped and group.get("matcher", "") not in _EVERY_TOOL:
                found[f"at {event} it is asked about `{group['matcher']}` only"] = None
            for entry in own:
                for key in _differing(entry, settings):
                    found[f"at {event} its `{key}` is not as `install` writes it"] = None
    return list(found)


def own_command(entry: Any) -> list[str] | None:
    """The command of an entry, if it is Wilk's own."""
    if not isinstance(entry, dict):
        return None
    for name in _COMMANDS:
        text, rest = entry.get(name), entry.get("args", [])
        if not isinstance(text, str):
            continue
        if isinstance(rest, list) and rest and all(isinstance(one, str) for one in rest):
            words = [text, *rest]
        else:
            try:
                words = shlex.split(text)
            except ValueError:
                continue
        if any(word.endswith(SCRIPT) for word in words):
            return words
    return None


def _differing(entry: dict[str, Any], settings: Settings) -> list[str]:
    wanted = settings.entry(own_command(entry) or [])
    keys = [*wanted, *(key for key in entry if key not in wanted)]
    return [key for key in keys if key not in _SAYING_NOTHING and entry.get(key) != wanted.get(key)]


def _kept(entry: Any, settings: Settings) -> Any:
    """An entry without what is Wilk's own, or None where nothing is left."""
    if own_command(entry) is not None:
        return None
    inner = list(_inner(entry, settings))
    if not settings.grouped or all(own_command(one) is None for one in inner):
        return entry
    kept = [one for one in inner if own_command(one) is None]
    return {**entry, "hooks": kept} if kept else None


def _inner(entry: Any, settings: Settings) -> Iterator[Any]:
    if not settings.grouped:
        yield entry
        return
    if not isinstance(entry, dict) or not isinstance(entry.get("hooks"), list):
        raise UsageError("a group of `hooks` is no object with a list `hooks`")
    yield from entry["hooks"]


def _hooks(document: dict[str, Any]) -> dict[str, Any]:
    hooks = document.get("hooks", {})
    if not isinstance(hooks, dict):
        raise UsageError("`hooks` is no object")
    return hooks


def _entries(hooks: dict[str, Any], event: str) -> list[Any]:
    entries = hooks[event]
    if not isinstance(entries, list):
        # Some harnesses keep switches among the events.
        if isinstance(entries, bool | str | int | None):
            return []
        raise UsageError(f"`hooks.{event}` is no list")
    return entries
