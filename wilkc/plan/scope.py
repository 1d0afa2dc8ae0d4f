"""What the core/runtime permission model admits. Layer: plan. LANGUAGE.md section 10.

The model bounds specs at compile time: `scope` names the kinds of access that may be granted
at all, and signature-based validation of execution demands `tools.signed`. A category that
the model does not name is not bounded by it. `level` is handed on as data, for the risk of
audit records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.plan.agents import problem
from wilkc.spec import Document, PermissionModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wilkc.core.diagnostics import Diagnostic
    from wilkc.plan.model import Permissions, Rule, SpecPlan
    from wilkc.spec import ModelCategory

    Granted = Iterator[tuple[frozenset[str], Rule[Any]]]

Path = tuple[str, str]
NETWORK: Final[Path] = ("core", "network")
FILE_SYSTEM: Final[Path] = ("core", "fileSystem")
ENVIRONMENT: Final[Path] = ("core", "env")
EXECUTION: Final[Path] = ("runtime", "execution")
RESOURCES: Final[Path] = ("runtime", "resources")
SIGNED: Final = "Signature-based"
RESOURCE_TYPES: Final[Mapping[Path, tuple[str, ...]]] = {
    NETWORK: ("network", "llm"),
    FILE_SYSTEM: ("file",),
    ENVIRONMENT: ("system",),
    EXECUTION: ("shell", "tool"),
    RESOURCES: (),
}
_HOSTS: Final = frozenset({"api", "external"})
_TOOLS: Final = frozenset({"tools", "plugins"})


def check_scope(documents: Iterable[Document], specs: Iterable[SpecPlan]) -> tuple[Diagnostic, ...]:
    """A problem for every list that grants what the model does not admit."""
    held = tuple(specs)
    problems = {
        found.span: found
        for path, category in categories(documents)
        for spec in held
        for found in _beyond(path, category, spec.permissions)
    }
    return tuple(problems.values())


def levels(documents: Iterable[Document]) -> dict[str, str]:
    """Resource type to the level of its category, where a model names it."""
    return {
        kind: category.level
        for path, category in categories(documents)
        for kind in RESOURCE_TYPES[path]
    }


def categories(documents: Iterable[Document]) -> Iterator[tuple[Path, ModelCategory]]:
    """Every category of every permission model among the documents."""
    for document in documents:
        if isinstance(document.model, PermissionModel):
            for path, category in _named(document.model).items():
                if category is not None:
                    yield path, category


def _named(model: PermissionModel) -> Mapping[Path, ModelCategory | None]:
    core, runtime = model.core, model.runtime
    return {
        NETWORK: core.network if core else None,
        FILE_SYSTEM: core.file_system if core else None,
        ENVIRONMENT: core.env if core else None,
        EXECUTION: runtime.execution if runtime else None,
        RESOURCES: runtime.resources if runtime else None,
    }


def _beyond(path: Path, category: ModelCategory, permissions: Permissions) -> Iterator[Diagnostic]:
    where = ".".join(path)
    for kinds, rule in _granted(path, permissions):
        if not kinds & set(category.scope):
            wanted = " or ".join(f"`{kind}`" for kind in sorted(kinds))
            yield problem(
                "W149",
                f"`{rule.text}` grants what `{where}.scope` does not admit",
                rule.span,
                f"add {wanted} to the scope, or leave the list empty",
            )
    unsigned = path == EXECUTION and category.validation == SIGNED and not permissions.tools.signed
    for rule in _first_tool(permissions) if unsigned else ():
        yield problem(
            "W150",
            f"`{rule.text}` may be called without a signature, which `{where}` demands",
            rule.span,
            "name the keys of trusted signers under `tools.signed`",
        )


def _granted(path: Path, permissions: Permissions) -> Granted:
    """The first rule of each list that grants, with the kinds of access of which one is needed."""
    if path == NETWORK:
        yield from ((_HOSTS, rule) for rule in permissions.network.allow[:1])
        yield from ((frozenset({"llm"}), rule) for rule in permissions.llm.models.allow[:1])
    elif path == FILE_SYSTEM:
        for action, rules in permissions.file.allow.items():
            yield from ((frozenset({action}), rule) for rule in rules[:1])
    elif path == ENVIRONMENT:
        for action, lists in permissions.named.get("system", {}).items():
            group, _, kind = action.partition(".")
            if group == "env":
                yield from ((frozenset({kind}), rule) for rule in lists.allow[:1])
    elif path == EXECUTION:
        yield from ((frozenset({"functions"}), rule) for rule in permissions.shell.allow[:1])
        yield from ((_TOOLS, rule) for rule in _first_tool(permissions))


def _first_tool(permissions: Permissions) -> tuple[Rule[Any], ...]:
    lists = permissions.named.get("tool", {}).values()
    return tuple(rule for one in lists for rule in one.allow[:1])
