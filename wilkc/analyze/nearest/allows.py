"""The allow rule that is nearest to a request. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from wilkc.analyze.nearest.distance import Alignment, Budget, Change, align
from wilkc.analyze.nearest.languages import (
    SEPARATOR,
    command_automaton,
    host_automata,
    name_automaton,
    path_automaton,
)
from wilkc.language.hosts import decision_host, unwrap
from wilkc.language.paths import parse_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wilkc.analyze.nearest.automaton import Automaton
    from wilkc.plan.model import HostRule, Rule

    Languages = Callable[[Any], Iterable[Automaton]]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest allow of a list.

    Attributes:
        rule: the entry.
        text: what was asked for, as it was compared; blanks stand between arguments.
        edits: code points to insert, delete or exchange until one of the entry's patterns
            matches, and one for a port or protocol that it does not name.
        changes: where the text differs, by the nearest pattern.
        other: what differs beside the text, in words, or empty.
        complete: whether every rule was compared; False where that would have taken too long.
    """

    rule: Rule[Any]
    text: str
    edits: int
    changes: tuple[Change, ...]
    other: str = ""
    complete: bool = True


def nearest_path(rules: Iterable[Rule[Any]], text: str, *, fold: bool) -> Nearest | None:
    """The path rule that is nearest to a canonical path."""
    return _nearest(rules, str(parse_path(text)), lambda one: [path_automaton(one)], fold=fold)


def nearest_name(rules: Iterable[Rule[Any]], name: str) -> Nearest | None:
    """The name rule that is nearest to a name."""
    return _nearest(rules, name, lambda one: [name_automaton(one)])


def nearest_command(rules: Iterable[Rule[Any]], argv: Sequence[str]) -> Nearest | None:
    """The command rule that is nearest to one simple command; the guard table is left aside."""
    return _nearest(rules, SEPARATOR.join(argv), lambda one: [command_automaton(one)])


def nearest_host(rules: Iterable[HostRule], host: str, port: int, protocol: str) -> Nearest | None:
    """The host rule that is nearest to a target.

    A port and a protocol that the rule does not name are one edit each, whatever they are.
    """
    asked = decision_host(host)
    target = asked if isinstance(asked, str) else unwrap(asked)

    def beside(rule: Rule[Any]) -> str:
        return _missing(rule, port, protocol)  # type: ignore[arg-type]  # hosts have HostRules

    return _nearest(rules, str(target), lambda one: host_automata(one, target), beside=beside)


def _missing(rule: HostRule, port: int, protocol: str) -> str:
    lacks = []
    if protocol not in rule.protocols:
        lacks.append(f"protocol {', '.join(sorted(rule.protocols))}, not {protocol}")
    if not any(low <= port <= high for low, high in rule.ports):
        ranges = (str(low) if low == high else f"{low}-{high}" for low, high in rule.ports)
        lacks.append(f"port {', '.join(ranges)}, not {port}")
    return "; ".join(lacks)


def _nearest(
    rules: Iterable[Rule[Any]],
    text: str,
    languages: Languages,
    *,
    fold: bool = False,
    beside: Callable[[Rule[Any]], str] = lambda _: "",
) -> Nearest | None:
    """The nearest rule; of several the first in the order of the list."""
    budget = Budget()
    best: tuple[int, Rule[Any], Alignment, str] | None = None
    for rule in rules:
        other = beside(rule)
        more = len(other.split("; ")) if other else 0
        most = None if best is None else best[0] - more - 1
        found = _best_of(chain.from_iterable(map(languages, rule.patterns)), text, budget,
                         most=most, fold=fold)  # fmt: skip
        if found is not None:
            best = (found.edits + more, rule, found, other)
    if best is None:
        return None
    edits, rule, found, other = best
    shown = text.replace(SEPARATOR, " ")
    return Nearest(rule, shown, edits, found.changes, other, complete=budget.left > 0)


def _best_of(
    automata: Iterator[Automaton], text: str, budget: Budget, *, most: int | None, fold: bool
) -> Alignment | None:
    best: Alignment | None = None
    for automaton in automata:
        if most is not None and most < 0:
            break
        found = align(automaton, text, budget, most=most, fold=fold)
        if found is not None:
            best, most = found, found.edits - 1
    return best
