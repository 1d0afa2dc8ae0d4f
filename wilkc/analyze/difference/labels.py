"""Labelled data: every label, action and flag is asked about. Layer: analyze.

LANGUAGE.md section 7. There are few of them, so the evaluator answers all.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.difference.model import Change, Risk
    from wilkc.analyze.difference.sides import Direction
    from wilkc.core.contract import Json

DATA_ACTIONS: Final = ("process", "store", "export")
_FLAGS: Final[tuple[dict[str, Json], ...]] = tuple(
    {**encrypted, **pii}
    for encrypted, pii in product(
        ({}, {"encrypted": True}, {"encrypted": False}), ({}, {"pii": False}, {"pii": True})
    )
)
"""Properties beside the label: each flag absent, true or false."""


def label_differences(direction: Direction) -> Iterator[Change]:
    """The clauses of all labels, and of the flags that a version demands.

    A label that only one version grants is newly allowed or denied; where both grant it and
    one demands more, that is looser or tighter.
    """
    for label, action in product(_labels(direction), DATA_ACTIONS):
        asked = list(_asked(direction.agent, label, action))
        change = direction.settle(asked)
        if change is None:
            continue
        if any(direction.base.decide(request).allow for request in asked):
            yield _looser(direction, change)
        elif direction.widening:
            risk: Risk = "medium" if action == "export" else "low"
            yield replace(change, risk=risk, why=f"data labelled `{label}` may be {_DONE[action]}")
        else:
            yield change


def data_requests(direction: Direction) -> Iterator[Request]:
    """Every request that could be told apart."""
    for label, action in product(_labels(direction), DATA_ACTIONS):
        yield from _asked(direction.agent, label, action)


def _asked(agent: str, label: str, action: str) -> Iterator[Request]:
    for flags in sorted(_FLAGS, key=len):
        yield Request(agent, action, "data", label, {"classification": label, **flags})


_DONE: Final = {"process": "processed", "store": "stored", "export": "exported"}


def _looser(direction: Direction, change: Change) -> Change:
    """The clause of a flag that only `base` demands."""
    rule = change.old if direction.widening else change.new
    flag = _flag(rule.id if rule else "")
    to_rule = None
    for spec in direction.to.specs:
        plan = spec.permissions.data
        held = plan.encryption if flag == "encryption_required" else plan.pii
        to_rule = to_rule or (spec.positions[held.id] if held else None)
    degree = direction.degree_of(("data", flag), ("off", "on"), (to_rule, rule), change.witness)
    if not direction.widening:
        return degree
    return replace(degree, risk="medium", why="labelled data may leave in the clear")


def _flag(rule: str) -> str:
    return "encryption_required" if rule.endswith("data.encryption") else "pii_detection"


def _labels(direction: Direction) -> list[str]:
    specs = (*direction.to.specs, *direction.base.specs)
    labels = [spec.permissions.data.labels for spec in specs]
    return sorted({one for held in labels if held for one in held.values})
