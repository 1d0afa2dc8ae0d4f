"""From requests, decisions and outcomes to drafts of records. Layer: runtime. Pure.

What stays readable is listed; everything else is handed on to be sealed. A value that does
not fit where it belongs is sealed too: nothing is repaired, and nothing is left out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wilkc.core.subset import encode_subset
from wilkc.runtime.audit.actions import (
    OUTCOME_TYPES,
    action_type,
    record_class,
    resource_text,
)
from wilkc.runtime.audit.minimise import minimise
from wilkc.runtime.audit.record import CONTEXT_MEMBERS, NOTHING, Actor, Draft
from wilkc.runtime.audit.risk import graded_level, seed_level
from wilkc.runtime.audit.tags import tags_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from wilkc.core.audit_settings import DenialLevel
    from wilkc.core.contract import Decision, Request
    from wilkc.runtime.audit.clock import Owner
    from wilkc.runtime.audit.record import Risk, Status
    from wilkc.runtime.audit.settings import AuditSettings

MAX_CLEAR_BYTES: Final = 4096
MAX_NAME_BYTES: Final = 256
_ERROR_CODE: Final = re.compile(r"[a-z0-9_.]{1,64}", re.ASCII)
_ERROR: Final = "error"
_UNNAMED: Final = "?"
_OWN: Final = frozenset({"action", "enforced", "owner"})
_FULFILLED: Final = "fulfilled"
_SEALED_CONTEXT: Final = frozenset({"ip_address", "user_agent"})
_INTENT_MESSAGES: Final[Mapping[Status, str]] = {
    "success": "allowed",
    "failure": "denied",
    "warning": "allowed with something degraded",
}
_OUTCOME_MESSAGES: Final[Mapping[Status, str]] = {
    "success": "done",
    "failure": "failed",
    "warning": "done with a warning",
}


class Circumstances(NamedTuple):
    """Where a request came from; what is unknown is None."""

    ip_address: str | None = None
    request_id: str | None = None
    session_id: str | None = None
    trace_id: str | None = None
    user_agent: str | None = None


class Drafted(NamedTuple):
    """A draft without its sealed members, and the bytes that are to become them.

    Attributes:
        draft: what is known already.
        plain: member path to the bytes to seal.
        person: id of the person whose key seals them, which a token takes the place of.
        user: id of the person who acts, which a token takes the place of.
    """

    draft: Draft
    plain: Mapping[str, bytes]
    person: str | None = None
    user: str | None = None


class Asked(NamedTuple):
    """A question and its answer, as the caller knows them.

    Attributes:
        request: what was asked.
        decision: the answer.
        enforced: whether an allow is followed by the action.
        degraded: whether something that was to confine it is missing.
        circumstances: where the request came from; None takes what the request says.
        latency_us: how long the decision took, or None.
        decision_id: the decision point's own id of the answer, or None.
        input: the very bytes sent to the decision point; None encodes the request.
        details: more about it, sealed but for the listed members.
        tags: tags that the caller adds.
        person: id of the person it is about, whose key seals the content; or None.
    """

    request: Request
    decision: Decision
    enforced: bool = True
    degraded: bool = False
    circumstances: Circumstances | None = None
    latency_us: int | None = None
    decision_id: str | None = None
    input: bytes | None = None
    details: Mapping[str, Any] = NOTHING
    tags: tuple[str, ...] = ()
    person: str | None = None


def draft_intent(record_id: str, asked: Asked, owner: Owner, settings: AuditSettings) -> Drafted:
    """The record of a decision."""
    request, decision = asked.request, asked.decision
    kind, named = action_type(request, enforced=asked.enforced)
    status: Status = "failure" if not decision.allow else "success"
    if decision.allow and asked.degraded:
        status = "warning"
    own, given = _own(asked, named, owner)
    clear, plain = _details(given, settings, _OWN)
    clear |= own
    if settings.record_input:
        plain["input"] = asked.input or json.dumps(request.as_input()).encode()
    lift = settings.levels.of(request.type)
    risk = _risk(settings, kind, status, decision=decision, lift=lift)
    draft = Draft(
        id=record_id,
        phase="intent",
        record_class=record_class(kind, "intent", status, risk, allow=decision.allow),
        actor=Actor("agent", _clear_text(request.agent, "actor.id", plain, MAX_NAME_BYTES) or "?"),
        type=kind,
        resource=_resource(request, settings, plain),
        status=status,
        risk=risk,
        details=clear,
        context=_context(asked.circumstances or _stated(request), plain),
        decision=_decision_member(asked),
        message=_INTENT_MESSAGES[status],
        tags=tags_for(
            kind,
            "intent",
            classification=request.properties.get("classification"),
            subject=asked.person is not None,
            added=asked.tags,
        ),
    )
    draft, plain = minimise(draft, plain)
    return Drafted(draft, plain, person=asked.person)


def draft_outcome(  # noqa: PLR0913  # what an outcome says
    record_id: str,
    intent: Draft,
    status: Status,
    settings: AuditSettings,
    *,
    error: str | None = None,
    error_text: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> Drafted:
    """The record of what an allowed action did."""
    kind = OUTCOME_TYPES.get(intent.type, intent.type)
    own = _fulfilled(intent, details or {})
    given = {name: value for name, value in (details or {}).items() if name not in own}
    clear, plain = _details(given, settings)
    clear |= own
    if error is not None and not _ERROR_CODE.fullmatch(error):
        error, error_text = _ERROR, error_text or error
    if error_text:
        plain["result.error"] = error_text.encode("utf-8", "backslashreplace")
    risk = _risk(settings, kind, status, error=error)
    draft = Draft(
        id=record_id,
        phase="outcome",
        record_class=record_class(kind, "outcome", status, risk, allow=True),
        actor=intent.actor,
        type=kind,
        resource=intent.resource,
        status=status,
        risk=risk,
        ref=intent.id,
        details=clear,
        context=intent.context,
        error=error,
        message=_OUTCOME_MESSAGES[status],
        tags=tuple(sorted(set(tags_for(kind, "outcome")) | (set(intent.tags) - {"soc2"}))),
        subject=intent.subject,
    )
    return Drafted(*minimise(draft, plain))


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that is no decision and no outcome.

    Attributes:
        type: action type, for example `auth.login`.
        resource: what it is about, in the short form.
        actor: who did it.
        status: of the result.
        ref: id of the record it is about, or None.
        details: more about it, sealed but for the listed members.
        clear: whether all details stay readable, as in records about the log itself.
        circumstances: where it came from.
        error: an error code, or None.
        error_text: free text, which is sealed, or None.
        risk: level that the caller insists on, or None for the graded one.
        tags: tags that the caller adds.
        person: id of the person it is about, whose key seals the content; left out, the user
            who acts, if one does.
        secret: more details, which are sealed whatever their names.
    """

    type: str
    resource: str
    actor: Actor
    status: Status = "success"
    ref: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    clear: bool = False
    circumstances: Circumstances = field(default_factory=Circumstances)
    error: str | None = None
    error_text: str | None = None
    risk: Risk | None = None
    tags: tuple[str, ...] = ()
    person: str | None = None
    secret: Mapping[str, Any] = field(default_factory=dict)


def draft_event(record_id: str, event: Event, settings: AuditSettings) -> Drafted:
    """The record of a fact."""
    clear, plain = (dict(event.details), {}) if event.clear else _details(event.details, settings)
    if event.secret:
        rest = {name: value for name, value in event.details.items() if name not in clear}
        plain["action.details"] = json.dumps({**rest, **event.secret}, default=str).encode()
    if event.error_text:
        plain["result.error"] = event.error_text.encode("utf-8", "backslashreplace")
    actor, user = event.actor, None
    if actor.type == "user":
        user = actor.id
        if actor.name is not None:
            plain["actor.name"] = actor.name.encode("utf-8", "backslashreplace")
        actor = Actor(actor.type, _UNNAMED)
    person = event.person if event.person is not None else user
    risk = event.risk or _risk(settings, event.type, event.status, error=event.error)
    draft = Draft(
        id=record_id,
        phase="system",
        record_class=record_class(event.type, "system", event.status, risk, allow=True),
        actor=actor,
        type=event.type,
        resource=_clear_text(event.resource, "action.resource", plain, MAX_CLEAR_BYTES)
        or event.resource.partition(":")[0],
        status=event.status,
        risk=risk,
        ref=event.ref,
        details=clear,
        context=_context(event.circumstances, plain),
        error=event.error,
        tags=tags_for(event.type, "system", subject=person is not None, added=event.tags),
    )
    if not event.clear:  # Wilk's own records hold only what it made itself
        draft, plain = minimise(draft, plain)
    return Drafted(draft, plain, person=person, user=user)


def _own(asked: Asked, named: str | None, owner: Owner) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Wilk itself says of an intent and reads without a key, and the other details.

    It stays clear whatever the settings list: by it a question is told from an action that is
    carried out, and an action that still runs from one whose process is gone.
    """
    own: dict[str, Any] = {}
    given = dict(asked.details)
    if named is not None:
        (own if _fits(named) else given)["action"] = named
    if not asked.enforced:
        own["enforced"] = False
    elif asked.decision.allow:
        own["owner"] = owner.as_json()
    return own, given


def _decision_member(asked: Asked) -> dict[str, Any]:
    decision = asked.decision
    return {
        "allow": decision.allow,
        "conditions": [condition.id for condition in decision.conditions],
        "decision_id": asked.decision_id,
        "detail": decision.detail,
        "latency_us": asked.latency_us,
        "reason": decision.reason,
        "revision": decision.revision or None,
        "rule": decision.rule.id if decision.rule else None,
    }


def _risk(  # noqa: PLR0913  # what a level rests on
    settings: AuditSettings,
    kind: str,
    status: Status,
    *,
    decision: Decision | None = None,
    error: str | None = None,
    lift: DenialLevel | None = None,
) -> Risk:
    if settings.risk_profile == "graded":
        return graded_level(kind, status, decision, error, lift)
    denied = decision is not None and not decision.allow
    return seed_level("permission.check" if denied else kind, status)


def _details(
    details: Mapping[str, Any],
    settings: AuditSettings,
    reserved: AbstractSet[str] = frozenset(),
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What of the details stays clear, and the rest as the bytes to seal.

    Args:
        details: as the caller gives them.
        settings: which of them stay clear.
        reserved: names that say something in clear only where Wilk itself says it.
    """
    clear = {
        name: value
        for name, value in details.items()
        if name in settings.clear_details and name not in reserved and _fits(value)
    }
    rest = {name: value for name, value in details.items() if name not in clear}
    plain = {"action.details": json.dumps(rest, default=str).encode()} if rest else {}
    return clear, plain


def _fulfilled(intent: Draft, details: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions of a grant that were met, where they are those that the intent names."""
    named = intent.decision["conditions"] if intent.decision else ()
    told = details.get(_FULFILLED)
    known = isinstance(told, list) and all(condition in named for condition in told)
    return {_FULFILLED: told} if known else {}


def _fits(value: Any) -> bool:
    try:
        return len(encode_subset(value)) <= MAX_NAME_BYTES
    except ValueError:
        return False


def _resource(request: Request, settings: AuditSettings, plain: dict[str, bytes]) -> str:
    text = resource_text(request)
    if settings.seal_resources:
        plain["action.resource"] = text.encode("utf-8", "backslashreplace")
        return _clear_text(request.type, "action.type", plain, MAX_NAME_BYTES) or "?"
    kept = _clear_text(text, "action.resource", plain, MAX_CLEAR_BYTES)
    return kept or _clear_text(request.type, "action.type", plain, MAX_NAME_BYTES) or "?"


def _clear_text(text: str, path: str, plain: dict[str, bytes], limit: int) -> str:
    """The text if it can stand in clear; else nothing, and it is to be sealed."""
    try:
        fits = len(text.encode("utf-8")) <= limit
    except UnicodeEncodeError:
        fits = False
    if not fits:
        plain[path] = text.encode("utf-8", "backslashreplace")
        return ""
    return text


def _context(given: Circumstances, plain: dict[str, bytes]) -> dict[str, str | None]:
    context: dict[str, str | None] = {}
    for name in CONTEXT_MEMBERS:
        text: str | None = getattr(given, name)
        if text is not None and name in _SEALED_CONTEXT:
            plain[f"context.{name}"] = text.encode("utf-8", "backslashreplace")
            text = None
        if text is not None:
            text = _clear_text(text, f"context.{name}", plain, MAX_NAME_BYTES) or None
        context[name] = text
    return context


def _stated(request: Request) -> Circumstances:
    """What a request itself says of where it came from."""
    texts = {
        name: request.context[name]
        for name in CONTEXT_MEMBERS
        if isinstance(request.context.get(name), str)
    }
    return Circumstances(**texts)
