"""Requests for labelled data. Layer: analyze (pure). LANGUAGE.md section 7."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from wilkc.analyze.boundary.around import bounded
from wilkc.analyze.boundary.globs import edits
from wilkc.core.contract import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.boundary.around import Bounds
    from wilkc.plan.model import DataPlan

_ACTIONS = ("process", "store", "export")


def data_requests(agent: str, plan: DataPlan, bounds: Bounds) -> Iterator[Request]:
    """Requests around every label, with every action and flag."""
    labels = sorted(plan.labels.values) if plan.labels else []
    for label in labels:
        yield _asked(agent, "process", classification=label)
        for near in bounded(edits(label), bounds.neighbours):
            yield _asked(agent, "process", classification=near)
    label = labels[0] if labels else "public"
    yield from bounded(_flags(agent, label), bounds.extras)
    yield Request(agent, "process", "data", "x")
    for wrong in bounded((1, None, ["public"]), bounds.extras):
        yield _asked(agent, "process", classification=wrong)
    yield _asked(agent, "delete", classification=label)


def _flags(agent: str, label: str) -> Iterator[Request]:
    values: tuple[Any, ...] = (True, False, None, "true", 1)
    absent = object()
    for action, encrypted, pii in product(_ACTIONS, (absent, *values), (absent, *values)):
        given = {"encrypted": encrypted, "pii": pii}
        held = {name: value for name, value in given.items() if value is not absent}
        yield _asked(agent, action, classification=label, **held)


def _asked(agent: str, action: str, **properties: object) -> Request:
    return Request(agent, action, "data", "x", properties)
