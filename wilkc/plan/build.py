"""Documents to the plan: names, inheritance, defaults, sandbox. Layer: plan.

LANGUAGE.md section 10. A spec is lowered by itself, then united with the specs it extends,
then given whole categories from the organisation's defaults that none of them mentions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.diagnostics import Diagnostic, has_errors
from wilkc.language.atoms import ALLOW
from wilkc.language.paths import parse_path_rule
from wilkc.language.when import TooManyError, ways
from wilkc.plan import lower
from wilkc.plan.audit import lower_audit
from wilkc.plan.conditional import effects_of, surely, unshown
from wilkc.plan.inherit import unite
from wilkc.plan.lower import Place
from wilkc.plan.model import Permissions, Plan, Rule, SpecPlan
from wilkc.plan.positions import positions
from wilkc.plan.resolve import Family, resolve
from wilkc.plan.roles import unknown_roles
from wilkc.plan.sandbox import granted_permissions, lower_sandbox
from wilkc.plan.scope import check_scope, levels
from wilkc.spec import Grant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wilkc.language.atoms import Effect
    from wilkc.language.when import When
    from wilkc.plan.model import ShellPlan
    from wilkc.spec import AgentSpec, Document
    from wilkc.spec import Permissions as Section

_PLAIN: Final[Mapping[str, tuple[str, Callable[[Any, Place], object]]]] = {
    "filesystem": ("file", lower.lower_files),
    "network": ("network", lower.lower_network),
    "shell": ("shell", lower.lower_shell),
    "llm": ("llm", lower.lower_llm),
    "data": ("data", lower.lower_data),
}
_NAMED: Final[Mapping[str, tuple[str, Callable[[Any, Place], object]]]] = {
    "system": ("system", lower.lower_system),
    "tools": ("tool", lower.lower_tools),
    "agents": ("agent", lower.lower_agents),
}
_NOTHING: Final = Permissions()
CATEGORIES: Final = frozenset({*_PLAIN, *_NAMED})
MAX_CONDITIONS: Final = 64
"""Different conditions in a spec."""
MAX_WAYS: Final = 256
"""Ways in which the conditions of a spec can hold together; it is compiled for each of them."""
DEFAULTS_PATH: Final = ("security_policy", "agent_defaults", "permissions")
"""Where the organisation's defaults stand in its policy."""


def build_plan(documents: Iterable[Document]) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """What the documents mean together.

    Args:
        documents: typed documents without errors of their own.

    Returns:
        The plan, or None if there are errors, and every problem found.
    """
    held = tuple(documents)
    family, problems = resolve(held)
    if has_errors(problems):
        return None, problems
    found = list(problems)
    specs: dict[str, SpecPlan] = {}
    for name in sorted(family.specs):
        specs[name], wrong = plan_spec(family, name)
        found.extend(wrong)
    found.extend(check_scope(held, specs.values()))
    audit, wrong = lower_audit(held)
    found.extend(wrong)
    if has_errors(found):
        return None, tuple(found)
    plan = Plan(specs, family.agents, levels(held), audit, family.roles.of)
    return plan, tuple(dict.fromkeys(found))


def plan_spec(family: Family, name: str) -> tuple[SpecPlan, tuple[Diagnostic, ...]]:
    """What one spec means.

    It rests on its own document, on those of its `ancestors` and its grants, on the
    organisation's policy and on the names of roles, and on nothing else.

    Returns:
        Its plan, which must not be used if there are errors, and every problem found.
    """
    spec = family.specs[name]
    permissions = _with_granted(united_permissions(family, name), spec.grants)
    permissions = replace(permissions, shell=_with_directories(permissions.shell, spec.document))
    effects = effects_of(permissions)
    problems = (
        *_unreachable_hosts(permissions),
        *_too_many(effects, spec.document),
        *_other_case(family, name),
        *unknown_roles(permissions, family.roles.known),
    )
    policy = family.policy[1] if family.policy else None
    bases = [family.specs[base] for base in ancestors(family, name)]
    for base in bases:
        permissions = granted_permissions(base.model.sandbox, permissions)
    # What is mounted holds for as long as the command runs, whatever time it gets.
    sandbox, found = lower_sandbox(
        spec.document, surely(permissions), policy, [base.document for base in bases]
    )
    permissions = granted_permissions(spec.model.sandbox, permissions)
    plan = SpecPlan(
        name=name,
        span=(spec.grants[0] if spec.grants else spec.document).span,
        permissions=permissions,
        sandbox=sandbox,
        positions=positions(permissions),
        fold=spec.model.case == "insensitive",
        whens=tuple(effects),
    )
    return plan, (*problems, *found)


def _other_case(family: Family, name: str) -> Iterator[Diagnostic]:
    """Bases whose paths were written to be read in another case than the spec's are.

    Read as the spec says, their blocks would lose names or their allows would gain some.
    """
    spec = family.specs[name]
    for base in ancestors(family, name):
        model = family.specs[base].model
        if model.case != spec.model.case and _has_paths(model):
            yield Diagnostic(
                "W155",
                "error",
                f"`{name}` is `case: {spec.model.case}`, its base `{base}` is not",
                spec.document.where(("extends",)),
                label="the paths of both are read alike",
                help="write the same `case` in both, or leave this base out",
            )


def _has_paths(model: AgentSpec) -> bool:
    shell, sandbox = model.permissions.shell, model.sandbox
    return bool(
        model.permissions.filesystem is not None
        or (shell is not None and shell.working_directories is not None)
        or (sandbox is not None and sandbox.protected)
    )


def _too_many(
    effects: Mapping[When, frozenset[Effect]], document: Document
) -> Iterator[Diagnostic]:
    message = f"the entries have {len(effects)} different conditions, more than {MAX_CONDITIONS}"
    if len(effects) <= MAX_CONDITIONS:
        try:
            ways(unshown(effects.items()), MAX_WAYS, found=False)
        except TooManyError:
            message = f"the conditions of entries hold together in more than {MAX_WAYS} ways"
        else:
            return
    yield Diagnostic(
        "W152",
        "error",
        message,
        document.span,
        help="give entries the same conditions, or divide them among several specs and roles",
    )


def united_permissions(family: Family, name: str) -> Permissions:
    """What a spec says together with its ancestors and the defaults of the organisation."""
    permissions = _own(family, name)
    mentioned = _mentioned(family.specs[name].model.permissions)
    for base in ancestors(family, name):
        permissions = unite(permissions, _own(family, base, origin=f"{base}/"))
        mentioned |= _mentioned(family.specs[base].model.permissions)
    defaults = _defaults(family, CATEGORIES - mentioned, "defaults/")
    return _ordered(permissions) if defaults is _NOTHING else unite(permissions, defaults)


def _with_granted(permissions: Permissions, grants: Iterable[Document]) -> Permissions:
    """The same with the entries that are granted, after all others."""
    for document in grants:
        grant = document.model
        if isinstance(grant, Grant):
            place = Place.of(document, ("grant", "allow"), f"{grant.id}/")
            permissions = unite(permissions, _lower(grant.permissions, place, CATEGORIES))
    return permissions


def _ordered(permissions: Permissions) -> Permissions:
    """The same as if united with nothing, which takes longer."""
    if not permissions.named:
        return permissions
    named = {
        kind: {action: lists[action] for action in sorted(lists)}
        for kind, lists in sorted(permissions.named.items())
    }
    return replace(permissions, named=named)


def default_permissions(family: Family) -> Permissions:
    """What the organisation's policy gives to specs that mention nothing."""
    return _defaults(family, CATEGORIES, "")


def _own(family: Family, name: str, *, origin: str = "") -> Permissions:
    spec = family.specs[name]
    place = Place.of(spec.document, ("permissions",), origin)
    return _lower(spec.model.permissions, place, CATEGORIES)


def ancestors(family: Family, name: str) -> Iterator[str]:
    """Every spec that this one extends, directly or not, each once, nearest first."""
    seen = {name}
    pending = list(family.specs[name].model.extends)
    while pending:
        base = pending.pop(0)
        if base not in seen:
            seen.add(base)
            yield base
            pending.extend(family.specs[base].model.extends)


def _defaults(family: Family, categories: frozenset[str], origin: str) -> Permissions:
    document, policy = family.policy or (None, None)
    if document is None or policy is None or policy.agent_defaults is None:
        return _NOTHING
    place = Place.of(document, DEFAULTS_PATH, origin)
    return _lower(policy.agent_defaults.permissions, place, categories)


def _lower(section: Section, place: Place, categories: frozenset[str]) -> Permissions:
    plain: dict[str, Any] = {}
    named: dict[str, Any] = {}
    if section.tools is not None and "tools" in categories:
        plain["tools"] = lower.lower_calls(section.tools, place.at("tools"))
    for table, target in ((_PLAIN, plain), (_NAMED, named)):
        for category, (field, function) in table.items():
            part = getattr(section, category)
            if part is not None and category in categories:
                target[field] = function(part, place.at(category))
    return Permissions(**plain, named=named)


def _mentioned(section: Section) -> frozenset[str]:
    return frozenset(name for name in CATEGORIES if getattr(section, name) is not None)


def _with_directories(shell: ShellPlan, document: Document) -> ShellPlan:
    if shell.directories is not None:
        return shell
    span = document.where(("permissions", "shell"))
    patterns = parse_path_rule("./**", ALLOW)
    return replace(shell, directories=(Rule("shell.directories.default", "./**", span, patterns),))


def _unreachable_hosts(permissions: Permissions) -> Iterator[Diagnostic]:
    for rule in permissions.network.allow:
        if not rule.ports:
            yield Diagnostic(
                "W145",
                "error",
                f"`{rule.text}` can never be reached: it has no port",
                rule.span,
                label=f"no default port for {', '.join(sorted(rule.protocols))}",
                help="name `ports` here, or `allowed_ports` for the whole section",
            )
