"""A spec with conditions is, at a time, the spec that has only the entries which then count."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.property.questions import Asker
from tests.property.times import PLACES, conditional, lists_of
from tests.property.worlds import Maker, World
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.property.worlds import Permissions
    from wilkc.compiler import Compiled

WORLDS = 6
REQUESTS = 400
MOMENTS = (
    None, "2026-11-28T08:59:59Z", "2026-11-28T09:00:00Z", "2026-11-28T11:59:59Z",
    "2026-11-28T12:00:00Z", "2028-02-29T23:59:58Z", "2028-02-29T23:59:59Z",
)  # fmt: skip


def _compiled(permissions: Permissions) -> Compiled:
    text = json.dumps({"agent": "a", "permissions": permissions}, ensure_ascii=False)
    return compile_sources({"a.yaml": text.encode()}, read_library())


def _counting(permissions: Permissions, moment: str | None) -> Permissions:
    """Only the entries that count at a moment, without their conditions; by dates, not texts."""
    made = copy.deepcopy(permissions)
    for keys, held in lists_of(made):
        blocks = keys[-1].startswith("blocked")
        held[:] = [_bare(one, PLACES[keys]) for one in held if _counts(one, moment, blocks=blocks)]
    return made


def _counts(entry: Any, moment: str | None, *, blocks: bool) -> bool:
    if not isinstance(entry, dict) or "when" not in entry:
        return True
    if moment is None:
        return blocks
    test, now = entry["when"]["context.time"], datetime.fromisoformat(moment)
    after = "min" not in test or now >= datetime.fromisoformat(test["min"])
    return after and ("max" not in test or now < datetime.fromisoformat(test["max"]))


def _bare(entry: Any, key: str) -> Any:
    if not isinstance(entry, dict):
        return entry
    kept = {name: value for name, value in entry.items() if name != "when"}
    return kept[key] if set(kept) == {key} else kept


def test_at_a_time_only_the_entries_count_whose_conditions_hold(seed: int, effort: int) -> None:
    granted, unmet = 0, 0
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}")
        plain = Maker(rng).accepted("a")["permissions"]
        timed = conditional(rng, plain, 0.5)
        asker = Asker(rng, World({}, {"a": ("a",)}, {"a": plain}), hostile=False)
        requests = [one for one in asker.requests(REQUESTS) if one.agent == "a"]
        whole = _compiled(timed).plan
        for moment in MOMENTS:
            then = _compiled(_counting(timed, moment)).plan
            for request in requests:
                context = {key: held for key, held in request.context.items() if key != "time"}
                shown = {} if moment is None else {"time": moment}
                asked = replace(request, context=context | shown)
                found, wanted = decide(whole, asked), decide(then, asked)
                assert (found.allow, found.conditions) == (wanted.allow, wanted.conditions), asked
                if found.detail == "condition_not_met":
                    assert wanted.detail == "no_rule_matches"
                    unmet += 1
                else:
                    assert found.detail == wanted.detail, asked
                granted += found.allow
    assert granted > 100
    assert unmet > 50
