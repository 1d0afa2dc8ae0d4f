"""What calls of tools must show, as data for `policies/lib/wilk/arguments`. Layer: emit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.emit.alternation import anchored
from wilkc.emit.regex import name_regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.contract import Json
    from wilkc.language.names import NamePattern
    from wilkc.language.schemas import Check
    from wilkc.plan.model import ArgumentRule, ToolPlan


def tools_data(plan: ToolPlan) -> Json:
    """The JSON under `profiles[pid].tools`."""
    signed = plan.signed
    return {
        "arguments": [_entry(rule) for rule in plan.arguments],
        "signed": {
            "any": signed is None,
            "rule": signed.id if signed else "",
            "keys": dict.fromkeys(sorted(signed.values), True) if signed else {},
        },
    }


def _entry(rule: ArgumentRule) -> Json:
    checks = {
        "".join(f"{step}\0" for step in place): [_check(check) for check in held]
        for place, held in rule.schema.checks.items()
        if held
    }
    return {"name": _anyone(rule.patterns, fold=True), "rule": rule.id, "checks": checks}


def _check(check: Check) -> Json:
    if check.keyword == "x-glob":
        return [check.keyword, _anyone(check.wanted, fold=False)]
    wanted = list(check.wanted) if isinstance(check.wanted, tuple) else check.wanted
    return [check.keyword, wanted]


def _anyone(patterns: Iterable[NamePattern], *, fold: bool) -> str:
    return anchored("|".join(name_regex(pattern, fold=fold) for pattern in patterns))
