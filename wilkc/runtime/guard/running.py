"""Carrying out a command for a caller in Python: its output is handed back. Layer: runtime."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Decision, denial
from wilkc.runtime.guard.executing import Executor
from wilkc.runtime.guard.steps import GUARD_FAILED, failed, settle
from wilkc.runtime.sandbox import Outcome, Streams, launch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.bundle import VerifiedBundle
    from wilkc.core.contract import Request
    from wilkc.opa import Transport
    from wilkc.runtime.guard.recording import Intent, Recorder
    from wilkc.runtime.guard.steps import Prepared
    from wilkc.runtime.limits import RateStore
    from wilkc.runtime.sandbox import DecisionPoint, Egress, Job

MAX_OUTPUT: Final = 2**20
"""Bytes that are kept of each stream of a command; what comes after them is dropped."""
NO_BUNDLE: Final = "no_sandbox_plan"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of one command.

    Attributes:
        decision: the decision that held in the end.
        outcome: how the command ended; of kind `denied` where none was started.
        recorded: whether all of it is on record.
        stdout: the first bytes of its output.
        stderr: the first bytes of its complaints.
    """

    decision: Decision
    outcome: Outcome
    recorded: bool
    stdout: bytes = b""
    stderr: bytes = b""


def run_command(  # noqa: PLR0913  # what a run rests on
    prepared: Prepared,
    point: Transport,
    recorder: Recorder,
    *,
    rates: RateStore | None,
    bundle: Callable[[], VerifiedBundle] | None,
    workspace: str,
    environment: Mapping[str, str],
) -> CommandResult:
    """Decide, count, record, launch, record; nothing is started that was not allowed.

    Args:
        prepared: the question whether the command may run.
        point: answers it.
        recorder: keeps the record.
        rates: counts hits.
        bundle: gives the bundle that decides, with its sandbox plans.
        workspace: real path of the working directory.
        environment: variables that the plan may pick from.
    """
    jobs = _jobs(prepared, bundle, workspace, environment)
    if isinstance(jobs, Decision):
        settled = settle(prepared, jobs, recorder=recorder, rates=None, enforced=True)
        outcome = Outcome("denied", None, settled.decision.detail, settled.decision.message)
        return CommandResult(settled.decision, outcome, settled.intent is not None)
    stdout, stderr = _Kept(), _Kept()
    from wilkc.runtime.egress import Gateway  # noqa: PLC0415  # which itself counts by this room

    egress = Gateway(point, recorder, rates, prepared.circumstances)
    launcher = partial(_launched, point, egress, Streams(stdout.take, stderr.take))
    executor = Executor(point, _Recorder(recorder, prepared), launcher, rates)
    ended = executor.run(prepared.request, jobs)
    return CommandResult(
        ended.decision, ended.outcome, ended.recorded, bytes(stdout.held), bytes(stderr.held)
    )


def _launched(point: DecisionPoint, egress: Egress, streams: Streams, job: Job) -> Outcome:
    """How the launch ended, also where it met something unforeseen."""
    try:
        return launch(job, point, streams, egress=egress)
    except Exception as error:  # noqa: BLE001  # a caller is told, and the outcome recorded
        text = f"the sandbox failed: {type(error).__name__}"
        return Outcome("sandbox_failed", None, GUARD_FAILED, text)


def _jobs(
    prepared: Prepared,
    bundle: Callable[[], VerifiedBundle] | None,
    workspace: str,
    environment: Mapping[str, str],
) -> dict[str, Job] | Decision:
    """The command in each sandbox, or the denial of one that cannot be carried out."""
    if prepared.refusal is not None:
        return prepared.refusal
    if bundle is None:
        text = "the guard was given no bundle, so there is no sandbox to run commands in"
        return denial("VALIDATION_ERROR", NO_BUNDLE, text)
    try:
        from wilkc.runtime.guard.jobs import jobs_of  # noqa: PLC0415  # loads the signature library

        request = prepared.request
        command = tuple(request.properties["argv"])
        return jobs_of(bundle(), request.agent, command, workspace, environment)
    except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
        return failed(error)


class _Recorder:
    """Records with the circumstances of one question."""

    def __init__(self, recorder: Recorder, prepared: Prepared) -> None:
        self._recorder = recorder
        self._circumstances = prepared.circumstances

    def intent(self, request: Request, decision: Decision, *, degraded: bool = False) -> Intent:
        """See `Recorder.intent`."""
        return self._recorder.intent(
            request, decision, degraded=degraded, circumstances=self._circumstances
        )


class _Kept:
    """The first bytes of a stream."""

    def __init__(self) -> None:
        self.held = bytearray()

    def take(self, chunk: bytes) -> None:
        self.held += chunk[: MAX_OUTPUT - len(self.held)]
