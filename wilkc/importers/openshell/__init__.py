"""Sandbox policies of NVIDIA OpenShell become entries of a draft. Layer: importers (pure).

Read in docs.nvidia.com/openshell, "Policy Schema Reference" and "Network Rules", versions 0.1.x. Of
two policies together each would be allowed what only the other was, so one file is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError
from wilkc.importers.nodes import find, items, mapping, members, read_yaml, refuse, text
from wilkc.importers.openshell.network import read_network
from wilkc.syntax import Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.importers.draft import Draft
    from wilkc.syntax import Node

__all__ = ["read_openshell"]

_TOP: Final = frozenset({
    "version", "filesystem_policy", "landlock", "process", "network_policies",
    "network_middlewares",
})  # fmt: skip
_FILESYSTEM: Final = frozenset({"include_workdir", "read_only", "read_write"})
_MAX_PATH_BYTES: Final = 4096
_MAX_PATHS: Final = 256
"""Of both lists together."""
_MAX_IDENTITY: Final = 2**32 - 2
_NUMBER: Final = re.compile(r"[0-9]{1,10}")
_LANDLOCK: Final = frozenset({"", "best_effort", "hard_requirement"})
_OF_WILDCARDS: Final = frozenset("*?[]{}\\")
_TOLD: Final = {
    "landlock": "a spec does not say how it is enforced: Wilk's sandbox enforces it, always",
    "process": "a spec does not say whom programs run as",
}


def read_openshell(files: Mapping[str, bytes], draft: Draft) -> None:
    """Add the rules of one policy.

    Raises:
        UsageError: there is more than one file, or it is a policy that the source refuses.
    """
    if len(files) != 1:
        raise UsageError("a sandbox has one policy, so one file is read")
    ((name, data),) = files.items()
    policy = read_yaml(name, data)
    found = members(policy, _TOP, "a policy")
    version = found.get("version")
    if not isinstance(version, Scalar) or type(version.value) is not int or version.value != 1:
        span = version.span if version else policy.span
        refuse(span, "`version` must be 1")
    for section, why in _TOLD.items():
        if section in found:
            _require_values(section, found[section])
            for key, value in mapping(found[section], section).entries:
                shown = value.text if isinstance(value, Scalar) else "…"
                place = f"{name}:{key.span.line} {section}.{key.text}"
                draft.leave_out(place, shown, why)
    if "filesystem_policy" in found:
        _filesystem(name, found["filesystem_policy"], draft)
    else:
        draft.leave_out(
            f"{name}:1", "filesystem_policy", "what it means where it is absent is not carried over"
        )
    if find(policy, "network_policies") is not None:
        read_network(name, found["network_policies"], found.get("network_middlewares"), draft)


def _require_values(section: str, node: Node) -> None:
    """Refuse what makes the source refuse the policy, and go on with a stricter one of its own."""
    known = {"landlock": {"compatibility"}, "process": {"run_as_user", "run_as_group"}}[section]
    for key, value in members(mapping(node, section), known, f"`{section}`").items():
        given = text(value, key)
        if section == "landlock" and given not in _LANDLOCK:
            refuse(value.span, f"`{key}` must be best_effort or hard_requirement")
        if section == "process" and given not in {"", "sandbox"} and not _is_identity(given):
            refuse(value.span, f"`{key}` must be `sandbox` or a number from 1 to {_MAX_IDENTITY}")


def _is_identity(given: str) -> bool:
    return _NUMBER.fullmatch(given) is not None and 1 <= int(given) <= _MAX_IDENTITY


def _filesystem(name: str, node: Node, draft: Draft) -> None:
    """Each path stands for itself and all below it."""
    found = members(mapping(node, "filesystem_policy"), _FILESYSTEM, "`filesystem_policy`")
    workdir = found.get("include_workdir")
    if workdir is not None:
        if not isinstance(workdir, Scalar) or type(workdir.value) is not bool:
            refuse(workdir.span, "`include_workdir` must be true or false")
        if workdir.value:
            place = f"{name}:{workdir.span.line} filesystem_policy.include_workdir"
            for kind in ("read", "write"):
                draft.allow(f"filesystem.{kind}", "./**", place, shown="include_workdir")
    lists = [found[key] for key in ("read_only", "read_write") if key in found]
    if sum(len(items(one, "paths")) for one in lists) > _MAX_PATHS:
        refuse(node.span, f"more than {_MAX_PATHS} paths")
    for key, kinds in (("read_only", ("read",)), ("read_write", ("read", "write"))):
        if key not in found:
            continue
        for at, one in enumerate(items(found[key], key)):
            place = f"{name}:{one.span.line} filesystem_policy.{key}[{at}]"
            _path(draft, place, kinds, one, key)


def _path(draft: Draft, place: str, kinds: tuple[str, ...], node: Node, key: str) -> None:
    path = text(node, key)
    if not path.startswith("/") or ".." in path.split("/") or len(path.encode()) > _MAX_PATH_BYTES:
        refuse(node.span, "a path must be absolute, without `..`, and of at most 4096 bytes")
    whole = path.rstrip("/")
    if not whole:
        if "write" in kinds:
            refuse(node.span, "`read_write` cannot hold `/`")
        draft.leave_out(place, path, "it allows anything: say what it is needed for")
    elif _OF_WILDCARDS.intersection(path):
        draft.leave_out(place, path, "it holds what is a wildcard here")
    else:
        for kind in kinds:
            draft.allow(f"filesystem.{kind}", f"{whole}/**", place, shown=path)
