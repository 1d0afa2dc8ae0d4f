"""The report as OSCAL assessment results, held against the published schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it brings no types
import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, make_log
from wilkc.runtime.compliance import STANDARDS, Wanted, make_report, oscal, read_period

TESTS = Path(__file__).parents[3]
SCHEMA = TESTS / "data" / "oscal" / "oscal_assessment-results_schema.json"
# Classes of Unicode, which ECMA 262 has and Python has not.
CLASSES = {r"\\p{L}": r"[^\\W\\d_]", r"\\p{N}": r"\\d"}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    """The schema with patterns that Python reads."""
    text = SCHEMA.read_text("utf-8")
    for theirs, ours in CLASSES.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    schema = json.loads(text)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A report for each standard, with and without records."""
    log = make_log(tmp_path_factory.mktemp("log") / "a log")
    with log.open() as logger:
        logger.intent(REQUEST, ALLOW).outcome("success")
        logger.intent(REQUEST, DENY)
    periods = [read_period("2020-01-01", "2099-12-31"), read_period("2020-01-01", "2020-01-31")]
    return [
        make_report(log.directory, log.root, Wanted(standard, period, log.checkpoint))
        for standard in STANDARDS
        for period in periods
    ]


def _problems(validator: jsonschema.Draft7Validator, document: Any) -> list[str]:
    return [f"{one.json_path}: {one.message}"[:300] for one in validator.iter_errors(document)]


def test_every_report_is_valid(
    validator: jsonschema.Draft7Validator, bodies: list[dict[str, Any]]
) -> None:
    for body in bodies:
        assert _problems(validator, oscal(body)) == []


def test_the_schema_refuses_what_is_no_result(
    validator: jsonschema.Draft7Validator, bodies: list[dict[str, Any]]
) -> None:
    document = oscal(bodies[0])
    document["assessment-results"]["results"][0]["findings"][0]["target"]["type"] = "guess"
    assert _problems(validator, document)
    document = oscal(bodies[0])
    document["assessment-results"]["results"][0]["uuid"] = "1"
    assert _problems(validator, document)


def test_what_is_violated_or_without_evidence_is_not_satisfied(
    bodies: list[dict[str, Any]],
) -> None:
    for body in bodies:
        [result] = oscal(body)["assessment-results"]["results"]
        open_controls = [
            one for one in body["controls"] if one["state"] in {"violated", "no_evidence"}
        ]
        assert len(result.get("findings", [])) == len(open_controls)
        assert len(result["observations"]) == len(body["controls"])
        states = {one["target"]["status"]["state"] for one in result.get("findings", [])}
        assert states <= {"not-satisfied"}


def test_a_rerun_agrees_and_another_log_has_other_identifiers(
    bodies: list[dict[str, Any]],
) -> None:
    assert oscal(bodies[0]) == oscal(bodies[0])
    other = {**bodies[0], "checkpoint": {**bodies[0]["checkpoint"], "root": "0" * 64}}
    mine, theirs = (oscal(one)["assessment-results"]["uuid"] for one in (bodies[0], other))
    assert mine != theirs
