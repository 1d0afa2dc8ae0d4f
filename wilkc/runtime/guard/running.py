"""Carrying out a command for a caller in Python: its output is handed back. Layer: runtime."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Decision, denial
from wilkc.core.strict_json import decode_json
from wilkc.runtime.audit.minimise import KINDS, SECRETS, name_in
from wilkc.runtime.guard.executing import Executor
from wilkc.runtime.guard.steps import GUARD_FAILED, failed, settle
from wilkc.runtime.sandbox import Outcome, Recorded, Streams, launch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.bundle import VerifiedBundle
    from wilkc.core.contract import Request
    from wilkc.runtime.guard.executing import Usage
    from wilkc.runtime.guard.recording import Intent, Recorder
    from wilkc.runtime.guard.steps import Prepared
    from wilkc.runtime.guard.unrevoked import Point
    from wilkc.runtime.limits import RateStore
    from wilkc.runtime.sandbox import DecisionPoint, Egress, Held, Job

MAX_OUTPUT: Final = 2**20
"""Bytes that are kept of each stream of a command; what comes after them is dropped."""
LEAKED: Final = "secret_in_output"
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
        result: what it wrote to descriptor 3, where it was given one.
    """

    decision: Decision
    outcome: Outcome
    recorded: bool
    stdout: bytes = b""
    stderr: bytes = b""
    result: bytes = b""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a run beside its command.

    Attributes:
        files: absolute path to bytes that the command finds there, read-only.
        digest: SHA-256 that the program's file must have, in hexadecimal; empty for any.
        result: whether the command writes a result to descriptor 3.
        screened: whether secrets in what it gives back are a violation.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    digest: str = ""
    result: bool = False
    screened: bool = False


ONLY_THE_COMMAND: Final = Wanted()


def run_command(  # noqa: PLR0913  # what a run rests on
    prepared: Prepared,
    point: Point,
    recorder: Recorder,
    *,
    rates: RateStore | None,
    bundle: Callable[[], VerifiedBundle] | None,
    workspace: str,
    environment: Mapping[str, str],
    held: Held,
    wanted: Wanted = ONLY_THE_COMMAND,
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
        held: what of Wilk's own the caller knows of.
        wanted: what is wanted beside the command.
    """
    jobs = _jobs(prepared, bundle, workspace, environment)
    if isinstance(jobs, Decision):
        settled = settle(prepared, jobs, recorder=recorder, rates=None, enforced=True)
        outcome = Outcome("denied", None, settled.decision.detail, settled.decision.message)
        return CommandResult(settled.decision, outcome, settled.intent is not None)
    session = (prepared.circumstances and prepared.circumstances.session_id) or ""
    jobs = {
        spec: replace(
            job, files=wanted.files, digest=wanted.digest,
            session=session, held=held,
        )
        for spec, job in jobs.items()
    }  # fmt: skip
    kept = _Output()
    from wilkc.runtime.egress import Gateway  # noqa: PLC0415  # which itself counts by this room

    egress = Gateway(point, recorder, rates, prepared.circumstances)
    launcher = partial(_launched, point, egress, kept, wanted)
    ended = Executor(point, _Recorder(recorder, prepared), launcher, rates).run(
        prepared.request, jobs
    )
    return CommandResult(ended.decision, ended.outcome, ended.recorded, *kept.pieces())


def _launched(  # noqa: PLR0913, PLR0917  # what a launch rests on
    point: DecisionPoint, egress: Egress, kept: _Output, wanted: Wanted, job: Job, usage: Usage
) -> Outcome:
    """How the launch ended, also where it met something unforeseen."""
    result = kept.result.take if wanted.result else None
    try:
        streams = Streams(kept.stdout.take, kept.stderr.take, result)
        ended = launch(job, point, streams, observer=Recorded(usage), egress=egress)
    except Exception as error:  # noqa: BLE001  # a caller is told, and the outcome recorded
        text = f"the sandbox failed: {type(error).__name__}"
        return Outcome("sandbox_failed", None, GUARD_FAILED, text)
    return _screened(ended, kept, personal=job.plan.screen_personal) if wanted.screened else ended


def _screened(ended: Outcome, kept: _Output, *, personal: bool) -> Outcome:
    """The outcome, and nothing of the output, where that holds what must not leave.

    By its form (see `wilkc.runtime.audit.minimise`): what was encoded, cut up or has no form of
    its own is not found; what must not leave must not be readable in the sandbox.
    """
    kinds = KINDS if personal else SECRETS
    shown = (*kept.pieces(), _unescaped(bytes(kept.result.held)))
    texts = (piece.decode("utf-8", "replace") for piece in shown)
    found = next(filter(None, (name_in(text, kinds) for text in texts)), "")
    if not found:
        return ended
    kept.clear()
    text = f"the output holds something of the form `{found}`, which must not leave"
    return replace(ended, kind="policy_violation", detail=LEAKED, message=text)


def _unescaped(result: bytes) -> bytes:
    """A result as its reader sees it: escapes hide a secret from whoever looks at the bytes."""
    try:
        return json.dumps(decode_json(result), ensure_ascii=False).encode("utf-8", "replace")
    except ValueError:
        return b""


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


class _Output:
    """Everything that a command gives back."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.stdout, self.stderr, self.result = _Kept(), _Kept(), _Kept()

    def pieces(self) -> tuple[bytes, bytes, bytes]:
        return bytes(self.stdout.held), bytes(self.stderr.held), bytes(self.result.held)
