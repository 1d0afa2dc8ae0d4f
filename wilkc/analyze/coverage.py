"""Which entries of a policy decided at least one test. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.analyze.rule_lists import ListKey, rule_lists
from wilkc.plan import written_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.analyze.cases import Outcome
    from wilkc.core.spans import Span
    from wilkc.plan import Plan


@dataclass(frozen=True, slots=True)
class Use:
    """One place of an entry in a plan.

    Attributes:
        spec: a spec that has the entry, by itself or from one that it extends.
        key: the list that it stands in.
        number: its place there.
    """

    spec: str
    key: ListKey
    number: int


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of an allow or block list, as written once in YAML.

    Attributes:
        span: where it stands.
        text: the entry.
        uses: every list that has it.
    """

    span: Span
    text: str
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the tests touch.

    Attributes:
        entries: every entry of an allow or block list, by place.
        touched: those that decided a test: the first of their list that matched.
    """

    entries: tuple[ListEntry, ...]
    touched: tuple[ListEntry, ...]

    @property
    def untouched(self) -> tuple[ListEntry, ...]:
        """Entries that decided no test; one that another always comes before never can."""
        touched = {entry.span for entry in self.touched}
        return tuple(entry for entry in self.entries if entry.span not in touched)


def list_entries(plan: Plan) -> tuple[ListEntry, ...]:
    """Every entry of the allow and block lists of all specs, each once, by place.

    What is granted for a while is left out: nobody writes tests for it.
    """
    texts: dict[Span, str] = {}
    uses: dict[Span, list[Use]] = {}
    for name, spec in plan.specs.items():
        for key, rules in rule_lists(spec.permissions):
            for number, rule in enumerate(rules):
                texts.setdefault(rule.span, rule.text)
                uses.setdefault(rule.span, []).append(Use(name, key, number))
    return tuple(
        ListEntry(span, texts[span], tuple(uses[span]))
        for span in sorted(uses)
        if any(written_name(use.spec) == use.spec for use in uses[span])
    )


def coverage(plan: Plan, outcomes: Iterable[Outcome]) -> Coverage:
    """Which entries decided at least one of the tests."""
    entries = list_entries(plan)
    rules = (outcome.decision.rule for outcome in outcomes)
    places = {(rule.file, rule.line, rule.column) for rule in rules if rule is not None}
    return Coverage(entries, tuple(one for one in entries if one.span[:3] in places))
