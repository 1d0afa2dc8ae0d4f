"""An entry under a condition adds nothing, because another takes it whenever it counts.

Layer: analyze (pure). That of two conditions one holds whenever the other does is decided by
their sets, intervals, blocks and windows, exactly; for requests that do not show them as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.lint.covering import superfluous
from wilkc.analyze.lint.lists import rule_lists
from wilkc.analyze.lint.model import Check, Finding, Subject, warning
from wilkc.language.when import implies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.lint.lists import RuleList
    from wilkc.plan.model import Rule

CODE: Final = "W217"


def _run(subject: Subject) -> Iterator[Finding]:
    lists: dict[str, list[RuleList]] = {}
    for held in rule_lists(subject) if subject.lone else ():
        lists.setdefault(f"{held.name} {held.allows}", []).append(held)
    for parts in lists.values():
        for part in parts:
            if part.when is not None:
                yield from _shadowed(part, _wider(part, parts), fold=subject.fold)


def _wider(part: RuleList, parts: list[RuleList]) -> tuple[Rule[Any], ...]:
    """The entries of the list that count whenever those of a part do."""
    return tuple(
        rule
        for other in parts
        if other is not part and part.when is not None
        if other.when is None or implies(part.when, other.when, unshown=not part.allows)
        for rule in other.rules
    )


def _shadowed(part: RuleList, wider: tuple[Rule[Any], ...], *, fold: bool) -> Iterator[Finding]:
    for rule in part.rules if wider else ():
        # The last one is asked about first, and so with all others there.
        both = replace(part, rules=(*wider, rule))
        for found, other in superfluous(both, both.rules, fold=fold):
            if found is rule:
                by = f"`{other.text}` counts" if other else "other entries count"
                yield warning(
                    CODE,
                    f"`{rule.text}` adds nothing under its condition: {by} whenever it does",
                    rule.span,
                    about=f"{part.name} {rule.text}",
                    label=f"see line {other.span.line}" if other else "",
                    advice="leave it out, or the entry that is wider",
                )
            break


CHECK: Final = Check(CODE, _run)
