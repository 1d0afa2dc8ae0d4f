"""The steps from a question to an answer that may be acted on. Layer: runtime.

Each is one function, called in this order by whoever waits in one way or the other: prepare,
(ask), weigh, settle. None of them raises for what it is given: whatever goes wrong is a denial.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.contract import Decision, Request, denial
from wilkc.core.errors import RequestError
from wilkc.language.instants import time_text
from wilkc.language.requests import split_short
from wilkc.opa.denials import is_answer
from wilkc.runtime.audit import unrecorded
from wilkc.runtime.guard.canonical import TOUCHES_DISK, canonical
from wilkc.runtime.guard.conditions import unmet
from wilkc.runtime.guard.context import RESERVED, SecurityContext
from wilkc.runtime.guard.hits import give_back, take_hits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.runtime.audit import Circumstances
    from wilkc.runtime.guard.hits import Refund
    from wilkc.runtime.guard.recording import Intent, Recorder
    from wilkc.runtime.limits import RateStore
    from wilkc.runtime.sandbox.names import Roots

GUARD_FAILED: Final = "guard_failed"
NOT_RESTED: Final = "signature_not_demanded"
_SHOWN: Final = 1000
"""Characters that the record of an unreadable request shows of each of its texts."""
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks.

    Attributes:
        resource: in the short form `TYPE:REST`.
        action: name of the action, or None for types that have only one.
        properties: of the resource.
        context: further circumstances.
        security: who acts, and whence.
        agents: every id that the caller calls the agent by; all must agree.
        fulfils: types of conditions that the caller promises to fulfil, from each place.
        beforehand: the answer of whoever was asked before; a denial stands.
        resting_on: the property that a grant must rest on, if any: without it there must be none.
    """

    resource: str
    action: str | None
    properties: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    security: SecurityContext | None = None
    agents: tuple[str | None, ...] = ()
    fulfils: tuple[Iterable[str], ...] = ()
    beforehand: Decision | None = None
    resting_on: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question made canonical, or refused.

    Attributes:
        request: the request, or what can be recorded of one that was refused.
        started: when the question came, on the performance counter.
        fulfils: types of conditions that the caller promises to fulfil.
        real: for files, the real path to act on.
        circumstances: for the record.
        refusal: why it is not asked at all.
        bare: the request without what its grant must rest on; None where nothing is named.
    """

    request: Request
    started: float
    fulfils: frozenset[str]
    real: str | None = None
    circumstances: Circumstances | None = None
    refusal: Decision | None = None
    bare: Request | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer that holds, and what it is on record as.

    Attributes:
        decision: the answer.
        intent: its record, or None where there is none.
        refund: gives back the hits that a grant took.
    """

    decision: Decision
    intent: Intent | None = None
    refund: Refund | None = None


def prepare(question: Question, roots: Roots) -> Prepared:
    """Make a question canonical; looks at the file system for files and commands."""
    started = time.perf_counter()
    try:
        request, real = canonical(_read(question), roots)
        security = question.security
        circumstances = security.circumstances() if security else None
        fulfils = frozenset().union(*question.fulfils)
        refusal = _beforehand(question.beforehand)
        bare = _without(request, question.resting_on)
        return Prepared(request, started, fulfils, real, circumstances, refusal, bare)
    except RequestError as error:
        refusal = denial("VALIDATION_ERROR", error.detail, error.message)
    except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
        refusal = failed(error)
    return refused(question, refusal, started)


def touches_disk(question: Question) -> bool:
    """Whether preparing a question looks at the file system."""
    return str(question.resource).partition(":")[0] in TOUCHES_DISK


def refused(question: Question, refusal: Decision, started: float) -> Prepared:
    """A question that is not asked, with what can be recorded of it."""
    return Prepared(_stand_in(question), started, frozenset(), refusal=refusal)


def rested(decision: Decision, bare: Decision) -> Decision:
    """A grant, or the denial in its place where it does not rest on what it must. Pure.

    Args:
        decision: the grant.
        bare: the answer to the same without that property.
    """
    if not is_answer(bare):
        return bare
    if bare.allow is False and bare.revision == decision.revision:
        return decision
    text = "the policy would permit it without a signature, so it trusts no key in particular"
    return denial("PERMISSION_DENIED", NOT_RESTED, text, revision=decision.revision)


def weigh(prepared: Prepared, decision: Decision, rates: RateStore | None) -> Decision:
    """The decision, or the denial in its place where it is no grant to act on. Pure."""
    try:
        if not decision.allow:
            return decision
        if decision.allow is not True or not decision.revision:
            return denial("VALIDATION_ERROR", "odd_answer", "a grant names no revision")
        return unmet(decision, prepared.fulfils, counts=rates is not None) or decision
    except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
        return failed(error)


def settle(
    prepared: Prepared,
    decision: Decision,
    *,
    recorder: Recorder,
    rates: RateStore | None,
    enforced: bool,
) -> Settled:
    """Take the hits of a grant and put the answer on record, durably, before it is given."""
    decision, refund = take_hits(decision, rates)
    latency = int((time.perf_counter() - prepared.started) * _MICROSECONDS)
    try:
        intent = recorder.intent(
            prepared.request,
            decision,
            enforced=enforced,
            circumstances=prepared.circumstances,
            latency_us=latency,
        )
    except Exception:  # noqa: BLE001  # without a record nothing may happen
        give_back(refund)
        # A denial stays what it is, whether or not it could be recorded.
        return Settled(unrecorded(decision) if decision.allow else decision)
    except BaseException:
        give_back(refund)
        raise
    return Settled(decision, intent, refund)


def failed(error: Exception) -> Decision:
    """The denial that a fault of the guard itself means."""
    kind = type(error).__name__
    return denial(
        "VALIDATION_ERROR", GUARD_FAILED, f"the guard failed, so nothing is allowed: {kind}"
    )


def _beforehand(before: Decision | None) -> Decision | None:
    """The denial that stands; a plain true grants nothing by itself: OPA is asked as ever."""
    said: Any = None if before is None else before.allow
    if before is None or said is True:
        return None
    if said is False:
        return before
    # Taken for a denial it would stand, and to whoever asks for its truth it is none.
    return denial("VALIDATION_ERROR", "odd_answer", "the answer beforehand is neither yes nor no")


def _without(request: Request, name: str) -> Request | None:
    if not name:
        return None
    kept = {key: value for key, value in request.properties.items() if key != name}
    return replace(request, properties=kept)


def _read(question: Question) -> Request:
    security = question.security
    if not isinstance(security, SecurityContext | None):
        raise RequestError("security_context_invalid", "the security context is none")
    own = {} if security is None else security.as_context()
    named = {*question.agents, security.principal if security else None} - {None}
    if len(named) != 1:
        why = "is named in two ways" if named else "is not named"
        raise RequestError("principal_unclear", f"the agent that acts {why}")
    reserved = RESERVED.intersection(question.context)
    if reserved:
        raise RequestError(
            "reserved_context", f"`{min(reserved)}` is what the guard says by itself"
        )
    agent = named.pop()
    texts = (agent, question.resource, question.action or "")
    if not isinstance(agent, str) or not all(isinstance(text, str) for text in texts):
        raise RequestError("malformed_request", "agent, resource and action must be text")
    kind, action, rest = split_short(question.resource, question.action)
    return Request(
        agent=agent,
        action=action,
        type=kind,
        id=rest,
        properties=dict(question.properties),
        context={**question.context, **own, "time": time_text(datetime.now(UTC))},
    )


def _stand_in(question: Question) -> Request:
    """What can be recorded of a question that could not be read: its texts, cut short."""
    security = question.security
    principal = security.principal if isinstance(security, SecurityContext) else None
    kind, _, rest = _text(question.resource).partition(":")
    names = [name for name in (*question.agents, principal) if isinstance(name, str)]
    agent = _text(names[0]) if names else "?"
    return Request(agent, _text(question.action), kind or "?", rest)


def _text(value: object) -> str:
    return value[:_SHOWN] if isinstance(value, str) else "?"
