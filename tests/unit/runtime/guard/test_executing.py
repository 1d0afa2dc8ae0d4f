"""The order of an action: decide, record, launch, record; and what each failure means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.answering import Notes, Point
from wilkc.core.contract import SANDBOX_CONDITION, Condition, Decision, Request
from wilkc.core.errors import UnavailableError
from wilkc.core.sandbox_plan import MIB, Limits, Quantity, SandboxPlan
from wilkc.runtime.guard.executing import Executor, meets
from wilkc.runtime.limits import MemoryStore
from wilkc.runtime.sandbox import Job, Outcome

PHASES = ("intent", "outcome")
REQUEST = Request("a", "execute", "shell", "true", {"argv": ["true"]})
JOB = Job("a", ("true",), "/srv/w", SandboxPlan(), "rev")
INSIDE = Condition(SANDBOX_CONDITION, "sandbox", {"spec": "builder"})
GRANT = Decision(True, "PERMISSION_GRANTED", "allowed", "", conditions=(INSIDE,), revision="rev")
DENIAL = Decision(False, "PERMISSION_DENIED", "blocked", "no", revision="rev")


class World:
    """Decision point, record and launcher that write down the order of what happens."""

    def __init__(self, decision: Decision, outcome: Outcome, failing: str = "") -> None:
        self.end, self.failing = outcome, failing
        self.events: list[Any] = []
        self.point = Point({"shell": decision}, events=self.events)
        full = lambda: UnavailableError("the disk is full")  # noqa: E731  # one word for it
        self.notes = Notes(failing if failing in PHASES else "", full, self.events)

    @property
    def order(self) -> list[str]:
        """The kinds of what happened."""
        return [kind for kind, _ in self.events if kind != "lost"]

    @property
    def judged(self) -> tuple[bool, str]:
        """The last decision that was recorded."""
        decision = self.notes.decisions[-1]
        return decision.allow, decision.detail

    @property
    def ended(self) -> tuple[str, str | None]:
        """The last outcome that was recorded."""
        outcome = self.notes.outcomes[-1]
        return outcome["status"], outcome["error"]

    def launch(self, job: Job, usage: Any) -> Outcome:
        self.events.append(("launch", job.plan.level))
        if self.failing == "usage":
            usage({"after_ms": 1})
        if self.failing == "launch":
            raise KeyboardInterrupt
        return self.end


def run(world: World, rates: Any = None, **jobs: Job) -> Any:
    held = jobs or {"builder": JOB}
    return Executor(world.point, world.notes, world.launch, rates).run(REQUEST, held)


def test_an_allowed_command_is_recorded_before_it_runs() -> None:
    world = World(GRANT, Outcome("exited", 0))
    result = run(world)
    assert world.order == ["decide", "intent", "launch", "outcome"]
    assert world.ended == ("success", None)
    assert (result.outcome.status, result.recorded) == (0, True)


def test_what_it_uses_is_recorded_with_its_intent() -> None:
    world = World(GRANT, Outcome("exited", 0), failing="usage")
    run(world)
    assert world.order == ["decide", "intent", "launch", "usage", "outcome"]


def test_a_denied_command_is_recorded_and_does_not_run() -> None:
    world = World(DENIAL, Outcome("exited", 0))
    result = run(world)
    assert world.order == ["decide", "intent"]
    assert (result.outcome.kind, result.outcome.status) == ("denied", 121)


def test_without_a_record_nothing_runs() -> None:
    world = World(GRANT, Outcome("exited", 0), failing="intent")
    result = run(world)
    assert world.order == ["decide", "intent"]
    assert (result.outcome.status, result.decision.detail) == (121, "audit_unavailable")
    assert result.decision.reason == "VALIDATION_ERROR"


def test_a_denial_stays_a_denial_without_a_record() -> None:
    result = run(World(DENIAL, Outcome("exited", 0), failing="intent"))
    assert (result.decision.detail, result.recorded) == ("blocked", False)


def test_an_unrecorded_outcome_is_told() -> None:
    result = run(World(GRANT, Outcome("exited", 3), failing="outcome"))
    assert (result.outcome.status, result.recorded) == (3, False)


def test_an_interrupted_launch_is_recorded_as_a_failure() -> None:
    world = World(GRANT, Outcome("exited", 0), failing="launch")
    with pytest.raises(KeyboardInterrupt):
        run(world)
    assert world.ended == ("failure", "keyboardinterrupt")


def test_a_command_that_fails_is_a_failure() -> None:
    world = World(GRANT, Outcome("exited", 1))
    run(world)
    assert world.ended == ("failure", "exited")


def test_a_decision_of_another_revision_is_a_denial() -> None:
    world = World(replace(GRANT, revision="other"), Outcome("exited", 0))
    assert run(world).decision.detail == "unknown_revision"
    assert world.order == ["decide", "intent"]


def test_a_condition_that_cannot_be_met_is_a_denial() -> None:
    granted = replace(GRANT, conditions=(INSIDE, Condition("x", "rate_limit")))
    world = World(granted, Outcome("exited", 0))
    result = run(world)
    assert result.decision.detail == "condition_not_fulfillable"
    assert world.judged == (False, "condition_not_fulfillable")


ONE_AN_HOUR = Condition("r", "rate_limit", {"key": "k", "limit": 1, "window_seconds": 3600})
LIMITED = replace(GRANT, conditions=(INSIDE, ONE_AN_HOUR))


def test_a_command_with_a_rate_limit_takes_a_hit_before_it_is_recorded() -> None:
    world, rates = World(LIMITED, Outcome("exited", 0)), MemoryStore()
    assert run(world, rates).outcome.kind == "exited"
    second = run(world, rates)
    assert (second.outcome.kind, second.decision.reason) == ("denied", "RATE_LIMIT_EXCEEDED")
    assert world.order.count("launch") == 1
    assert world.judged == (False, "rate_exceeded")


@pytest.mark.parametrize("rates", [None, object()])
def test_a_rate_limit_that_nobody_counts_is_a_denial(rates: Any) -> None:
    world = World(LIMITED, Outcome("exited", 0))
    assert run(world, rates).outcome.kind == "denied"
    assert world.order == ["decide", "intent"]


def test_a_malformed_rate_limit_is_a_denial() -> None:
    odd = replace(GRANT, conditions=(INSIDE, Condition("r", "rate_limit", {"key": "k"})))
    assert run(World(odd, Outcome("exited", 0)), MemoryStore()).decision.detail == (
        "rate_limit_malformed"
    )


def test_a_command_that_is_refused_takes_no_hit() -> None:
    rates = MemoryStore()
    unmet = replace(LIMITED, conditions=(*LIMITED.conditions, Condition("e", "encrypt")))
    assert not run(World(unmet, Outcome("exited", 0)), rates).decision.allow
    other = World(replace(LIMITED, revision="other"), Outcome("exited", 0))
    assert not run(other, rates).decision.allow
    assert not run(World(LIMITED, Outcome("exited", 0), failing="intent"), rates).decision.allow
    assert run(World(LIMITED, Outcome("exited", 0)), rates).decision.allow


def test_the_command_runs_in_the_sandbox_of_the_spec_that_grants() -> None:
    other = replace(JOB, plan=SandboxPlan(level="moderate"))
    world = World(GRANT, Outcome("exited", 0))
    run(world, builder=other, reviewer=JOB)
    assert ("launch", "moderate") in world.events


@pytest.mark.parametrize(
    "conditions",
    [
        (),
        (Condition(SANDBOX_CONDITION, "sandbox", {"spec": "stranger"}),),
        (Condition(SANDBOX_CONDITION, "sandbox", {"spec": ["builder"]}),),
        (Condition(SANDBOX_CONDITION, "sandbox", {"spec": "builder", "more": 1}),),
        (INSIDE, INSIDE),
    ],
    ids=range(5),
)
def test_a_grant_that_names_no_one_sandbox_is_a_denial(conditions: tuple[Condition, ...]) -> None:
    world = World(replace(GRANT, conditions=conditions), Outcome("exited", 0))
    assert run(world).decision.detail == "condition_not_fulfillable"
    assert world.order == ["decide", "intent"]


SMALL = SandboxPlan(limits=Limits(wall_clock_ms=30_000, memory=Quantity(MIB, MIB, "bytes", "hard")))
WARNED = SandboxPlan(limits=Limits(memory=Quantity(MIB, MIB, "bytes", "monitoring")))


@pytest.mark.parametrize(
    ("plan", "kind", "properties", "met"),
    [
        (SMALL, "sandbox", {}, True),
        (SMALL, "sandbox", {"max_memory_bytes": MIB}, True),
        (SMALL, "sandbox", {"max_memory_bytes": MIB - 1}, False),
        (WARNED, "sandbox", {"max_memory_bytes": MIB}, False),
        (SMALL, "sandbox", {"max_memory_bytes": "1MB"}, False),
        (SMALL, "sandbox", {"other": 1}, False),
        (SMALL, "timeout", {"seconds": 30}, True),
        (SMALL, "timeout", {"seconds": 29}, False),
        (SMALL, "timeout", {}, False),
        (SMALL, "timeout", {"seconds": True}, False),
        (SMALL, "encrypt", {}, False),
    ],
)
def test_conditions(plan: SandboxPlan, kind: str, properties: dict[str, Any], met: bool) -> None:
    assert meets(plan, Condition("c", kind, properties)) is met
