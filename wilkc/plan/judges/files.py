"""The meaning of `filesystem` for one request. Layer: plan (reference). LANGUAGE.md section 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.contract import Condition
from wilkc.core.errors import RequestError
from wilkc.core.numbers import whole_number
from wilkc.core.verdict import Verdict
from wilkc.language.paths import parse_path, path_matches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.contract import Request
    from wilkc.language.paths import Path, PathPattern
    from wilkc.plan.model import FilePlan, Rule

FILE_ACTIONS = ("read", "write", "execute", "delete", "watch")
SIZED_ACTIONS = frozenset({"read", "write"})


def judge_file(plan: FilePlan, request: Request, *, fold: bool) -> Verdict:
    """The verdict on reading, writing, executing, deleting or watching one path."""
    path = parse_path(request.id)
    names = (path, *_aliases(request))
    key = f"filesystem.{request.action}"
    if request.action not in FILE_ACTIONS:
        return Verdict("unmatched", "unknown_action", list="filesystem")
    blocked = _first(plan.block, names, fold=fold)
    if blocked:
        return Verdict("blocked", "blocked", blocked, "filesystem.metadata.blocked_paths")
    allowed = _first(plan.allow.get(request.action, ()), (path,), fold=fold)
    if not allowed:
        return Verdict("unmatched", "no_rule_matches", list=key)
    return _limits(plan, request, path) or Verdict(
        "granted", "allowed", allowed, key, _conditions(plan, request)
    )


def permits(plan: FilePlan, action: str, path: Path, *, fold: bool) -> bool:
    """Whether an allow of the action matches the path and no block does."""
    allowed = _first(plan.allow.get(action, ()), (path,), fold=fold)
    return bool(allowed) and not blocks(plan, path, fold=fold)


def blocks(plan: FilePlan, path: Path, *, fold: bool) -> bool:
    """Whether a block matches the path."""
    return bool(_first(plan.block, (path,), fold=fold))


def fold_extension(text: str) -> str:
    """The form in which extensions are compared: ASCII letters in lower case."""
    return text.lower() if text.isascii() else text


def _limits(plan: FilePlan, request: Request, path: Path) -> Verdict | None:
    if request.action == "write" and plan.extensions and not _is_directory(request):
        name = path.segments[-1] if path.segments else ""
        stem, dot, suffix = name.rpartition(".")
        if not (stem and dot and fold_extension(suffix) in plan.extensions.values):
            return _exceeded("extension_not_allowed", plan.extensions.id, "allowed_extensions")
    size = request.properties.get("size")
    if size is None or plan.max_file_size is None or request.action not in SIZED_ACTIONS:
        return None
    if size > plan.max_file_size.value:
        return _exceeded("too_large", plan.max_file_size.id, "max_file_size")
    return None


def _exceeded(detail: str, rule: str, key: str) -> Verdict:
    return Verdict("exceeded", detail, rule, f"filesystem.metadata.{key}")


def _conditions(plan: FilePlan, request: Request) -> tuple[Condition, ...]:
    limit = plan.max_file_size
    if limit is None or request.action not in SIZED_ACTIONS or "size" in request.properties:
        return ()
    return (Condition(limit.id, "max_bytes", {"max_bytes": limit.value}),)


def _aliases(request: Request) -> tuple[Path, ...]:
    return tuple(parse_path(text) for text in request.properties.get("aliases", ()))


def _is_directory(request: Request) -> bool:
    return request.properties.get("directory") is True


def _first(rules: Iterable[Rule[PathPattern]], paths: tuple[Path, ...], *, fold: bool) -> str:
    for rule in rules:
        for pattern in rule.patterns:
            for path in paths:
                if pattern.root == path.root and path_matches(pattern, path, fold=fold):
                    return rule.id
    return ""


def check_file_properties(request: Request) -> None:
    """Refuse properties of the wrong type, which could otherwise be read either way.

    Raises:
        RequestError: `size` is not a whole number from 0, `directory` not a truth value, or
            `aliases` not a list of texts.
    """
    size = request.properties.get("size", 0)
    if whole_number(size) is None:
        raise RequestError("size_not_a_number", "`size` must be a whole number of bytes")
    if not isinstance(request.properties.get("directory", False), bool):
        raise RequestError("directory_not_boolean", "`directory` must be true or false")
    aliases = request.properties.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(text, str) for text in aliases):
        raise RequestError("aliases_not_texts", "`aliases` must be a list of paths")
