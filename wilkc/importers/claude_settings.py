"""Settings files of Claude Code: whose rules count, and what is denied beside them.

Layer: importers (pure).

Where a file says `allowManagedPermissionRulesOnly`, the source takes rules from that file alone.
What lists of MCP servers and switches say is not there is blocked. Its sandbox denies commands
further paths and hosts; here nobody gets at them. Every other key is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from wilkc.core.errors import UsageError
from wilkc.core.strict_json import decode_json
from wilkc.importers.claude import carry_rule
from wilkc.importers.claude_beside import READ, beside, block_absent
from wilkc.importers.claude_paths import denied_paths
from wilkc.importers.claude_protected import block_protected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.importers.claude_beside import Beside
    from wilkc.importers.draft import Draft

_EFFECTS: Final = ("deny", "ask", "allow")
_ALONE: Final = "allowManagedPermissionRulesOnly"
_NO_RULE: Final = "is not a rule"
_COMMANDS: Final = "the source denies it to commands alone"
_PATHS: Final = "filesystem.metadata.blocked_paths"
_DENIALS: Final[Mapping[tuple[str, str], str]] = {
    ("filesystem", "denyRead"): _PATHS,
    ("filesystem", "denyWrite"): _PATHS,
    ("credentials", "files"): _PATHS,
    ("network", "deniedDomains"): "network.blocked_hosts",
}
"""Keys of `sandbox` that deny, to the list that blocks the same."""


def read_claude(files: Mapping[str, bytes], draft: Draft) -> None:
    """Add the rules of settings files.

    Raises:
        UsageError: a file is no settings file.
    """
    documents = {name: _document(name, data) for name, data in files.items()}
    # Any other value than `false` counts: the source might take it for true.
    alone = [name for name, held in documents.items() if held.get(_ALONE, False) is not False]
    known = beside(documents)
    for name, held in documents.items():
        block_absent(name, held, draft)
        for key, value in held.items():
            if key == "permissions":
                _permissions(name, value, alone, known, draft)
            elif key == "sandbox":
                _sandbox(name, value, draft)
            elif key not in READ | {_ALONE, "$schema"}:
                draft.leave_out(f"{name} {key}", key, _NO_RULE)
    block_protected(draft)


def _document(name: str, data: bytes) -> dict[str, Any]:
    try:
        document = decode_json(data)
    except ValueError as error:
        raise UsageError(f"`{name}` cannot be read as JSON: {error}") from error
    permissions = document.get("permissions", {}) if isinstance(document, dict) else None
    if not isinstance(permissions, dict):
        raise UsageError(f"`{name}` has no object `permissions`")
    return cast("dict[str, Any]", document)


def _permissions(
    name: str, given: dict[str, Any], alone: list[str], known: Beside, draft: Draft
) -> None:
    for key, value in given.items():
        if key not in _EFFECTS:
            draft.leave_out(f"{name} permissions.{key}", str(value), _NO_RULE)
    for effect in _EFFECTS:
        rules = _texts(given.get(effect, []), f"`{name}` permissions.{effect}")
        for number, rule in enumerate(rules):
            place = f"{name} permissions.{effect}[{number}]"
            # Which of two is the managed one, nobody knows here.
            if effect == "allow" and alone not in ([], [name]):
                draft.leave_out(place, rule, f"`{alone[0]}` says that rules of its own alone count")
            elif effect == "allow" and (why := known.why_not(rule, name)):
                draft.leave_out(place, rule, why)
            else:
                carry_rule(draft, effect, place, rule)


def _sandbox(name: str, given: Any, draft: Draft) -> None:
    if not isinstance(given, dict):
        raise UsageError(f"`{name}` sandbox must be an object")
    for group, held in given.items():
        place = f"{name} sandbox.{group}"
        if not isinstance(held, dict):
            draft.leave_out(place, group, _NO_RULE)
            continue
        for key, value in held.items():
            if (group, key) in _DENIALS:
                _denials(_DENIALS[group, key], value, f"{place}.{key}", draft)
            else:
                draft.leave_out(f"{place}.{key}", key, _NO_RULE)


def _denials(blocks: str, given: Any, place: str, draft: Draft) -> None:
    if not isinstance(given, list):
        raise UsageError(f"`{place}` must be a list")
    for number, one in enumerate(given):
        # Files of credentials are objects.
        text = one.get("path") if isinstance(one, dict) else one
        where = f"{place}[{number}]"
        if not isinstance(text, str):
            draft.empty(blocks.partition(".")[0], where, str(one))
            continue
        for entry in denied_paths(text) if blocks == _PATHS else (text.lower(),):
            draft.block(blocks, entry, where, shown=text, wider=_COMMANDS)


def _texts(value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UsageError(f"{what} must be a list of texts")
    return value
