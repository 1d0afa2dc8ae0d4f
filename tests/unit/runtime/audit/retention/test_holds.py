"""Legal holds: read from the log alone, by range, agent and subject, until they are released."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, fill, make_log
from tests.unit.runtime.audit.retention.conftest import Later, open_at
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.audit import Event
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention import (
    Selector,
    active_holds,
    holds_on_subject,
    place_hold,
    release_hold,
    stub,
)

if TYPE_CHECKING:
    from pathlib import Path

SUBJECT = "s_" + "ab" * 16
OTHER = "s_" + "cd" * 16
SEED = 20_261_129


@pytest.fixture
def log(tmp_path: Path) -> Any:
    """An empty log."""
    return make_log(tmp_path / "one")


def _record(seq: int, agent: str | None = "reviewer", subject: str | None = None) -> dict[str, Any]:
    actor = {"id": agent or "wilk", "name": None, "type": "agent" if agent else "system"}
    return {"seq": seq, "actor": actor, "subject": subject}


@pytest.mark.parametrize(
    ("selector", "record", "held"),
    [
        (Selector(agent="reviewer"), _record(0), True),
        (Selector(agent="reviewer"), _record(0, "writer"), False),
        (Selector(agent="wilk"), _record(0, None), False),
        (Selector(first=5), _record(4), False),
        (Selector(first=5), _record(5), True),
        (Selector(first=5), _record(10**9), True),
        (Selector(last=5), _record(5), True),
        (Selector(last=5), _record(6), False),
        (Selector(last=0), _record(0), True),
        (Selector(last=0), _record(1), False),
        (Selector(subject=SUBJECT), _record(3, subject=SUBJECT), True),
        (Selector(subject=SUBJECT), _record(3, subject=OTHER), False),
        (Selector(subject=SUBJECT), _record(3), False),
        (Selector(agent="reviewer", first=2, last=4), _record(3), True),
        (Selector(agent="reviewer", first=2, last=4), _record(3, "writer"), False),
        (Selector(agent="reviewer", first=2, last=4), _record(5), False),
        (Selector(agent="reviewer", subject=SUBJECT), _record(3, subject=OTHER), False),
    ],
)
def test_all_that_is_given_must_agree(
    selector: Selector, record: dict[str, Any], held: bool
) -> None:
    assert selector.matches(record) is held


def test_a_narrower_hold_never_holds_more() -> None:
    """Each further member of a selector can only let go of records."""
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    for _ in range(500):
        record = _record(
            chosen.randrange(6),
            chosen.choice(["a", "b", None]),
            chosen.choice([SUBJECT, OTHER, None]),
        )
        narrow = Selector(
            agent=chosen.choice(["a", "b", None]),
            first=chosen.choice([None, 0, 1, 2, 3]),
            last=chosen.choice([None, 3, 4, 5]),
            subject=chosen.choice([SUBJECT, None]),
        )
        for member in ("agent", "first", "last", "subject"):
            wide = replace(narrow, **{member: None})
            assert wide.matches(record) or not narrow.matches(record)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        (Selector(), "a hold names a range, an agent or a subject"),
        (Selector(agent=""), "has no name"),
        (Selector(first=-1), "numbered from 0"),
        (Selector(last=-1), "numbered from 0"),
        (Selector(first=5, last=4), "comes before the first"),
        (Selector(subject="alice"), "a subject's token"),
        (Selector(subject=SUBJECT.upper()), "a subject's token"),
        (Selector(subject=SUBJECT + "\n"), "a subject's token"),
    ],
)
def test_a_hold_that_means_nothing_is_refused(log: Any, selector: Selector, message: str) -> None:
    with log.open() as logger, pytest.raises(UsageError, match=message):
        place_hold(logger, log.directory, selector)
    assert active_holds(log.directory) == ()


def test_a_hold_lasts_until_it_is_released(log: Any) -> None:
    with log.open() as logger:
        fill(logger)
        made, _ = place_hold(logger, log.directory, Selector(agent="reviewer"))
        named, receipt = place_hold(logger, log.directory, Selector(first=3), "case-7")
        assert named == "case-7"
        logger.roll()
        fill(logger)
        held = active_holds(log.directory)
        assert [one.id for one in held] == [made, "case-7"]
        assert (held[1].selector, held[1].seq) == (Selector(first=3), receipt.seq)
        release_hold(logger, log.directory, "case-7")
    assert [one.id for one in active_holds(log.directory)] == [made]
    assert log.verify(log.checkpoint).verdict == "OK"
    kinds = [record["action"]["type"] for record in log.records()]
    assert [kinds.count(f"hold.{word}") for word in ("placed", "released")] == [2, 1]


def test_a_name_is_never_used_again(log: Any) -> None:
    with log.open() as logger:
        place_hold(logger, log.directory, Selector(first=0), "case-7")
        with pytest.raises(UsageError, match="was placed before"):
            place_hold(logger, log.directory, Selector(first=9), "case-7")
        release_hold(logger, log.directory, "case-7")
        with pytest.raises(UsageError, match="was placed before"):
            place_hold(logger, log.directory, Selector(first=9), "case-7")
        with pytest.raises(UsageError, match="cannot name a hold"):
            place_hold(logger, log.directory, Selector(first=9), "Case 7")


@pytest.mark.parametrize("name", ["other", "", "case-7\n"])
def test_what_is_not_in_force_is_not_released(log: Any, name: str) -> None:
    with log.open() as logger:
        place_hold(logger, log.directory, Selector(first=0), "case-7")
        with pytest.raises(UsageError, match="is in force"):
            release_hold(logger, log.directory, name)
    assert [one.id for one in active_holds(log.directory)] == ["case-7"]


def test_a_hold_keeps_its_own_record(log: Any) -> None:
    with log.open() as logger:
        place_hold(logger, log.directory, Selector(agent="somebody"))
    (hold,) = active_holds(log.directory)
    held = [record["seq"] for record in log.records() if hold.holds(record)]
    assert held == [hold.seq]


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"id": "x"},
        {"id": "x", "selector": {}},
        {"id": 7, "selector": {"agent": "a", "first": None, "last": None, "subject": None}},
        {"id": "x", "selector": {"agent": None, "first": None, "last": None, "subject": None}},
        {"id": "x", "selector": {"agent": "a", "first": "0", "last": None, "subject": None}},
        {
            "id": "x",
            "selector": {"agent": "a", "first": None, "last": None, "subject": None},
            "until": "tomorrow",
        },
    ],
)
def test_a_hold_that_cannot_be_understood_stops_everything(
    log: Any, details: dict[str, Any]
) -> None:
    with log.open() as logger:
        logger.system(Event("hold.placed", "log:x", WILK, details=details, clear=True))
    with pytest.raises(VerificationError, match="the hold of record 1 is malformed"):
        active_holds(log.directory)


def test_words_of_an_agent_place_no_hold(log: Any) -> None:
    with log.open() as logger:
        for text in ('"type":"hold.placed"', "hold.placed"):
            logger.intent(replace(REQUEST, id=text), DENY)
        fake = Event(
            "config.modify", "config:x", WILK, details={"type": "hold.placed"}, clear=True
        )  # fmt: skip
        logger.system(fake)
    assert active_holds(log.directory) == ()


def test_a_person_is_held_by_name_by_agent_and_by_range(log: Any) -> None:
    with log.open() as logger:
        intent = logger.intent(REQUEST, ALLOW)
        drafted = intent._draft._replace(subject=SUBJECT)
        logger.record_outcome(drafted, "success", error=None, error_text=None, details=None)
        seq = intent.seq + 1
        wanted = [
            place_hold(logger, log.directory, selector)[0]
            for selector in (
                Selector(subject=SUBJECT),
                Selector(agent="reviewer"),
                Selector(first=seq, last=seq),
            )
        ]
        for selector in (
            Selector(subject=OTHER),
            Selector(agent="writer"),
            Selector(last=seq - 1),
            Selector(agent="reviewer", subject=OTHER),
        ):
            place_hold(logger, log.directory, selector)
        assert [hold.id for hold in holds_on_subject(logger, SUBJECT)] == wanted
        assert len(holds_on_subject(logger, OTHER)) == 2


def test_no_log_is_no_absence_of_holds(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no audit log"):
        active_holds(tmp_path)
    with pytest.raises(UsageError, match="cannot read the audit log"):
        active_holds(tmp_path / "nowhere")


def test_who_keeps_the_lock_keeps_nobody_waiting_for_ever(
    aged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies in the log's directory, where others may be able to take it."""
    monkeypatch.setattr(stub, "WAIT_SECONDS", 0.05)
    with open_at(aged, Later(12)) as logger:
        with (
            stub.only_one(logger.means),
            pytest.raises(UnavailableError, match="another process prunes"),
        ):
            place_hold(logger, aged.directory, Selector(first=0), "case-7")
        assert place_hold(logger, aged.directory, Selector(first=0), "case-7")[0] == "case-7"
