"""An entry adds nothing to the others of its list. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.lint.covering import superfluous, unreachable
from wilkc.analyze.lint.lists import rule_lists
from wilkc.analyze.lint.model import Check, Finding, Subject
from wilkc.analyze.lint.twins import twins
from wilkc.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.lint.lists import RuleList
    from wilkc.plan.model import Rule

CODE: Final = "W201"


def _run(subject: Subject) -> Iterator[Finding]:
    for held in rule_lists(subject) if subject.lone else ():
        told = {rule.id for rule, _ in twins(held.rules)}
        told |= {rule.id for rule in unreachable(subject, held)}
        rules = [rule for rule in held.rules if rule.id not in told]
        for rule, other in superfluous(held, rules, fold=subject.fold):
            yield _finding(held, rule, other)


def _finding(held: RuleList, rule: Rule[Any], other: Rule[Any] | None) -> Finding:
    by = f"`{other.text}`" if other else "the other entries together"
    verb = "takes" if other else "take"
    return Finding(
        Diagnostic(
            CODE,
            "warning",
            f"`{rule.text}` adds nothing to `{held.name}`: {by} {verb} all of it",
            rule.span,
            label=f"see line {other.span.line}" if other else "",
            help="leave it out",
        ),
        about=f"{held.name} {rule.text}",
        removable=True,
    )


CHECK: Final = Check(CODE, _run)
