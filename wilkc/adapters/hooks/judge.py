"""Judging one payload of a harness: read, asked, recorded, answered. Layer: adapters.

Whatever goes wrong is a denial. An allow is on record, durably, before it is given, as a
question: whether the call is made is for the harness to say.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from wilkc.adapters.hooks.answers import UNMATCHED, Judged, answer
from wilkc.adapters.hooks.client import DENIED
from wilkc.adapters.hooks.confining import RUN_IT_SO, confine, hint_of, is_command
from wilkc.adapters.hooks.harnesses import harness_of
from wilkc.adapters.hooks.model import refusal
from wilkc.adapters.hooks.tools import requests_of
from wilkc.core.contract import Decision, denial
from wilkc.core.errors import RequestError, WilkError
from wilkc.core.strict_json import decode_json
from wilkc.runtime.audit import unrecorded
from wilkc.runtime.guard.conditions import FULFILLABLE
from wilkc.runtime.guard.context import SecurityContext
from wilkc.runtime.guard.hits import give_back
from wilkc.runtime.guard.roots import roots_of
from wilkc.runtime.guard.steps import Question, failed, prepare, refused, settle, weigh

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.adapters.hooks.client import Answer
    from wilkc.adapters.hooks.model import Asked, Call, Harness
    from wilkc.core.contract import Request
    from wilkc.runtime.guard import Recorder
    from wilkc.runtime.guard.hits import Refund
    from wilkc.runtime.guard.steps import Prepared
    from wilkc.runtime.limits import RateStore
    from wilkc.runtime.sandbox.names import Roots

MAX_REQUESTS: Final = 200
"""Requests that one call may come down to."""
NO_WORKSPACE: Final = "workspace_unknown"
_SHOWN: Final = 200
_SANDBOX: Final = "sandbox"


class _Sandboxed(NamedTuple):
    """What becomes of the condition that a command is confined.

    Attributes:
        waived: whether it is not to be met here: `wilkc run` meets it, or nobody shall.
        hint: why an allowed command is denied all the same, or None.
    """

    waived: bool
    hint: str | None


class _Terms(NamedTuple):
    """On which terms the requests of a call are decided.

    Attributes:
        options: those of the hook.
        roots: what paths are relative to.
        means: who decides and who records.
        deadline: when an answer is late, on the monotonic clock.
        taken: how to give back the hits that were taken so far.
    """

    options: Mapping[str, Any]
    roots: Roots
    means: Means
    deadline: float
    taken: list[Refund]


class DecisionPoint(Protocol):
    """Who decides; a failure to do so is a denial."""

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """The decision on one request, within so many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What a judgement rests on.

    Attributes:
        point: who decides.
        recorder: keeps the record.
        rates: counts hits, or None: then a grant with a rate limit is a denial.
    """

    point: DecisionPoint
    recorder: Recorder
    rates: RateStore | None = None


def judge(raw: bytes, options: Mapping[str, Any], told: Mapping[str, str], means: Means) -> Answer:
    """The answer to one payload.

    Args:
        raw: what the harness sent.
        options: those of the hook, see `wilkc.adapters.hooks.options`.
        told: name to value of the variables by which harnesses name their project.
        means: who decides and who records.
    """
    judged = Judged(denial("VALIDATION_ERROR", "guard_failed", "nothing was judged"))
    deadline = time.monotonic() + options["deadline"]
    taken: list[Refund] = []
    try:
        payload = _object(raw)
        harness = harness_of(payload, options["harness"])
        judged = replace(judged, harness=harness)
        call = harness.read(payload)
        judged = replace(judged, call=call)
        roots = roots_of(_workspace(call, options, told), options["home"])
        if options["confine"] is not None and is_command(harness, call):
            judged = replace(judged, confined=confine(call, options, roots.workspace))
        terms = _Terms(options, roots, means, deadline, taken)
        decision = _judge_call(harness, judged, terms)
    except WilkError as error:
        detail = error.detail if isinstance(error, RequestError) else "usage"
        decision = denial("VALIDATION_ERROR", detail, error.message)
        _note(decision, judged.call, options, means)
    except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
        decision = failed(error)
        _note(decision, judged.call, options, means)
    answered = answer(replace(judged, decision=decision), options)
    if answered.code == DENIED:
        # A call that a person may still allow keeps its hits.
        for refund in taken:
            give_back(refund)
    return answered


def _object(raw: bytes) -> dict[str, Any]:
    try:
        payload = decode_json(raw)
    except ValueError as error:
        raise refusal(f"the payload is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise refusal("the payload is no object")
    return payload


def _judge_call(harness: Harness, judged: Judged, terms: _Terms) -> Decision:
    call, confined = judged.call, judged.confined
    if call is None:
        raise refusal("there is no call")
    hint = None
    if confined is not None:
        hint = hint_of(harness, call, confined)
        call = confined.call
    call = replace(call, cwd=call.cwd or terms.roots.workspace)
    sandboxed = _Sandboxed(bool(terms.options["unsafe-no-sandbox"] or confined), hint)
    asked = requests_of(harness, call)
    if not asked or len(asked) > MAX_REQUESTS:
        raise refusal(f"the call comes down to more than {MAX_REQUESTS} requests")
    unmatched = None
    for one in asked:
        decision = _decide(one, call, terms, sandboxed)
        if decision.allow:
            continue
        if decision.detail not in UNMATCHED:
            return decision
        # A person may be asked about this one only if nothing stands against any other.
        unmatched = unmatched or decision
    return unmatched or decision


def _workspace(call: Call, options: Mapping[str, Any], told: Mapping[str, str]) -> str:
    """The directory that `.` means: as named, or as the harness calls its project.

    Never the directory that the agent is in by now: it chose that itself.
    """
    if options["workspace"]:
        return str(options["workspace"])
    variable = told.get(f"{call.harness.upper()}_PROJECT_DIR", "")
    named = [variable] if variable else list(call.projects)
    if len(named) != 1 or not named[0].startswith("/"):
        raise RequestError(
            NO_WORKSPACE, "the harness names no single project: add `--workspace DIR` to the hook"
        )
    return named[0]


def _decide(asked: Asked, call: Call, terms: _Terms, sandboxed: _Sandboxed) -> Decision:
    prepared = prepare(_question(asked, call, terms.options), terms.roots)
    means = terms.means
    decision = prepared.refusal or _weighed(prepared, means, terms.deadline, sandboxed)
    settled = settle(prepared, decision, recorder=means.recorder, rates=means.rates, enforced=False)
    if settled.refund is not None:
        terms.taken.append(settled.refund)
    if settled.intent is None and settled.decision.detail in UNMATCHED:
        # Whoever says yes would have the call made without a record of it.
        return unrecorded(settled.decision)
    return settled.decision


def _weighed(prepared: Prepared, means: Means, deadline: float, sandboxed: _Sandboxed) -> Decision:
    try:
        left = max(deadline - time.monotonic(), 0)
        decision = means.point.decide(prepared.request, seconds=left)
    except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
        return failed(error)
    if not sandboxed.waived or not decision.allow:
        return weigh(prepared, decision, means.rates)
    # The record shows the grant as it was given, with the condition that is waived here.
    waived = tuple(one for one in decision.conditions if one.type != _SANDBOX)
    weighed = weigh(prepared, replace(decision, conditions=waived), means.rates)
    if weighed.allow and sandboxed.hint is not None:
        revision = decision.revision
        return denial("VALIDATION_ERROR", RUN_IT_SO, sandboxed.hint, revision=revision)
    return decision if weighed.allow else weighed


def _question(asked: Asked, call: Call, options: Mapping[str, Any]) -> Question:
    origin = {"harness": call.harness}
    if call.session:
        origin["session_id"] = call.session[:_SHOWN]
    unknown = sorted(set(options["fulfils"]) - FULFILLABLE)
    if unknown:
        raise RequestError("usage", f"no harness can fulfil `{unknown[0]}`")
    return Question(
        asked.resource,
        asked.action,
        properties=asked.properties,
        context=asked.context,
        security=SecurityContext(
            options["agent"], origin=origin, trace=(call.call[:_SHOWN],) if call.call else ()
        ),
        fulfils=(frozenset(options["fulfils"]),),
    )


def _note(decision: Decision, call: Call | None, options: Mapping[str, Any], means: Means) -> None:
    """Put a denial of what was never asked on record; it is one whether or not that succeeds."""
    name = call.tool if call is not None else "unreadable payload"
    question = Question(f"tool:{name}", "call", agents=(options["agent"],))
    prepared = refused(question, decision, time.perf_counter())
    settle(prepared, decision, recorder=means.recorder, rates=None, enforced=False)
