"""A spec without the entries that cannot bear on a request answers as the whole one does."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.property.questions import Asker
from tests.property.worlds import Maker
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.plan import NarrowSpec, decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.core.contract import Request
    from wilkc.plan import Plan, SpecPlan

WORLDS = 5
REQUESTS = 800


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_narrowed_specs_answer_as_whole_ones(
    seed: int,
    effort: int,
    compared: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    hostile: bool,
) -> None:
    # Generated lists are short, and of few patterns none would be left out.
    monkeypatch.setattr("wilkc.plan.narrowing._FEW", 0)
    answered: Counter[tuple[str, str]] = Counter()
    left_out: Counter[str] = Counter()
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}/{hostile}")
        world = Maker(rng, hostile=hostile).world()
        plan = compile_sources(world.sources, read_library()).plan
        narrow = {name: NarrowSpec(spec) for name, spec in plan.specs.items()}
        asked = Asker(rng, world, hostile=hostile).requests(REQUESTS)
        for request in filter(_is_text, asked):
            specs = {name: one.near(request) for name, one in narrow.items()}
            wanted = decide(plan, request)
            found = decide(replace(plan, specs=specs), request)
            assert found == wanted, f"{request}\nworld {place} of WILK_SEED={seed}"
            answered[request.type, wanted.detail] += 1
            left_out[request.type] += _entries(plan, specs)
    for type_ in ("file", "shell"):
        assert left_out[type_]
        assert answered[type_, "allowed"]
        assert answered[type_, "blocked"]
        assert answered[type_, "no_rule_matches"]
    assert answered["shell", "script_not_allowed"]
    compared(answered.total())


def _is_text(request: Request) -> bool:
    said = (request.agent, request.action, request.type, request.id)
    return all(isinstance(one, str) for one in said)


def _entries(plan: Plan, specs: dict[str, SpecPlan]) -> int:
    """How many entries were left out."""
    return sum(_count(plan.specs[name]) - _count(spec) for name, spec in specs.items())


def _count(spec: SpecPlan) -> int:
    files, shell = spec.permissions.file, spec.permissions.shell
    return sum(map(len, (files.block, *files.allow.values(), shell.allow, shell.block)))
