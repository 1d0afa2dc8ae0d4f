"""Ids that do not fit in memory: sorted runs say the same as a set that holds all."""

from __future__ import annotations

import random
import uuid
from typing import Any

import pytest

from wilkc.runtime.audit import ids as module
from wilkc.runtime.audit.ids import SortedIds

SEED = 23


def _id(number: int) -> str:
    return str(uuid.UUID(int=number))


def _first_wrong(events: list[dict[str, Any]]) -> int | None:
    """The definition: each id once, each outcome after its intent."""
    seen: set[str] = set()
    intents: set[str] = set()
    for event in events:
        if event["id"] in seen or (event["phase"] == "outcome" and event["ref"] not in intents):
            return int(event["seq"])
        seen.add(event["id"])
        if event["phase"] == "intent":
            intents.add(event["id"])
    return None


@pytest.mark.parametrize("run_entries", [4, 64, 1 << 16])
def test_sorted_runs_agree_with_the_definition(
    monkeypatch: pytest.MonkeyPatch, run_entries: int
) -> None:
    monkeypatch.setattr(module, "_RUN_ENTRIES", run_entries)
    chosen = random.Random(SEED)
    print(f"seed {SEED}")
    wrong = 0
    for _ in range(300):
        events: list[dict[str, Any]] = []
        for seq in range(chosen.randrange(1, 40)):
            phase = chosen.choice(["intent", "outcome", "system"])
            past = [event["id"] for event in events if event["phase"] == "intent"]
            known = past and chosen.random() < 0.95
            if phase == "outcome" and not known and chosen.random() < 0.9:
                phase = "intent"
            ref = chosen.choice(past) if known else _id(chosen.randrange(1 << 10))
            number = chosen.randrange(1 << 10)
            events.append({"id": _id(number), "phase": phase, "ref": ref, "seq": seq})
        ids = SortedIds()
        for event in events:
            ids.keep(event)
        found = ids.first_wrong(pruned=False)
        assert (found[0] if found else None) == _first_wrong(events)
        wrong += found is not None
        whole = SortedIds()
        whole.add_run(ids.run())
        assert whole.first_wrong(pruned=False) == found
        ids.close()
        whole.close()
    assert 60 < wrong < 240


def test_an_intent_that_was_pruned_is_not_missed() -> None:
    ids = SortedIds()
    ids.keep({"id": _id(1), "phase": "outcome", "ref": _id(9), "seq": 7})
    assert ids.first_wrong(pruned=True) is None
    assert ids.first_wrong(pruned=False) == (7, "the outcome of an intent that is not before it")
    ids.keep({"id": _id(9), "phase": "system", "ref": None, "seq": 8})
    assert ids.first_wrong(pruned=True) is not None
