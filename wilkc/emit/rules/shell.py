"""The `shell` category as readable Rego. Layer: emit."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from wilkc.emit.rules.model import Category, Constant, Keyed, number
from wilkc.emit.shell import shell_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.core.contract import Json, RuleRef
    from wilkc.emit.rules.model import Part
    from wilkc.plan.model import ShellPlan


def shell_rules(plan: ShellPlan, refs: Mapping[str, RuleRef], *, fold: bool) -> Category:
    """The module `wilk.profiles.ID.shell`."""
    data = shell_data(plan, fold=fold)
    interpreters = refs.get(plan.interpreters.id) if plan.interpreters else None
    parts = (
        *_list("allow", data["allow"], refs),
        *_list("block", data["block"], refs),
        Constant(("interpreters",), data["interpreters"], interpreters),
        Constant(("directories",), data["directories"]),
        Constant(("conditions",), data["conditions"]),
    )
    return Category("shell", "Commands", parts)


def _list(name: str, data: Json, refs: Mapping[str, RuleRef]) -> Iterator[Part]:
    """Entries stand under the beginning of the commands that they could take."""
    forms: dict[tuple[int, str], list[tuple[str, Json]]] = defaultdict(list)
    for key, entries in sorted(data["program"].items()):
        for entry in entries:
            forms[entry["rank"], entry["rule"]].append((key, entry))
    yield number((name,), data["n"])
    for (_, rule), held in sorted(forms.items()):
        yield Keyed((name, "program"), tuple(held), refs.get(rule))
