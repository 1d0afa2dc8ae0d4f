"""Settings by which a harness passes over its hooks, in whichever file they stand. Layer: adapters.

Pure. Read in the documentation of each harness: code.claude.com (settings reference), github/docs
(hooks reference), developers.openai.com/codex/hooks, google-gemini/gemini-cli
(docs/reference/configuration.md). For Cursor none is documented. A value that is none of the
expected ones counts as if it turned hooks off: what a harness takes it for is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Root = Literal["system", "project", "user"]


@dataclass(frozen=True, slots=True)
class Place:
    """A file whose settings bear on whether hooks run.

    Attributes:
        root: what its path is below: `/`, the project, or the folder of `Settings.variable`.
        path: below that; with `*` for all files of a folder.
        managed: whether it is an administrator's.
    """

    root: Root
    path: str
    managed: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """One such file as it was read."""

    path: str
    managed: bool
    document: Mapping[str, Any]


PLACES: Final[Mapping[str, tuple[Place, ...]]] = {
    "claude": (
        Place("system", "etc/claude-code/managed-settings.d/*.json", managed=True),
        Place("system", "etc/claude-code/managed-settings.json", managed=True),
        Place("project", ".claude/settings.local.json"),
        Place("project", ".claude/settings.json"),
        Place("user", "settings.json"),
    ),
    "codex": (
        Place("system", "etc/codex/requirements.toml", managed=True),
        Place("system", "etc/codex/config.toml"),
        Place("project", ".codex/config.toml"),
        Place("user", "config.toml"),
    ),
    "copilot": (
        Place("project", ".github/hooks/wilk.json"),
        Place("project", ".github/copilot/settings.json"),
        Place("project", ".github/copilot/settings.local.json"),
        Place("project", ".claude/settings.json"),
        Place("project", ".claude/settings.local.json"),
        Place("user", "settings.json"),
        Place("user", "hooks/wilk.json"),
    ),
    "cursor": (),
    "gemini": (
        Place("system", "etc/gemini-cli/settings.json", managed=True),
        Place("project", ".gemini/settings.json"),
        Place("user", "settings.json"),
        Place("system", "etc/gemini-cli/system-defaults.json"),
    ),
}
"""The files of each harness, the one that goes before all others first."""
_DISABLED: Final = "disableAllHooks"


def switched_off(harness: str, levels: Sequence[Level]) -> list[str]:
    """What turns hooks off, each in a line; of files in the order of `PLACES`."""
    return list(_READERS[harness](levels))


def _claude(levels: Sequence[Level]) -> Iterator[str]:
    # Of several files the first that says anything counts.
    deciding = next((one for one in levels if _DISABLED in one.document), None)
    if deciding is not None and deciding.document[_DISABLED] is not False:
        yield f"`{_DISABLED}` in `{deciding.path}` turns all hooks off"
    for level in levels:
        if not level.managed:
            continue
        if level.document.get("allowManagedHooksOnly", False) is not False:
            yield f"`allowManagedHooksOnly` in `{level.path}` lets only managed hooks run"
        locked = level.document.get("strictPluginOnlyCustomization", [])
        if locked is not False and (not isinstance(locked, list) or "hooks" in locked):
            yield f"`strictPluginOnlyCustomization` in `{level.path}` lets no hook of settings run"


def _copilot(levels: Sequence[Level]) -> Iterator[str]:
    for level in levels:
        if level.document.get(_DISABLED, False) is not False:
            yield f"`{_DISABLED}` in `{level.path}` turns hooks off"


def _codex(levels: Sequence[Level]) -> Iterator[str]:
    for level in levels:
        tables = {"": level.document, **_tables(level.document.get("profiles"))}
        for name, table in tables.items():
            features = table.get("features", {})
            for key in ("hooks", "codex_hooks"):
                if not isinstance(features, dict) or features.get(key, True) is not True:
                    place = f"profile `{name}` of `{level.path}`" if name else f"`{level.path}`"
                    yield f"`features.{key}` in {place} turns hooks off"
                    break
        if level.managed and level.document.get("allow_managed_hooks_only", False) is not False:
            yield f"`allow_managed_hooks_only` in `{level.path}` lets only managed hooks run"
        hooks = level.document.get("hooks")
        states = _tables(hooks.get("state") if isinstance(hooks, dict) else None)
        for key, state in states.items():
            if ":pre_tool_use:" in key and state.get("enabled", True) is not True:
                yield f"`hooks.state` in `{level.path}` turns off `{key}`"


def _gemini(levels: Sequence[Level]) -> Iterator[str]:
    """Names of earlier versions count as well; in those, any file could turn hooks off."""
    enabled = [(one, held["enabled"]) for one in levels if "enabled" in (held := _config(one))]
    if enabled and enabled[0][1] is not True:
        yield f"`hooksConfig.enabled` in `{enabled[0][0].path}` turns all hooks off"
    for level in levels:
        for group, key in (("hooks", "enabled"), ("tools", "enableHooks")):
            named = level.document.get(group)
            if isinstance(named, dict) and named.get(key, True) is not True:
                yield f"`{group}.{key}` in `{level.path}` turns hooks off in earlier versions"
        for group in ("hooksConfig", "hooks"):
            named = level.document.get(group)
            listed = named.get("disabled", []) if isinstance(named, dict) else []
            if not isinstance(listed, list) or any(_names_wilk(one) for one in listed):
                yield f"`{group}.disabled` in `{level.path}` turns Wilk's hook off"


def _config(level: Level) -> Mapping[str, Any]:
    held = level.document.get("hooksConfig", {})
    return held if isinstance(held, dict) else {"enabled": None}


def _names_wilk(listed: Any) -> bool:
    """By the name of the entry, or by its command."""
    return not isinstance(listed, str) or listed == "wilk" or "hook_entry.py" in listed


def _tables(value: Any) -> dict[str, dict[str, Any]]:
    """The tables that a table holds."""
    held = value if isinstance(value, dict) else {}
    return {key: one for key, one in held.items() if isinstance(one, dict)}


_READERS: Final[Mapping[str, Callable[[Sequence[Level]], Iterator[str]]]] = {
    "claude": _claude,
    "codex": _codex,
    "copilot": _copilot,
    "cursor": lambda _: iter(()),
    "gemini": _gemini,
}
