"""What a policy may have sealed, and what the log itself has to read of its records."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, SMALL
from wilkc.core.contract import Condition
from wilkc.runtime.audit.clock import this_process
from wilkc.runtime.audit.drafts import Asked, draft_intent, draft_outcome
from wilkc.runtime.audit.sealing import open_member

if TYPE_CHECKING:
    from wilkc.runtime.audit import AuditLogger, AuditSettings

FEWER = [replace(SMALL, clear_details=clear) for clear in (("bytes",), ("action", "bytes"), ())]
ID = "01972000-0000-7000-8000-000000000000"
CONDITION = Condition("fs.limits.max_file_size", "max_bytes", {"bytes": 5})
CONDITIONED = replace(ALLOW, conditions=(CONDITION,))


def _details(log: Any) -> list[dict[str, Any]]:
    return [one["action"]["details"] for one in log.records() if one["phase"] == "intent"]


@pytest.mark.parametrize("settings", FEWER)
def test_what_still_runs_and_what_was_only_asked_is_told_by_nobody(
    log: Any, settings: AuditSettings
) -> None:
    """However little stays clear: no outcome is made up for either, by any other writer."""
    with log.open(settings, shared=True) as logger:
        running = logger.intent(REQUEST, ALLOW)
        logger.intent(REQUEST, ALLOW, enforced=False)
        with log.open(settings, shared=True) as other:
            other.intent(REQUEST, DENY)
        assert not [one for one in log.records() if one["phase"] == "outcome"]
        running.outcome("success")
    own, question, _ = _details(log)
    assert set(own) == {"owner"}
    assert question == {"action": "file.read", "enforced": False}
    ends = [(one["ref"], one["result"]) for one in log.records() if one["phase"] == "outcome"]
    assert [(ref, result["status"]) for ref, result in ends] == [(running.id, "success")]
    assert log.verify(log.checkpoint).verdict == "OK"


@pytest.mark.parametrize("settings", FEWER)
def test_what_nobody_will_end_is_closed_all_the_same(log: Any, settings: AuditSettings) -> None:
    with log.open(settings, shared=True) as logger:
        logger._owner = replace(logger._owner, pid=2**22 + 1)
        dead = logger.intent(REQUEST, ALLOW)
        logger.intent(REQUEST, DENY)
    (end,) = [one for one in log.records() if one["phase"] == "outcome"]
    assert (end["ref"], end["result"]["error"]) == (dead.id, "outcome_unknown")


def test_a_caller_cannot_say_what_only_the_log_says(log: Any) -> None:
    told = {"owner": "me", "enforced": False, "action": "file.write", "bytes": 3}
    with log.open(shared=True) as logger:
        logger.intent(REQUEST, ALLOW, details=told).outcome("success")
        logger.intent(REQUEST, DENY, details=told)
    carried_out, denied = _details(log)
    assert set(carried_out) == {"owner", "bytes"}
    assert set(carried_out["owner"]) == {"pid", "start"}
    assert denied == {"bytes": 3}
    sealed = [one for one in log.records() if "action.details" in one["sealed"]]
    for record in sealed:
        opened = json.loads(open_member(record, "action.details", log.keys(), log.directory))
        assert opened == {"owner": "me", "enforced": False, "action": "file.write"}
    assert len(sealed) == 2


@pytest.mark.parametrize("settings", FEWER)
def test_the_conditions_that_were_met_stay_readable(log: Any, settings: AuditSettings) -> None:
    with log.open(settings) as logger:
        _act(logger, [CONDITION.id], bytes=3)
        # Nothing else gets into the clear under that name.
        _act(logger, ["what a caller says"], bytes=4)
    met, other = [one["action"]["details"] for one in log.records() if one["phase"] == "outcome"]
    assert met["fulfilled"] == [CONDITION.id]
    assert "fulfilled" not in other
    assert ("bytes" in met, "bytes" in other) == ("bytes" in settings.clear_details,) * 2


def _act(logger: AuditLogger, fulfilled: list[str], **details: Any) -> None:
    intent = logger.intent(REQUEST, CONDITIONED)
    intent.outcome("success", details={"fulfilled": fulfilled, **details})


def test_many_conditions_stay_readable() -> None:
    """A grant with so many that their names fill more than other details may."""
    many = tuple(replace(CONDITION, id=f"fs.limits.max_file_size.{n}") for n in range(30))
    asked = Asked(REQUEST, replace(ALLOW, conditions=many))
    intent = draft_intent(ID, asked, this_process(), SMALL).draft
    ids = [one.id for one in many]
    outcome = draft_outcome(ID, intent, "success", SMALL, details={"fulfilled": ids})
    assert outcome.draft.details == {"fulfilled": ids}
    assert "action.details" not in outcome.plain
