"""The `network` category as readable Rego. Layer: emit."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from wilkc.emit.network import network_data
from wilkc.emit.rules.model import Category, Constant, Keyed, Member, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.core.contract import Json, RuleRef
    from wilkc.emit.rules.model import Head, Part
    from wilkc.plan.model import NetworkPlan


def network_rules(plan: NetworkPlan, refs: Mapping[str, RuleRef]) -> Category:
    """The module `wilk.profiles.ID.network`."""
    data = network_data(plan)
    parts = (
        *_list(("allow",), data["allow"], refs),
        *_list(("block",), data["block"], refs),
        number(("ports",), data["ports"]["n"]),
        *(Member(("ports", "each"), port, refs.get(port[1])) for port in data["ports"]["each"]),
        Constant(("conditions",), data["conditions"]),
    )
    return Category("network", "Network targets", parts)


def _list(head: Head, data: Json, refs: Mapping[str, RuleRef]) -> Iterator[Part]:
    forms: dict[tuple[int, str], list[tuple[str, Json]]] = defaultdict(list)
    for key, entries in sorted(data["under"].items()):
        for entry in entries:
            forms[entry[0], entry[1]].append((key, entry))
    yield number(head, data["n"])
    for (_, rule), held in sorted(forms.items()):
        yield Keyed((*head, "under"), tuple(held), refs.get(rule))
