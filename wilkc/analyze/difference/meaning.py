"""What a spec means, without where it says so. Layer: analyze.

Two specs of equal meaning answer every request alike, with the same obligations but for the
names of entries. The reverse does not hold: a rule that is contained in another one changes
nothing and makes another meaning; what it comes to is found by comparing.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.plan.model import ArgumentRule, HostRule, Limit, Names, Rule

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.plan import SpecPlan

_DERIVED: Final[dict[str, Any]] = {"mounts": (), "gaps": (), "hidden": ()}
"""Parts of a sandbox plan that follow from file rules, with lines in them."""


Meaning = dict[str, "Hashable"]
"""Resource type, `sandbox` or `mounts` to a value that is equal for equal meanings."""


def meaning(spec: SpecPlan) -> Meaning:
    """What a spec means, by resource type."""
    held = spec.permissions
    files = _plain(held.file), spec.fold
    scripts = tuple(_plain(part) for part in (held.file.allow.get("execute", ()), held.file.block))
    found: Meaning = {
        "file": files,
        "shell": (_plain(held.shell), scripts, spec.fold),
        "network": _plain(held.network),
        "llm": _plain(held.llm),
        "data": _plain(held.data),
        "tool": (_plain(held.named.get("tool", {})), _plain(held.tools)),
    }
    for kind in ("agent", "system"):
        found[kind] = _plain(held.named.get(kind, {}))
    found["sandbox"] = replace(spec.sandbox, **_DERIVED)
    found["mounts"] = frozenset(_mounts(spec.sandbox))
    return found


def whole(held: Meaning) -> Hashable:
    """All of a meaning as one value."""
    return tuple(held[name] for name in sorted(held))


def differing(one: Iterable[Meaning], other: Iterable[Meaning]) -> frozenset[str]:
    """The types in which two sets of specs do not mean the same.

    What a set of specs grants of a type rests on what they say of it, and on which of them
    says it first, whose limits then hold; on nothing else.
    """
    first, second = tuple(one), tuple(other)
    names = {name for held in (*first, *second) for name in held}
    return frozenset(name for name in names if _said(first, name) != _said(second, name))


def _said(specs: Iterable[Meaning], name: str) -> tuple[Hashable, ...]:
    """What specs say of a type, each meaning where it is said first."""
    return tuple(dict.fromkeys(each[name] for each in specs))


def _mounts(plan: SandboxPlan) -> list[tuple[Hashable, ...]]:
    mounts = [(one.action, one.how, one.base, one.pattern, one.postcheck) for one in plan.mounts]
    gaps = [(one.action, one.base) for one in plan.gaps]
    return [*mounts, *gaps]


def _plain(value: Any) -> Hashable:
    if isinstance(value, ArgumentRule):
        checks = frozenset((place, repr(held)) for place, held in value.schema.checks.items())
        return frozenset(value.patterns), checks
    if isinstance(value, Rule):
        return _entry(value)
    if isinstance(value, Limit):
        return "limit", value.value
    if isinstance(value, Names):
        # An empty set lets nobody pass, and must not be dropped as if there were none.
        return "names", value.values
    if isinstance(value, dict):
        held = ((key, item, _plain(item)) for key, item in value.items())
        return frozenset((key, plain) for key, item, plain in held if plain or item == "")
    if isinstance(value, tuple):
        return _entries(value)
    if value is None or isinstance(value, str):
        return value
    parts = tuple(_plain(getattr(value, field.name)) for field in fields(value))
    return parts if any(parts) else ()


def _entry(rule: Rule[Any]) -> frozenset[Hashable]:
    """The forms of an entry, each with all that makes it count."""
    forms: Iterable[Hashable] = rule.patterns
    if isinstance(rule, HostRule):
        forms = [(one, rule.ports, rule.protocols) for one in rule.patterns]
    return frozenset(forms if rule.when is None else [(one, rule.when) for one in forms])


def _entries(rules: tuple[Any, ...]) -> frozenset[Hashable]:
    """Entries of a list: in any order, and an entry with two forms is two entries."""
    found: set[Hashable] = set()
    for rule in rules:
        held = _plain(rule)
        if isinstance(rule, ArgumentRule) or not isinstance(held, frozenset):
            found.add(held)
        else:
            found |= held
    return frozenset(found)
