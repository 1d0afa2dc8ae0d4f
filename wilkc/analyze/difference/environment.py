"""Variables that commands see in one version only. Layer: analyze. LANGUAGE.md section 4."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wilkc.core.contract import RuleRef
from wilkc.language.automata import (
    CANONICAL_NAME,
    Inconclusive,
    Negatives,
    Witness,
    difference,
    name_language,
)
from wilkc.language.names import parse_name_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.difference.limits import Pair
    from wilkc.analyze.difference.model import Change
    from wilkc.analyze.difference.sides import Direction
    from wilkc.language.automata import Language
    from wilkc.plan import SpecPlan

    _Seen = tuple[str, RuleRef | None, tuple[str, str]]
    """A variable, the entry that lets it through, and what is said of `to` and of `base`."""


def environment_differences(direction: Direction, pairs: Iterable[Pair]) -> Iterator[Change]:
    """Names that only `to` lets through, and values that only it sets."""
    for to, base in pairs:
        for name, rule, values in (*_seen(direction, to, base), *_set(to, base)):
            places = rule or _spec_place(to), None if rule else _spec_place(base)
            what = "sandbox", "environment_variables"
            change = direction.degree_of(what, values, places)
            if direction.widening:
                change = replace(change, risk="medium", why=f"commands see `{name}`")
            yield change


def _seen(direction: Direction, to: SpecPlan, base: SpecPlan) -> Iterator[_Seen]:
    """For each entry a shortest name that it lets through and the other spec does not."""
    blocked = list(_languages(to.sandbox.environment.block))
    held = Negatives((*blocked, *_languages(base.sandbox.environment.allow)))
    rules = {rule.text: to.positions[rule.id] for rule in to.permissions.shell.environment.allow}
    own = Negatives(blocked)
    taken = [one for one in _languages(base.sandbox.environment.block) if one.keys not in own.keys]
    for text in to.sandbox.environment.allow:
        for language in _languages((text,)):
            verdicts = [difference(CANONICAL_NAME & language, held, budget=direction.budget)]
            verdicts += [
                difference(CANONICAL_NAME & language & one, own, budget=direction.budget)
                for one in taken
            ]
            for verdict in verdicts:
                if isinstance(verdict, Witness | Inconclusive):
                    name = verdict.text if isinstance(verdict, Witness) else text
                    yield name, rules.get(text), (f"{name} let through", f"{name} kept back")
                    break


def _set(to: SpecPlan, base: SpecPlan) -> Iterator[_Seen]:
    """Variables with a value that the other spec does not give them."""
    given = {one.name: one.value for one in base.sandbox.environment.set}
    for one in to.sandbox.environment.set:
        if given.get(one.name) != one.value:
            other = "another value" if one.name in given else "not set"
            yield one.name, None, (f"{one.name} set", f"{one.name} {other}")


def _languages(texts: Iterable[str]) -> Iterator[Language]:
    return (name_language(pattern) for text in texts for pattern in parse_name_rule(text))


def _spec_place(spec: SpecPlan) -> RuleRef:
    span = spec.span
    return RuleRef("shell.env", span.file, span.line, span.column, "environment_variables")
