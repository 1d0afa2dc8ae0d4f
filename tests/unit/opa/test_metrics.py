"""Measurements: their form, and where each number comes from."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from wilkc.opa.condition import Condition, read_condition
from wilkc.opa.metrics import metrics_page
from wilkc.opa.upkeep import ChoreCondition, Upkeep

KEPT = Upkeep("", 1, {"rules": ChoreCondition(9, 2, 1.5, ""), 'a"b': ChoreCondition(1, 1, -1, "x")})
FINE = Condition("r1", 5, "k", "prod", 12.3456, 2, {}, 1, "", "")
OPA_PAGE = "\n".join(
    f'http_request_duration_seconds_{kind}{{code="{code}",'
    f'handler="{handler}",method="post"{le}}} {n}'
    for code, handler, n in (("200", "v1/data", 6), ("500", "v1/data", 1), ("200", "v1/query", 9))
    for kind, le in (
        ("bucket", ',le="1e-06"'),
        ("bucket", ',le="0.01"'),
        ("bucket", ',le="+Inf"'),
        ("sum", ""),
        ("count", ""),
    )
)
_LINE = re.compile(
    r"(?:# HELP [a-z_]+ [^\n]+|# TYPE [a-z_]+ (?:counter|gauge|histogram)|"
    r'[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? '
    r"[0-9.e+-]+)"
)


def _values(page: str) -> dict[str, float]:
    assert page.endswith("\n")
    lines = page.removesuffix("\n").split("\n")
    assert [line for line in lines if not _LINE.fullmatch(line)] == []
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    found = {name: float(value) for name, _, value in samples}
    assert len(found) == len(samples)
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    for name in found:
        family = name.partition("{")[0]
        assert {family, re.sub("_(bucket|sum|count)$", "", family)} & typed
    return found


def test_the_page_of_a_sidecar_that_is_well() -> None:
    assert _values(metrics_page(FINE, OPA_PAGE)) == {
        'wilk_bundle_info{revision="r1",key_id="k",scope="prod"}': 1,
        "wilk_bundle_sequence": 5,
        "wilk_bundle_age_seconds": 12.346,
        "wilk_bundle_refused": 0,
        "wilk_bundle_refusals_total": 2,
        "wilk_source_up": 1,
        "wilk_opa_up": 1,
        "wilk_opa_restarts_total": 1,
        'wilk_decisions_total{outcome="answered"}': 6,
        'wilk_decisions_total{outcome="refused"}': 0,
        'wilk_decisions_total{outcome="failed"}': 1,
        'wilk_decision_duration_seconds_bucket{le="1e-06"}': 7,
        'wilk_decision_duration_seconds_bucket{le="0.01"}': 7,
        'wilk_decision_duration_seconds_bucket{le="+Inf"}': 7,
        "wilk_decision_duration_seconds_sum": 7,
        "wilk_decision_duration_seconds_count": 7,
    }


def test_what_is_wrong_shows() -> None:
    wrong = replace(FINE, refusals={"a": "x", "b": "y"}, source_problem="gone")
    found = _values(metrics_page(wrong, OPA_PAGE))
    assert (found["wilk_bundle_refused"], found["wilk_source_up"], found["wilk_opa_up"]) == (
        2,
        0,
        1,
    )
    assert _values(metrics_page(replace(FINE, sidecar_problem="x"), OPA_PAGE))["wilk_opa_up"] == 0


def test_an_opa_that_is_away_has_no_decisions_but_the_rest_is_there() -> None:
    found = _values(metrics_page(FINE, None))
    assert found["wilk_opa_up"] == 0
    assert found["wilk_bundle_sequence"] == 5
    assert not [name for name in found if "decision" in name]


@pytest.mark.parametrize("page", ["", "garbage\n{}", "http_request_duration_seconds_bucket 5"])
def test_a_page_without_questions(page: str) -> None:
    found = _values(metrics_page(FINE, page))
    assert found['wilk_decision_duration_seconds_bucket{le="+Inf"}'] == 0
    assert found['wilk_decisions_total{outcome="answered"}'] == 0


def test_odd_texts_do_not_break_the_form() -> None:
    odd = replace(FINE, revision='a"b\\c\nd}', scope="e{f,g=h")
    found = _values(metrics_page(odd, None))
    assert 'wilk_bundle_info{revision="a\\"b\\\\c\\nd}",key_id="k",scope="e{f,g=h"}' in found


def test_a_condition_survives_its_page() -> None:
    kept = replace(FINE, refusals={"a": "x"}, age_seconds=12.346, upkeep=KEPT)
    assert read_condition(kept.as_json()) == kept


def test_the_upkeep_of_a_log_shows_where_there_is_one() -> None:
    assert "upkeep" not in metrics_page(FINE, None)
    found = _values(metrics_page(replace(FINE, upkeep=KEPT), None))
    assert {name: value for name, value in found.items() if "upkeep" in name} == {
        "wilk_upkeep_up": 1,
        "wilk_upkeep_restarts_total": 1,
        'wilk_upkeep_ok{chore="rules"}': 1,
        'wilk_upkeep_ok{chore="a\\"b"}': 0,
        'wilk_upkeep_runs_total{chore="rules"}': 9,
        'wilk_upkeep_runs_total{chore="a\\"b"}': 1,
        'wilk_upkeep_failures_total{chore="rules"}': 2,
        'wilk_upkeep_failures_total{chore="a\\"b"}': 1,
        'wilk_upkeep_age_seconds{chore="rules"}': 1.5,
        'wilk_upkeep_age_seconds{chore="a\\"b"}': -1,
    }
    gone = replace(FINE, upkeep=replace(KEPT, problem="it ended"))
    assert _values(metrics_page(gone, None))["wilk_upkeep_up"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"revision": 1},
        {"sequence": "5"},
        {"sequence": True},
        {"refusals": ["a"]},
        {"refusals": {"a": 1}},
        {"age_seconds": None},
        {"more": 1},
        {"upkeep": []},
        {"upkeep": {"problem": "", "restarts": 1}},
        {"upkeep": {"problem": 1, "restarts": 1, "chores": {}}},
        {"upkeep": {"problem": "", "restarts": True, "chores": {}}},
        {"upkeep": {"problem": "", "restarts": 1, "chores": []}},
        {"upkeep": {"problem": "", "restarts": 1, "chores": {"a": {"runs": 1}}}},
    ],
)
def test_what_is_no_condition(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not (the|how)"):
        read_condition(FINE.as_json() | change)
    with pytest.raises(ValueError, match="not the status"):
        read_condition(list(FINE.as_json()))
