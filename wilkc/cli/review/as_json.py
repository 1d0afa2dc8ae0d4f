"""A review in its stable JSON form. Layer: cli."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wilkc import __version__
from wilkc.analyze.difference import change_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.difference import AgentGroup
    from wilkc.cli.review.model import Review, Side
    from wilkc.core.contract import Json


def as_json(review: Review) -> str:
    """One entry for each agent of either version, however many change alike."""
    groups = review.comparison.groups
    agents = sorted(
        (entry for group in groups for entry in _agents(group)), key=lambda one: one["agent"]
    )
    document = {
        "compared": review.comparison.compared,
        "agents": agents,
        "inconclusive": [
            {"agent": agent, "type": one.type, "action": one.action, "rule": one.rule.as_json(),
             "why": one.why}
            for group in groups for agent in group.agents for one in group.undecided
        ],
        "settings": [change_json(one) for one in review.comparison.settings],
        "old": _side(review.old),
        "new": _side(review.new),
        "not_compared": list(review.not_compared),
        "compilers": {
            "this": __version__,
            "old": review.old.version.compiler or None,
            "new": review.new.version.compiler or None,
        },
        "confirmed": review.confirmed.as_json(),
        "gate": _gate(review),
    }  # fmt: skip
    if review.replay is not None:
        document["replay"] = review.replay.as_json()
    return json.dumps(document, indent=2, ensure_ascii=True)


def _agents(group: AgentGroup) -> Iterator[dict[str, Json]]:
    changes = [change_json(change) for change in group.changes]
    for agent in group.agents:
        yield {
            "agent": agent,
            "fate": group.fate,
            "risk": group.risk,
            "old_specs": list(group.old_specs),
            "new_specs": list(group.new_specs),
            "reworded": group.reworded,
            "changes": [_asked_by(agent, change) for change in changes],
        }


def _asked_by(agent: str, change: dict[str, Json]) -> dict[str, Json]:
    """The change with its example as this agent would ask for it."""
    witness = change["witness"]
    if witness is None:
        return change
    return {**change, "witness": {**witness, "subject": {**witness["subject"], "id": agent}}}


def _side(side: Side) -> dict[str, Json]:
    return {
        "version": side.version.label,
        "commit": side.version.commit or None,
        "verified_by": side.version.key_id or None,
        "left_out": [{"file": one.file, "why": one.why} for one in side.left_out],
    }


def _gate(review: Review) -> dict[str, Json] | None:
    if not review.fail_on:
        return None
    return {
        "fail_on": review.fail_on,
        "refused": bool(review.refusals),
        "why": list(review.refusals),
    }
