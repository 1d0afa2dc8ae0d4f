"""Entries of a list that are read alike. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.plan.model import HostRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.plan.model import Rule


def twins(rules: Iterable[Rule[Any]]) -> Iterator[tuple[Rule[Any], Rule[Any]]]:
    """Every entry that an earlier one equals in all that counts, with that earlier one."""
    seen: dict[object, Rule[Any]] = {}
    for rule in rules:
        first = seen.setdefault(_meaning(rule), rule)
        if first is not rule:
            yield rule, first


def _meaning(rule: Rule[Any]) -> object:
    patterns = frozenset(rule.patterns)
    if isinstance(rule, HostRule):
        return patterns, rule.when, rule.ports, rule.protocols
    return patterns, rule.when
