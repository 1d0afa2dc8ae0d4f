"""The `filesystem` category as readable Rego. Layer: emit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wilkc.emit.files import REST, SHOWN, file_data
from wilkc.emit.regex import path_regex
from wilkc.emit.rules.model import Category, Constant, Hit, limit, tests
from wilkc.plan.judges.files import FILE_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wilkc.core.contract import RuleRef
    from wilkc.emit.rules.model import Head, Part
    from wilkc.language.paths import PathPattern
    from wilkc.plan.model import FilePlan, Rule


def file_rules(plan: FilePlan, refs: Mapping[str, RuleRef], *, fold: bool) -> Category:
    """The module `wilk.profiles.ID.file`."""
    limits = file_data(replace(plan, allow={}, block=()), fold=fold)
    parts: list[Part] = []
    for action in sorted(FILE_ACTIONS):
        rules = plan.allow.get(action, ())
        parts.extend(_list(("allow", action), rules, refs, fold=fold))
    parts.extend(_list(("block",), plan.block, refs, fold=fold))
    parts.append(Constant(("block", "any", SHOWN), ""))
    parts.append(limit("extensions", limits["extensions"], refs))
    parts.append(limit("max_file_size", limits["max_file_size"], refs))
    parts.append(Constant(("conditions",), limits["conditions"]))
    return Category("file", "Files", tuple(parts), "file.path")


def _list(
    head: Head, rules: Iterable[Rule[PathPattern]], refs: Mapping[str, RuleRef], *, fold: bool
) -> Iterator[Part]:
    entries = [
        (rank, rule.id, [path_regex(pattern, fold=fold) for pattern in rule.patterns])
        for rank, rule in enumerate(rules)
    ]
    # The number of rules stands beside the buckets, of which this form needs one.
    yield Constant((*head, "n"), len(entries))
    if entries:
        each = (*head, "each", REST)
        yield Hit((*head, "any", REST), each)
        yield from tests(each, entries, refs)
