"""One action from question to outcome: decide, count, record, launch, record. Layer: runtime.

No input or output of its own: the decision point, the store of hits, the recorder and the
launcher do that. The order is the promise: nothing is started that was not allowed, and nothing
is started whose intent is not on stable storage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from wilkc.core.contract import SANDBOX_CONDITION, denial
from wilkc.runtime.audit import AUDIT_UNAVAILABLE
from wilkc.runtime.guard.conditions import RATE_LIMIT, fulfilled, unfulfilled
from wilkc.runtime.guard.hits import give_back, take_hits
from wilkc.runtime.sandbox import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.core.contract import Condition, Decision, Json, Request
    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.runtime.guard.recording import Intent, Status
    from wilkc.runtime.limits import RateStore
    from wilkc.runtime.sandbox import DecisionPoint, Job

OTHER_REVISION: Final = "unknown_revision"
_BY_NO_LAUNCH: Final = "this launch cannot fulfil"
_MS: Final = 1000


class CommandRecorder(Protocol):
    """Records decisions on commands before they take effect."""

    def intent(self, request: Request, decision: Decision, *, degraded: bool = False) -> Intent:
        """See `Recorder.intent`."""
        ...


class Usage(Protocol):
    """Takes a sample of what a command uses; what it raises is lost, and changes nothing."""

    def __call__(self, sample: Mapping[str, Any], /) -> object:
        """Take one, as records show it."""
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one action.

    Attributes:
        decision: the decision that held in the end.
        outcome: how the command ended; of kind `denied` where none was started.
        recorded: whether the outcome is on record.
    """

    decision: Decision
    outcome: Outcome
    recorded: bool


class Executor:
    """Carries out commands that are allowed, and only those.

    Args:
        point: answers requests.
        recorder: keeps the record.
        launcher: runs a job in its sandbox, and passes on samples of what it uses.
        rates: counts hits; without it a grant with a rate limit is a denial.
    """

    def __init__(
        self,
        point: DecisionPoint,
        recorder: CommandRecorder,
        launcher: Callable[[Job, Usage], Outcome],
        rates: RateStore | None = None,
    ) -> None:
        self._point = point
        self._recorder = recorder
        self._launcher = launcher
        self._rates = rates

    def run(self, request: Request, jobs: Mapping[str, Job]) -> Result:
        """Decide, count, record, launch, record the outcome.

        Args:
            request: the canonical question whether the command may run.
            jobs: the command, exactly as the request says it, in the sandbox of each of the
                agent's specs: spec name to job.
        """
        # 1. Decide; a grant that cannot be carried out as granted is a denial.
        decision, job = self._decide(request, jobs)
        # 2. Take its hits, last of all that may refuse it.
        decision, refund = take_hits(decision, self._rates)
        if not decision.allow:
            job = None
        # 3. Record durably, whatever the answer is.
        try:
            degraded = job is not None and bool(job.plan.degraded)
            intent = self._recorder.intent(request, decision, degraded=degraded)
        except Exception as error:  # noqa: BLE001  # whatever the reason: no record, no action
            give_back(refund)
            decision = _unrecorded(decision, error)
            return Result(decision, _denied(decision), recorded=False)
        if job is None:
            return Result(decision, _denied(decision), recorded=True)
        # 4. Launch, and 5. record the outcome, also of what was never meant to happen.
        try:
            outcome = self._launcher(job, intent.usage)
        except BaseException as error:
            _record(intent, "failure", type(error).__name__.lower(), {})
            raise
        done = outcome.kind == "exited" and outcome.exit == 0
        status: Status = "success" if done else "failure"
        details = {**_details(outcome), **fulfilled(decision)}
        recorded = _record(intent, status, None if done else outcome.kind, details)
        return Result(decision, outcome, recorded)

    def _decide(self, request: Request, jobs: Mapping[str, Job]) -> tuple[Decision, Job | None]:
        """The decision that holds, and the job where it is a grant."""
        decision = self._point.decide(request)
        if not decision.allow:
            return decision, None
        job = jobs.get(_granting_spec(decision))
        if job is None:
            return unfulfilled(decision, SANDBOX_CONDITION, _BY_NO_LAUNCH), None
        if decision.revision != job.revision:
            refused = denial(
                "VALIDATION_ERROR",
                OTHER_REVISION,
                "the sandbox plan and the decision come from different revisions",
                revision=decision.revision,
            )
            return refused, None
        for condition in decision.conditions:
            counted = condition.type == RATE_LIMIT and self._rates is not None
            if not counted and not meets(job.plan, condition):
                return unfulfilled(decision, condition, _BY_NO_LAUNCH), None
        return decision, job


def _granting_spec(decision: Decision) -> str:
    """The spec whose sandbox the grant demands; empty where it names none."""
    named = [
        condition.properties.get("spec")
        for condition in decision.conditions
        if condition.id == SANDBOX_CONDITION
    ]
    return named[0] if len(named) == 1 and isinstance(named[0], str) else ""


def meets(plan: SandboxPlan, condition: Condition) -> bool:
    """Whether a launch by this plan fulfils a condition; what is not understood is not met."""
    limits, properties = plan.limits, condition.properties
    if condition.type == "sandbox":
        most = properties.get("max_memory_bytes")
        hard = limits.memory.enforcement == "hard"
        known = {"spec"} if condition.id == SANDBOX_CONDITION else {"max_memory_bytes"}
        if set(properties) - known:
            return False
        return most is None or (hard and _at_most(limits.memory.max, most))
    if condition.type == "timeout":
        return _at_most(limits.wall_clock_ms, properties.get("seconds"), _MS)
    return False


def _at_most(value: int, most: Json, unit: int = 1) -> bool:
    """Whether a value keeps a limit; a limit that is no whole number is kept by none."""
    return isinstance(most, int) and not isinstance(most, bool) and value <= most * unit


def _record(intent: Intent, status: Status, error: str | None, details: Mapping[str, Json]) -> bool:
    try:
        intent.outcome(status, error=error, details=details)
    except Exception:  # noqa: BLE001  # the act is done; the caller learns that it is not on record
        return False
    return True


def _details(outcome: Outcome) -> dict[str, Json]:
    """The outcome for the record, with what stays readable without a key beside it."""
    details: dict[str, Json] = {"outcome": outcome.as_json()}
    if outcome.exit is not None:
        details["exit_code"] = outcome.exit
    duration = outcome.record.get("duration_ms")
    if duration is not None:
        details["duration_us"] = duration * _MS
    return details


def _unrecorded(decision: Decision, error: Exception) -> Decision:
    if not decision.allow:
        return decision
    return denial(
        "VALIDATION_ERROR",
        AUDIT_UNAVAILABLE,
        f"the record cannot be written, so nothing runs: {error}",
        revision=decision.revision,
    )


def _denied(decision: Decision) -> Outcome:
    return Outcome("denied", None, decision.detail, decision.message)
