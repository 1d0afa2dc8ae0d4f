"""Suggestions grant what was asked and nothing beside it, and no request breaks an explanation."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.property.questions import Asker
from tests.property.worlds import Maker
from wilkc.analyze.explain import Explanation, explain
from wilkc.cli.explaining import explanation_json, explanation_text
from wilkc.compiler import understand
from wilkc.core.errors import RequestError
from wilkc.language.case import fold_text
from wilkc.language.requests import canonical_request
from wilkc.plan import build_plan, decide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.contract import Request
    from wilkc.plan import Plan

WORLDS = 2
REQUESTS = 40
OTHERS = 250


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_a_suggestion_allows_exactly_what_was_asked(seed: int, effort: int, hostile: bool) -> None:
    suggested: Counter[str] = Counter()
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}/{hostile}")
        world = Maker(rng, hostile=hostile).world(specs=5)
        held = understand(world.sources)
        asker = Asker(rng, world, hostile=hostile)
        others = list(_canonical(asker.requests(OTHERS)))
        for request in _canonical(asker.requests(REQUESTS)):
            found = explain(held.documents, held.plan, request)
            assert found.decision == decide(held.plan, request)
            assert found.decision.allow or found.suggestion or found.no_suggestion
            _check_shown(found)
            if found.suggestion is not None:
                plan, problems = build_plan(found.suggestion.documents)
                assert plan is not None, problems
                assert decide(plan, request).allow, request
                _check_nothing_else(held.plan, plan, found, others)
                suggested[request.type] += 1
    print(suggested)
    assert len(suggested) > 1


def _canonical(requests: Iterable[Request]) -> Iterable[Request]:
    for request in requests:
        # A broken request may hold anything where text belongs.
        if type(request.id) is not str:
            continue
        try:
            yield canonical_request(request)
        except RequestError:
            continue


def _check_shown(found: Explanation) -> None:
    shown = explanation_text(found, {}, colour=False)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert json.loads(json.dumps(explanation_json(found)))["decision"] == found.decision.allow


def _check_nothing_else(
    before: Plan, after: Plan, found: Explanation, others: Iterable[Request]
) -> None:
    """What is newly granted is what was asked, or is reached through an added interpreter."""
    asked = found.request
    for other in others:
        assert decide(after, other).allow >= decide(before, other).allow
        if decide(after, other).allow == decide(before, other).allow:
            continue
        if asked.type in {"shell", "data"} or other.type == "shell":
            assert other.type in {"shell", "file", "data"}
            continue
        assert other.type == asked.type
        assert _target(other) == _target(asked), (asked, other)


def _target(request: Request) -> object:
    if request.type == "network":
        return (request.properties["port"], request.properties["protocol"])
    return (fold_text(request.id.removeprefix("./")), request.action)


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_no_request_breaks_an_explanation(seed: int, effort: int, hostile: bool) -> None:
    """Requests that nobody made canonical are explained too, as a decision point may get them."""
    rng = random.Random(f"{seed}/{hostile}")
    world = Maker(rng, hostile=True).world(specs=4)
    held = understand(world.sources)
    reasons: Counter[str] = Counter()
    for request in Asker(rng, world, hostile=hostile).requests(150 * effort):
        found = explain(held.documents, held.plan, request)
        reasons[found.decision.reason] += 1
        _check_shown(found)
    assert len(reasons) > 1, reasons
