"""Each rule raises where it must, and stays silent beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.alerts.rules import RULE_COUNT, make_rules
from wilkc.runtime.alerts.seen import fact

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.alerts.conftest import Happening
    from wilkc.runtime.alerts import Alert

    Raised = Callable[..., list[Alert]]

DAY = 86_400
NOW = 1_800_000_000_000_000


def _usage(permille: int, name: str = "memory") -> dict[str, Any]:
    return {name: {"usage": permille * 10, "limit": 10_000}}


def test_there_are_fifteen_rules_in_their_order() -> None:
    assert [rule.id for rule in make_rules()] == [f"A{n}" for n in range(1, RULE_COUNT + 1)]


def test_a1_three_failed_sign_ins_in_five_minutes(happens: Happening, raised: Raised) -> None:
    alerts = raised("A1", *(happens("auth.failure", at_s) for at_s in (0, 100, 300)))
    assert [(one.severity, one.agent, one.seqs) for one in alerts] == [
        ("high", "reviewer", (1, 2, 3))
    ]
    assert alerts[0].numbers_json() == {"count": 3, "kind": "auth.failure", "seconds": 300}


@pytest.mark.parametrize("times", [(0, 1), (0, 100, 301)])
def test_a1_is_silent_about_fewer(
    times: tuple[int, ...], happens: Happening, raised: Raised
) -> None:
    assert raised("A1", *(happens("auth.failure", at_s) for at_s in times)) == []


def test_a1_counts_each_actor(happens: Happening, raised: Raised) -> None:
    seen = [happens("auth.failure", 0, agent=name) for name in ("a", "b", "c")]
    assert raised("A1", *seen) == []


@pytest.mark.parametrize("name", ["cpu", "memory", "disk", "network", "connections"])
def test_a2_a_resource_at_80_percent(name: str, happens: Happening, raised: Raised) -> None:
    alerts = raised("A2", happens("system.usage", details=_usage(800, name)))
    assert [(one.resource_type, one.numbers_json()["usage_permille"]) for one in alerts] == [
        (name, 800)
    ]


@pytest.mark.parametrize(
    "details",
    [
        _usage(799),
        {"memory": {"usage": None, "limit": 10}},
        {"memory": {"usage": 10, "limit": None}},
        {"memory": {"usage": 10, "limit": 0}},
        {"memory": {"usage": True, "limit": True}},
        {"memory": 12},
    ],
)
def test_a2_is_silent_below_and_where_nothing_was_read(
    details: dict[str, Any], happens: Happening, raised: Raised
) -> None:
    assert raised("A2", happens("system.usage", details=details)) == []


def test_a2_is_told_once_per_crossing_and_armed_below_70_percent(
    happens: Happening, raised: Raised
) -> None:
    levels = [800, 950, 700, 850, 699, 800]
    seen = [
        happens("system.usage", place * 400, details=_usage(level))
        for place, level in enumerate(levels)
    ]
    assert [one.numbers_json()["usage_permille"] for one in raised("A2", *seen)] == [800, 800]


def test_a2_is_armed_again_for_another_command(happens: Happening, raised: Raised) -> None:
    def sample(at_s: int, of: str) -> Any:
        return happens("system.usage", at_s, about=of, details=_usage(900))

    ended = happens("shell.complete", 500, phase="outcome", about="first")
    alerts = raised("A2", sample(0, "first"), ended, sample(900, "first"), sample(1800, "other"))
    assert len(alerts) == 3


@pytest.mark.parametrize("risk", ["high", "critical"])
def test_a3_a_grave_record(risk: str, happens: Happening, raised: Raised) -> None:
    alerts = raised("A3", happens("file.delete", risk=risk))
    assert [one.severity for one in alerts] == [risk]


@pytest.mark.parametrize(
    ("kind", "risk"), [("file.delete", "medium"), ("file.read", "low"), ("alert.failed", "high")]
)
def test_a3_is_silent_about_less_and_about_alerts(
    kind: str, risk: str, happens: Happening, raised: Raised
) -> None:
    assert raised("A3", happens(kind, risk=risk)) == []


@pytest.mark.parametrize("kind", ["system.lost", "system.recovered"])
def test_a4_the_log_was_not_available(kind: str, happens: Happening, raised: Raised) -> None:
    assert len(raised("A4", happens(kind))) == 1


@pytest.mark.parametrize("kind", ["fact.log_unavailable", "fact.disk_low"])
def test_a4_facts_from_outside_the_log(kind: Any, raised: Raised) -> None:
    assert [one.severity for one in raised("A4", fact(kind, NOW, "log:x"))] == ["critical"]


def test_a4_is_silent_about_a_log_that_goes_on(happens: Happening, raised: Raised) -> None:
    assert raised("A4", happens("system.header"), happens("system.seal")) == []


@pytest.mark.parametrize("details", [{"verdict": "TAMPERED"}, {}])
def test_a5_a_log_that_does_not_verify(
    details: dict[str, str], happens: Happening, raised: Raised
) -> None:
    assert len(raised("A5", happens("verify.done", details=details))) == 1


def test_a5_a_fact(raised: Raised) -> None:
    assert len(raised("A5", fact("fact.log_not_ok", NOW, "log:x"))) == 1


@pytest.mark.parametrize("verdict", ["OK", "OK_UNANCHORED"])
def test_a5_is_silent_about_a_log_that_verifies(
    verdict: str, happens: Happening, raised: Raised
) -> None:
    assert raised("A5", happens("verify.done", details={"verdict": verdict})) == []


def test_a6_twenty_denials_in_a_minute(happens: Happening, raised: Raised) -> None:
    alerts = raised("A6", *(happens.denial(3 * place) for place in range(20)))
    assert [(one.severity, one.seqs) for one in alerts] == [("critical", tuple(range(1, 21)))]


def test_a6_is_silent_about_19_and_about_slow_ones(happens: Happening, raised: Raised) -> None:
    assert raised("A6", *(happens.denial(place) for place in range(19))) == []
    assert raised("A6", *(happens.denial(1000 + 4 * place) for place in range(40))) == []


def test_a6_does_not_count_grants(happens: Happening, raised: Raised) -> None:
    assert raised("A6", *(happens.grant(place) for place in range(30))) == []


def test_a7_an_unknown_agent(happens: Happening, raised: Raised) -> None:
    assert len(raised("A7", happens.denial(reason="NO_PERMISSIONS"))) == 1


def test_a7_is_silent_about_known_agents(happens: Happening, raised: Raised) -> None:
    assert raised("A7", happens.denial(reason="PERMISSION_DENIED"), happens.grant()) == []


@pytest.mark.parametrize(
    ("kind", "details", "severity"),
    [
        ("key.missing", {}, "critical"),
        ("key.overdue", {}, "high"),
        ("compliance.violation", {"rule": "R8"}, "high"),
    ],
)
def test_a8_keys(
    kind: str, details: dict[str, str], severity: str, happens: Happening, raised: Raised
) -> None:
    assert [one.severity for one in raised("A8", happens(kind, details=details))] == [severity]


def test_a8_is_silent_about_keys_that_change_in_time(happens: Happening, raised: Raised) -> None:
    other = happens("compliance.violation", details={"rule": "R9"})
    assert raised("A8", happens("key.rotated"), happens("key.created"), other) == []


def test_a9_the_clock_was_set(happens: Happening, raised: Raised) -> None:
    before = happens("file.read", 0, mono_us=10_000_000)
    back = happens("file.read", -3600, mono_us=11_000_000)
    alerts = raised("A9", before, back)
    assert [one.numbers_json()["step_us"] for one in alerts] == [-3_601_000_000]


def test_a9_is_silent_about_slewing_and_another_boot(happens: Happening, raised: Raised) -> None:
    before = happens("file.read", 0, mono_us=10_000_000)
    slewed = happens("file.read", 10.9, mono_us=20_000_000)
    booted = happens("file.read", 900, mono_us=5_000_000, boot="c" * 32)
    assert raised("A9", before, slewed, booted) == []


def test_a10_an_outcome_that_nobody_knows(happens: Happening, raised: Raised) -> None:
    assert len(raised("A10", happens("shell.complete", error="outcome_unknown"))) == 1


def test_a10_is_silent_about_known_ones(happens: Happening, raised: Raised) -> None:
    assert raised("A10", happens("shell.complete", error="exit_code")) == []


def test_a11_an_alert_that_could_not_be_delivered(happens: Happening, raised: Raised) -> None:
    assert len(raised("A11", happens("alert.failed", details={"rule": "A3"}))) == 1


def test_a11_is_silent_about_itself(happens: Happening, raised: Raised) -> None:
    itself = happens("alert.failed", details={"rule": "A11"})
    assert raised("A11", itself, happens("alert.delivered", details={"rule": "A3"})) == []


@pytest.mark.parametrize(
    ("kind", "details"), [("policy.rejected", {}), ("compliance.violation", {"rule": "R2"})]
)
def test_a12_a_bundle_that_was_refused(
    kind: str, details: dict[str, str], happens: Happening, raised: Raised
) -> None:
    assert len(raised("A12", happens(kind, details=details))) == 1


def test_a12_is_silent_about_activation(happens: Happening, raised: Raised) -> None:
    assert raised("A12", happens("policy.activated")) == []


def test_a14_a_violation_of_a_sandbox(happens: Happening, raised: Raised) -> None:
    assert [one.severity for one in raised("A14", happens("sandbox.violation"))] == ["critical"]


@pytest.mark.parametrize("error", ["limit", "timeout", "policy_violation"])
def test_a14_a_command_that_was_ended(error: str, happens: Happening, raised: Raised) -> None:
    ended = happens("shell.complete", phase="outcome", error=error)
    assert [one.severity for one in raised("A14", ended)] == ["high"]


@pytest.mark.parametrize(("phase", "error"), [("outcome", "exit_code"), ("intent", "limit")])
def test_a14_is_silent_about_commands_that_fail(
    phase: str, error: str, happens: Happening, raised: Raised
) -> None:
    assert raised("A14", happens("shell.complete", phase=phase, error=error)) == []


def test_a15_no_restore_was_tried_for_90_days(happens: Happening, raised: Raised) -> None:
    seen = [happens("file.read", days * DAY) for days in (0, 90, 91, 100)]
    assert [one.numbers_json() for one in raised("A15", *seen)] == [{"days": 90}]


def test_a15_is_silent_after_a_restore_check(happens: Happening, raised: Raised) -> None:
    checked = happens("verify.done", 80 * DAY, details={"kind": "restore", "verdict": "OK"})
    seen = [happens("file.read"), checked, happens("file.read", 169 * DAY)]
    assert raised("A15", *seen) == []
    assert len(raised("A15", *seen, happens("file.read", 171 * DAY))) == 1


@pytest.mark.parametrize("status", ["warning", "failure"])
def test_a15_a_check_that_is_no_trial_or_failed_silences_nothing(
    status: str, happens: Happening, raised: Raised
) -> None:
    details = {"keys": "own", "kind": "restore", "verdict": "OK"}
    checked = happens("verify.done", 80 * DAY, details=details, status=status)
    assert len(raised("A15", happens("file.read"), checked, happens("file.read", 90 * DAY))) == 1


def test_a15_other_verifications_are_no_restore_checks(happens: Happening, raised: Raised) -> None:
    verified = happens("verify.done", 80 * DAY, details={"verdict": "OK"})
    assert len(raised("A15", happens("file.read"), verified, happens("file.read", 90 * DAY))) == 1


def test_a15_a_report_that_is_overdue(raised: Raised) -> None:
    assert len(raised("A15", fact("fact.report_overdue", NOW, "report:SOC2"))) == 1
