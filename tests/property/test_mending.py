"""What `wilkc check --fix` takes out of generated worlds changes no answer."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.property.questions import Asker
from tests.property.worlds import Maker, World
from wilkc.analyze.boundary import boundary_requests
from wilkc.compiler import fix, review
from wilkc.plan import decide

if TYPE_CHECKING:
    from wilkc.core.contract import Request
    from wilkc.plan import Plan

WORLDS = 6
REQUESTS = 1_500


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_mending_changes_no_answer(seed: int, effort: int, hostile: bool) -> None:
    mended: Counter[str] = Counter()
    granted = 0
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}/{hostile}")
        world = Maker(rng, hostile=hostile).world()
        sources = _crowded(world, rng)
        reviewed = review(sources)
        assert reviewed.plan is not None, reviewed.problems
        fixed = fix(sources, reviewed, reviewed.findings)
        new = fixed.review.plan
        assert new is not None
        assert fixed.left == ()
        mended.update(one.diagnostic.code for one in fixed.mended)
        asked = [
            *Asker(rng, world, hostile=hostile).requests(REQUESTS),
            *boundary_requests(reviewed.plan, "sample"),
            *boundary_requests(new, "sample"),
        ]
        for request in asked:
            old = _answer(reviewed.plan, request)
            assert _answer(new, request) == old, f"{request}\nworld {place} of WILK_SEED={seed}"
            granted += old[0]
    assert granted
    assert set(mended) == {"W200", "W201", "W202"}
    print(mended)


class _Quoting(yaml.SafeDumper):
    """Puts every text into quotes, so that none is taken for a truth value."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _quoted)


def _crowded(world: World, rng: random.Random) -> dict[str, bytes]:
    """The sources with entries that may be superfluous, in either style of lists."""
    sources = dict(world.sources)
    for name, text in world.sources.items():
        document = json.loads(text) if name.endswith(".yaml") else {}
        if "permissions" in document:
            for part in document["permissions"].values():
                _crowd(part, rng)
            flow = rng.choice([True, False, None])
            # Written once more: what is one object in Python would become an alias.
            apart = json.loads(json.dumps(document))
            sources[name] = yaml.dump(
                apart, Dumper=_Quoting, default_flow_style=flow, allow_unicode=True, width=10_000
            ).encode()
    return sources


def _crowd(value: object, rng: random.Random) -> None:
    """Repeat some entries of the lists inside, in another order."""
    if isinstance(value, dict):
        for key, held in value.items():
            if isinstance(held, list) and key not in {"enum", "required", "allowed_extensions"}:
                held.extend(rng.sample(held, rng.randint(0, len(held))))
                rng.shuffle(held)
            else:
                _crowd(held, rng)


def _answer(plan: Plan, request: Request) -> tuple[bool, object]:
    """Neither the entry that decided nor the detail of a denial.

    Another entry may mean the same, and one that grants nothing may still be the nearest.
    """
    decision = decide(plan, request)
    return decision.allow, (decision.reason, decision.conditions)
