"""From the facts of a launch to its outcome. Layer: runtime. No I/O.

bubblewrap ends with 1 for its own failures and for a command's 1: only the exit code that it
reports tells that the command was executed at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.bare import EXEC_FAILED
from wilkc.runtime.sandbox.judging import MONITOR
from wilkc.runtime.sandbox.outcome import Kind, Outcome
from wilkc.runtime.sandbox.probe import explain
from wilkc.runtime.sandbox.record import Facts, launch_record, shown

if TYPE_CHECKING:
    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.postcheck import Verdicts
    from wilkc.runtime.sandbox.refusal import SandboxRefusedError

_LIFTED: Final = (
    "`{}`, which the command may not reach, was replaced or moved on the host while it ran, so that"
    " its place was in reach"
)
_EXEC_FAILED: Final = ("bwrap: execvp", EXEC_FAILED)


def outcome(job: Job, facts: Facts, refusal: SandboxRefusedError | None) -> Outcome:
    """How the launch ended; the first cause that holds, the shim's own before the command's."""
    record = launch_record(job, facts)
    if refusal is not None:
        text = shown(refusal.message)
        return Outcome("sandbox_failed", None, refusal.code, text, refusal.help_text, record)
    kind, detail, message = _cause(job, facts)
    help_text = ""
    if kind == "sandbox_failed":
        message, help_text = explain(facts.words)
        message = f"{message}: {facts.words.strip()}" if facts.words.strip() else message
    return Outcome(kind, facts.exit, detail, shown(message), help_text, record)


def _cause(job: Job, facts: Facts) -> tuple[Kind, str, str]:
    limits = job.plan.limits
    if facts.ending.cause == "timeout":
        return "timeout", "wall_clock", f"the command ran longer than {limits.wall_clock_ms} ms"
    if facts.ending.cause == "lifted":
        return "policy_violation", "mask_lifted", _LIFTED.format(facts.ending.resource)
    resource = facts.ending.resource
    if not resource and facts.memory_kills and limits.memory.enforcement == "hard":
        resource = "memory"
    if not resource and facts.egress.get("limit_exceeded"):
        resource = "network"
    disk = limits.disk
    kept = disk.enforcement == "hard" and disk.unit == "bytes"
    if not resource and kept and facts.verdicts.grown > disk.max:
        resource = "disk"
    if resource == MONITOR:
        text = "what the command uses cannot be read, so its limits cannot be kept"
        return "limit", resource, text
    if resource:
        return "limit", resource, f"Hard limit exceeded: {resource}"
    return _unexecuted(job, facts) if facts.exit is None else _executed(facts)


def _executed(facts: Facts) -> tuple[Kind, str, str]:
    if facts.verdicts.violated:
        return "policy_violation", "postcheck", _violation(facts)
    if facts.failures:
        return "cleanup_failed", "cleanup", f"something was left behind: {facts.failures[0]}"
    return "exited", "", ""


def _unexecuted(job: Job, facts: Facts) -> tuple[Kind, str, str]:
    if facts.words.startswith(_EXEC_FAILED):
        text = f"`{job.command[0]}` cannot be run in the sandbox"
        return "not_found", "sandbox.program_not_found", text
    return "sandbox_failed", "sandbox.start_failed", ""


def _violation(facts: Facts) -> str:
    verdicts = facts.verdicts
    if verdicts.unjudged:
        return f"changed files could not be judged: {verdicts.unjudged}"
    if verdicts.set_id:
        return f"`{verdicts.set_id[0]}` would run with its owner's rights"
    if verdicts.obeyed:
        return f"git would obey `{verdicts.obeyed[0]}`, which the command made; {_where(verdicts)}"
    more = len(verdicts.denied) - 1
    others = f" and {more} more" if more else ""
    return f"the policy denies writing `{verdicts.denied[0]}`{others}; {_where(verdicts)}"


def _where(verdicts: Verdicts) -> str:
    where = "it was moved to quarantine" if not verdicts.stuck else "it could not be moved away"
    # Nobody can tell who of them did it, and what only the other one may is no leave for this one.
    shared = "; another command runs in the same folders, and may have done so"
    return f"{where}{shared if verdicts.beside else ''}"
