"""Only plain successes are left out, by a rule that anybody recomputes, and they are counted."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, SMALL, make_log
from wilkc.runtime.audit import Event, sampling, state
from wilkc.runtime.audit.clock import record_id
from wilkc.runtime.audit.logger import LEFT_OUT
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.record import CLASSES, PHASES, RISKS, STATUSES, Actor, Draft
from wilkc.runtime.audit.sampling import is_left_out, is_sampled

if TYPE_CHECKING:
    from pathlib import Path

NONE = replace(SMALL, sample_permille=0)
HALF = replace(SMALL, sample_permille=500)
SEED = 20_261_129


def _told(log: Any) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for record in log.records():
        if record["action"]["type"] == "system.sampled":
            for one in record["action"]["details"]["dropped"]:
                key = one["agent"], one["type"]
                found[key] = found.get(key, 0) + one["count"]
    return found


def test_the_rule_is_the_hash_of_the_id() -> None:
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    for _ in range(1000):
        name = record_id(chosen.randrange(1 << 50))
        permille = chosen.randrange(1001)
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
        assert is_sampled(name, permille) == (number % 1000 < permille)
        assert is_sampled(name, 1000)
        assert not is_sampled(name, 0)


def test_denials_are_never_sampled() -> None:
    """Of all records there can be, only untagged successes of low risk can be left out."""
    left_out = set()
    for record_class in CLASSES:
        for phase in PHASES:
            for status in STATUSES:
                for risk in RISKS:
                    for tags in ((), ("gdpr",)):
                        draft = Draft(
                            id=record_id(1), phase=phase, record_class=record_class, actor=WILK,
                            type="file.read", resource="file:./a", status=status, risk=risk,
                            tags=tags,
                        )  # fmt: skip
                        if is_left_out(draft, 0):
                            left_out.add((record_class, phase, status, risk, tags))
                        assert not is_left_out(draft, 1000)
    assert left_out == {
        ("operation", phase, "success", "low", ()) for phase in ("outcome", "system")
    }


def test_what_is_left_out_is_counted_and_nothing_else_is_missing(log: Any) -> None:
    write = replace(REQUEST, action="write")
    personal = replace(REQUEST, properties={"classification": "personal"})
    with log.open(NONE) as logger:
        dropped = logger.intent(REQUEST, ALLOW).outcome("success")
        logger.intent(REQUEST, ALLOW).outcome("failure", error="gone")
        logger.intent(REQUEST, ALLOW).outcome("warning")
        logger.intent(write, ALLOW).outcome("success")
        logger.intent(personal, ALLOW).outcome("success")
        logger.intent(REQUEST, DENY)
        usage = logger.intent(REQUEST, ALLOW).usage({"memory": 3})
    assert (dropped.seq, usage.seq) == (LEFT_OUT, LEFT_OUT)
    outcomes = [one for one in log.records() if one["phase"] == "outcome"]
    assert [one["result"]["status"] for one in outcomes] == [
        "failure", "warning", "success", "success",
    ]  # fmt: skip
    assert sum(one["phase"] == "intent" for one in log.records()) == 7
    assert _told(log) == {("reviewer", "file.read"): 1, ("reviewer", "system.usage"): 1}
    found = log.verify(log.checkpoint)
    assert (found.verdict, found.sampled) == ("OK", 2)


def test_what_is_kept_can_be_recomputed(log: Any) -> None:
    with log.open(HALF) as logger:
        intents = [logger.intent(REQUEST, ALLOW) for _ in range(60)]
        for intent in intents:
            intent.outcome("success")
    kept = {one["ref"] for one in log.records() if one["phase"] == "outcome"}
    assert kept == {one.id for one in intents if is_sampled(one.id, 500)}
    assert 0 < len(kept) < 60
    assert sum(_told(log).values()) == 60 - len(kept)


@pytest.mark.parametrize("shared", [False, True])
def test_recovery_does_not_call_it_unknown(tmp_path: Path, shared: bool, monkeypatch: Any) -> None:
    """A writer that vanishes has told nothing yet; the rule alone says which were left out."""
    log = make_log(tmp_path / "half", HALF)
    logger = log.open(HALF, shared=shared)
    for _ in range(30):
        logger.intent(REQUEST, ALLOW).outcome("success")
    lost = [logger.intent(REQUEST, ALLOW) for _ in range(30)]
    left = log.copy(tmp_path / "left")
    logger.close()
    monkeypatch.setattr(state, "start_of", lambda _: None)
    with left.open(HALF):
        pass
    unknown = {one["ref"] for one in left.records() if one["result"]["error"] == "outcome_unknown"}
    assert unknown == {one.id for one in lost if is_sampled(one.id, 500)}
    assert left.verify(left.checkpoint).verdict == "OK"


def test_it_is_told_before_each_seal_and_each_minute(tmp_path: Path, monkeypatch: Any) -> None:
    log = make_log(tmp_path / "none", NONE)
    with log.open(NONE) as logger:
        logger.intent(REQUEST, ALLOW).outcome("success")
        logger.intent(REQUEST, ALLOW).outcome("success")
        assert _told(log) == {}
        logger.roll()
        sealed = [one["action"]["type"] for one in log.records()]
        assert sealed[sealed.index("system.seal") - 1] == "system.sampled"
        logger.intent(REQUEST, ALLOW).outcome("success")
        monkeypatch.setattr(sampling, "TELL_SECONDS", 0.0)
        logger.intent(REQUEST, DENY)
        assert sum(_told(log).values()) == 3
        logger.intent(REQUEST, DENY)
    assert sum(one["action"]["type"] == "system.sampled" for one in log.records()) == 2


def test_a_shared_log_tells_once_for_each_process(tmp_path: Path) -> None:
    log = make_log(tmp_path / "none", NONE)
    with log.open(NONE, shared=True) as logger:
        for _ in range(5):
            logger.intent(REQUEST, ALLOW).outcome("success")
        assert _told(log) == {}
    assert _told(log) == {("reviewer", "file.read"): 5}
    with log.open(NONE):
        pass
    assert [one for one in log.records() if one["result"]["error"]] == []


def test_many_agents_fit_on_record(tmp_path: Path) -> None:
    log = make_log(tmp_path / "many")
    with log.open(NONE) as logger:
        for number in range(250):
            event = Event("system.usage", "file:./a", Actor("agent", f"{number:03}" + "x" * 250))
            draft = logger.system(event)
            assert draft.seq == LEFT_OUT
    told = [one for one in log.records() if one["action"]["type"] == "system.sampled"]
    assert [len(one["action"]["details"]["dropped"]) for one in told] == [100, 100, 50]
    assert log.verify(log.checkpoint).sampled == 250
