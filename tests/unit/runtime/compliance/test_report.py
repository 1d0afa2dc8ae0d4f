"""Reports from real logs: what they say, that they repeat, and when there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, Log, make_log
from wilkc.cli.reports import html, markdown
from wilkc.cli.reports.views import covers, title
from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit import Actor, Event
from wilkc.runtime.compliance import (
    STANDARDS,
    STATES,
    UnverifiedLogError,
    Wanted,
    detect,
    encode_body,
    issued_event,
    make_report,
    ocsf_findings,
    open_report,
    oscal,
    read_period,
    record_review,
    sign_report,
)
from wilkc.runtime.compliance.detect import settings_event
from wilkc.runtime.compliance.reviewing import Opinion
from wilkc.runtime.keys import SegmentKey, SigningKey, verifier_key

if TYPE_CHECKING:
    from pathlib import Path

ALL = read_period("2020-01-01", "2099-12-31")
UNBOUND = replace(ALLOW, rule=None)
RELEASED = Event(
    "policy.activated", "policy:org", Actor("system", "wilk"), clear=True,
    details={"approver": "ann", "key_id": "k", "requester": "bob", "sequence": 1},
)  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A log with decisions, a change of policy, and one violation of R1."""
    log = make_log(tmp_path / "a log")
    with log.open() as logger:
        logger.intent(REQUEST, ALLOW).outcome("success")
        logger.intent(REQUEST, DENY)
        logger.system(RELEASED)
        logger.intent(REQUEST, UNBOUND).outcome("success")
        logger.roll()
        logger.intent(REQUEST, DENY)
    return log


def body_of(log: Log, standard: Any = "SOC2", **more: Any) -> dict[str, Any]:
    given = {"period": ALL, "checkpoint": log.checkpoint, **more}
    return make_report(log.directory, log.root, Wanted(standard, **given))


def control(body: dict[str, Any], wanted: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in body["controls"] if one["id"] == wanted)
    return found


@pytest.mark.parametrize("standard", STANDARDS)
def test_report_bytes_repeat(log: Log, standard: Any) -> None:
    checkpoint = log.checkpoint
    first = encode_body(body_of(log, standard))
    assert encode_body(body_of(log, standard)) == first
    # Neither does it matter what is written after the checkpoint.
    with log.open() as logger:
        logger.intent(REQUEST, UNBOUND)
        logger.system(issued_event(json.loads(first), "0" * 8))
    assert encode_body(body_of(log, standard, checkpoint=checkpoint)) == first


def test_the_report_has_the_shape_of_the_permission_model(log: Log) -> None:
    body = body_of(log)
    assert {
        "standard", "period", "summary", "controls", "violations", "recommendations",
    } <= set(body)  # fmt: skip
    assert {"total_events", "violations", "compliance_score"} <= set(body["summary"])
    assert body["summary"]["total_events"] == len(log.records())
    states = body["summary"]["states"]
    assert [*states] == [*STATES]
    assert sum(states.values()) == len(body["controls"])
    assert body["summary"]["compliance_score"] == {
        "num": states["evidenced"],
        "den": states["evidenced"] + states["violated"] + states["no_evidence"],
    }


def test_a_pruning_that_is_put_on_record_again_counts_once(log: Log) -> None:
    details = {"first": 0, "last": 9, "root": "r"}
    wilk = Actor("system", "wilk")
    with log.open() as logger:
        for told in (details, {**details, "again": True}):
            logger.system(Event("system.pruned", "log:x", wilk, clear=True, details=told))
    assert body_of(log)["summary"]["pruned"] == 10


def test_a_report_says_until_when_its_checkpoint_reaches(log: Log) -> None:
    old, records = log.checkpoint, log.records()
    with log.open() as logger:
        logger.intent(REQUEST, UNBOUND)
    for period, rest in ((ALL, True), (replace(ALL, end=records[-1]["ts"]), False)):
        body = body_of(log, period=period, checkpoint=old)
        assert body["covered"] == records[-1]["ts"]
        assert covers(body).endswith("rest of the period") is rest
        (result,) = oscal(body)["assessment-results"]["results"]
        assert {"covered", body["covered"]} <= {
            one for prop in result["props"] for one in (prop["name"], prop["value"])
        }
        assert {one["unmapped"]["wilk.report.covered"] for one in ocsf_findings(body)} == {
            body["covered"]
        }
        assert covers(body) in markdown(body)
        assert covers(body) in html(body)
    assert body_of(log)["covered"] > records[-1]["ts"]


def test_the_logger_reports_as_the_permission_model_calls_it(log: Log) -> None:
    wanted = Wanted("SOC2", ALL, log.checkpoint)
    with log.open() as logger:
        assert logger.generate_compliance_report(log.root, wanted) == body_of(
            log, checkpoint=wanted.checkpoint
        )


def test_each_control_has_the_first_state_that_fits(log: Log) -> None:
    body = body_of(log)
    states = {one["id"]: one["state"] for one in body["controls"]}
    assert states["CC6.1"] == "violated"
    assert states["CC8.1"] == "evidenced"
    assert states["CC6.4"] == "not_assessable_here"
    assert states["CC7.4"] == "no_evidence"
    assert body["recommendations"] == [
        {"rule": "R1", "text": "find the decision point that answered, and let only signed "
         "bundles decide"}
    ]  # fmt: skip


def _evidence(log: Log, standard: Any, wanted: str, name: str) -> int:
    cited = control(body_of(log, standard), wanted)["evidence"]
    found: int = next(one["count"] for one in cited if one["name"].startswith(name))
    return found


def test_what_an_agent_asks_for_in_vain_is_no_evidence_that_it_was_done(log: Log) -> None:
    settings = ("HIPAA", "164.316(b)(2)(i)", "declared settings")
    grants = ("SOC2", "CC6.2", "permissions granted")
    configured = replace(REQUEST, type="system", id="log:settings", action="config.modify")
    created = replace(REQUEST, type="agent", id="helper", action="create")
    with log.open() as logger:
        for request in (configured, created):
            logger.intent(request, DENY)
        logger.intent(configured, ALLOW).outcome("success")
    kinds = [one["action"]["type"] for one in log.records()]
    assert (kinds.count("config.modify"), kinds.count("agent.create")) == (3, 1)
    assert (_evidence(log, *settings), _evidence(log, *grants)) == (0, 0)
    with log.open() as logger:
        logger.system(settings_event(logger.means.settings))
        logger.intent(created, ALLOW).outcome("success")
    assert (_evidence(log, *settings), _evidence(log, *grants)) == (1, 2)


def test_every_claim_cites_the_records_that_it_rests_on(log: Log) -> None:
    records = {one["seq"]: one for one in log.records()}
    body = body_of(log)
    for one in body["controls"]:
        for cited in one["evidence"]:
            assert len(cited["seqs"]) == min(cited["count"], 10)
            assert all(records[seq]["ts"] for seq in cited["seqs"])
    decided = control(body, "CC6.1")["evidence"][0]
    assert decided["count"] == 1
    assert records[decided["seqs"][0]]["decision"]["rule"] == "fs.read.allow.0"
    [violation] = body["violations"]
    assert records[violation["seq"]]["id"] == violation["event_id"]
    assert records[violation["seq"]]["decision"]["rule"] is None


@pytest.mark.parametrize("standard", STANDARDS)
def test_empty_period_is_no_evidence(log: Log, standard: Any) -> None:
    body = body_of(log, standard, period=read_period("2020-01-01", "2020-12-31"))
    states = {one["state"] for one in body["controls"]}
    assert states == {"no_evidence", "not_assessable_here"}
    assert body["summary"]["total_events"] == 0
    assert body["summary"]["compliance_score"]["num"] == 0


def test_only_the_records_of_the_period_count(log: Log) -> None:
    first, last = log.records()[0]["ts"], log.records()[-1]["ts"]
    period = replace(ALL, start=first, end=last)
    assert body_of(log, period=period)["summary"]["total_events"] == len(log.records()) - 1


def test_a_control_is_out_of_scope_by_a_person_on_record(log: Log) -> None:
    with log.open() as logger:
        said = Opinion("ann", "out_of_scope", control="SOC2:CC6.1")
        receipt = record_review(logger, log.directory, said)
    found = control(body_of(log), "CC6.1")
    assert found["state"] == "out_of_scope"
    assert found["declared"]["seq"] == receipt.seq
    with log.open() as logger:
        record_review(logger, log.directory, replace(said, outcome="in_scope"))
    assert control(body_of(log), "CC6.1")["state"] == "violated"


def test_a_violation_is_closed_by_a_person_on_record_and_stays_listed(log: Log) -> None:
    with log.open() as logger:
        [found] = [
            one for one in detect(logger, log.directory, log.places.keys) if one.rule == "R1"
        ]
        record_review(logger, log.directory, Opinion("ann", "resolved", violation=found.id))
    body = body_of(log)
    assert control(body, "CC6.1")["state"] == "evidenced"
    assert body["violations"][0]["resolved"]["by"]
    assert body["summary"]["violations"] == 1
    assert body["recommendations"] == []
    assert body["summary"]["recorded_violations"] == 1


@pytest.mark.parametrize(
    ("opinion", "why"),
    [
        (Opinion(" ", "reviewed", first=0), "reviewer"),
        (Opinion("ann", "resolved"), "violation"),
        (Opinion("ann", "resolved", violation="x"), "no id"),
        (Opinion("ann", "resolved", violation="01972000-0000-7000-8000-000000000000"), "no viol"),
        (Opinion("ann", "out_of_scope"), "control"),
        (Opinion("ann", "out_of_scope", control="SOC2:CC9"), "no control"),
        (Opinion("ann", "reviewed"), "records"),
        (Opinion("ann", "reviewed", first=3, last=2), "before"),
    ],
)
def test_a_review_that_says_nothing_is_refused(log: Log, opinion: Opinion, why: str) -> None:
    before = len(log.records())
    with log.open() as logger, pytest.raises(UsageError, match=why):
        record_review(logger, log.directory, opinion)
    assert len(log.records()) == before


def test_there_is_no_report_from_a_log_that_does_not_verify(log: Log, tmp_path: Path) -> None:
    checkpoint = log.checkpoint
    segment = log.segments()[0]
    text = segment.read_bytes()
    segment.chmod(0o600)
    segment.write_bytes(text.replace(b'"allow":false', b'"allow":true', 1))
    with pytest.raises(UnverifiedLogError) as caught:
        body_of(log, checkpoint=checkpoint)
    assert caught.value.found.verdict == "TAMPERED"
    other = make_log(tmp_path / "other")
    with pytest.raises(UnverifiedLogError):
        body_of(other, checkpoint=checkpoint)


def test_without_signatures_the_checkpoint_still_speaks_for_every_byte(log: Log) -> None:
    checkpoint = log.checkpoint
    assert body_of(log, signatures=False) == body_of(log)
    segment = log.segments()[-1]
    segment.chmod(0o600)
    segment.write_bytes(segment.read_bytes().replace(b'"reviewer"', b'"reviewed"', 1))
    with pytest.raises(UnverifiedLogError):
        body_of(log, checkpoint=checkpoint, signatures=False)


def test_several_processes_report_the_same(log: Log) -> None:
    checkpoint = log.checkpoint
    assert encode_body(body_of(log, jobs=2)) == encode_body(body_of(log))
    segment = log.segments()[0]
    segment.chmod(0o600)
    segment.write_bytes(segment.read_bytes().replace(b'"reviewer"', b'"reviewed"', 1))
    with pytest.raises(UnverifiedLogError):
        body_of(log, checkpoint=checkpoint, jobs=2)


def test_there_is_no_report_from_a_log_that_was_cut(log: Log, tmp_path: Path) -> None:
    cut = log.copy(tmp_path / "cut")
    with log.open() as logger:
        logger.intent(REQUEST, DENY)
    with pytest.raises(UnverifiedLogError) as caught:
        body_of(cut, checkpoint=log.checkpoint)
    assert caught.value.found.verdict == "TRUNCATED"


def test_the_profile_of_the_permission_model_counts_denials_as_critical(log: Log) -> None:
    assert "critical" not in body_of(log)["summary"]["risks"]
    assert body_of(log, profile="seed")["summary"]["risks"]["critical"] == 2
    assert body_of(log, profile="graded")["summary"]["risks"]["medium"] >= 2


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-02-30", "2026-03-01"), ("x", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("", "")],
)
def test_a_period_that_is_none_is_refused(start: str, end: str) -> None:
    with pytest.raises(UsageError, match=r"no day|no time"):
        read_period(start, end)


def test_a_period_includes_its_last_day() -> None:
    period = read_period("2026-11-01", "2026-11-30")
    assert period.holds("2026-11-30T23:59:59.999999Z")
    assert not period.holds("2026-12-01T00:00:00.000000Z")
    assert read_period("2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z").end.startswith("2026-11-01")


def test_a_signed_report_opens_by_its_key_alone(log: Log) -> None:
    key = SigningKey(bytes(range(32)))
    public = verifier_key("example.org/report", key.public)
    data = sign_report(body_of(log), SegmentKey("0" * 8, public, key))
    assert open_report(data, public) == json.loads(encode_body(body_of(log)))
    other = verifier_key("example.org/report", SigningKey(bytes(32)).public)
    with pytest.raises(VerificationError, match="does not verify"):
        open_report(data, other)
    with pytest.raises(VerificationError):
        open_report(data.replace(b"audit-report", b"other-report"), public)


def test_nothing_says_more_than_the_records(log: Log) -> None:
    for standard in STANDARDS:
        assert b"compliant" not in encode_body(body_of(log, standard)).lower()


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("2026-11-01", "2026-11-30", "2026-11-01 to 2026-11-30"),
        ("2026-01-01", "2026-12-31", "2026-01-01 to 2026-12-31"),
        ("2026-11-29", "2026-11-29", "2026-11-29"),
        ("2026-11-29T10:00:00Z", "2026-11-29",
         "2026-11-29T10:00:00Z to 2026-11-30T00:00:00Z"),
    ],
)  # fmt: skip
def test_a_title_says_the_period_as_it_was_asked_for(
    log: Log, start: str, end: str, shown: str
) -> None:
    body = body_of(log, period=read_period(start, end))
    assert title(body) == f"SOC2: what the records of {shown} say"
    (result,) = oscal(body)["assessment-results"]["results"]
    assert result["title"] == f"SOC2 {shown}"
    assert result["end"] == read_period(start, end).end
