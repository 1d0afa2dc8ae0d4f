"""The report as OCSF findings, held against the published schema."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, make_log
from tests.unit.runtime.audit.test_ocsf import _check
from wilkc.runtime.compliance import STANDARDS, Wanted, make_report, ocsf_findings, read_period

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bodies(tmp_path: Path) -> list[dict[str, Any]]:
    """A report for each standard, with a violation of R1, and one of a period without records."""
    log = make_log(tmp_path / "a log")
    with log.open() as logger:
        logger.intent(REQUEST, ALLOW).outcome("success")
        logger.intent(REQUEST, DENY)
        logger.intent(REQUEST, replace(ALLOW, rule=None)).outcome("success")
    whole, empty = read_period("2020-01-01", "2099-12-31"), read_period("2020-01-01", "2020-01-31")
    wanted = [Wanted(standard, whole, log.checkpoint) for standard in STANDARDS]
    wanted.append(Wanted("SOC2", empty, log.checkpoint))
    return [make_report(log.directory, log.root, one) for one in wanted]


def test_every_finding_is_valid_and_none_says_that_a_control_passed(
    bodies: list[dict[str, Any]],
) -> None:
    seen = set()
    for body in bodies:
        found = ocsf_findings(body)
        assert found == ocsf_findings(body)
        assert [_check(one) for one in found] == [[]] * len(body["controls"])
        for one, control in zip(found, body["controls"], strict=True):
            status = one["compliance"]["status_id"]
            assert one["compliance"]["control"] == control["id"]
            assert status != 1
            assert (status == 3) == (control["state"] in {"violated", "no_evidence"})
            seen.add(control["state"])
    assert {"evidenced", "no_evidence", "violated", "not_assessable_here"} <= seen


def test_findings_of_another_log_or_period_are_others(bodies: list[dict[str, Any]]) -> None:
    body = bodies[0]
    other = {**body, "checkpoint": {**body["checkpoint"], "root": "0" * 64}}
    uids = [one["finding_info"]["uid"] for b in (*bodies, other) for one in ocsf_findings(b)]
    assert len(set(uids)) == len(uids)


def test_the_gravest_violation_is_the_severity(bodies: list[dict[str, Any]]) -> None:
    body = bodies[0]
    violated = [one for one in body["controls"] if one["violations"]]
    assert violated
    ranks = {"medium": 3, "high": 4, "critical": 5}
    severities = {one["id"]: ranks[one["severity"]] for one in body["violations"]}
    found = {one["compliance"]["control"]: one["severity_id"] for one in ocsf_findings(body)}
    for control in body["controls"]:
        expected = max((severities[one] for one in control["violations"]), default=1)
        assert found[control["id"]] == expected
