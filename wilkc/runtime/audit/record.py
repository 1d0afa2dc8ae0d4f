"""The record `wilk.audit/v1`: its 19 members, what each may hold. Layer: runtime. Pure.

A record comes in two parts: a draft, which is known when something happens, and a stamp,
which the writer adds when it gives the record its place in the log.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from wilkc.core.encoding import from_base64, is_hex
from wilkc.runtime.audit.note import is_origin
from wilkc.runtime.keys.seal import ALGORITHM, NONCE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FORMAT: Final = "wilk.audit/v1"

Phase = Literal["intent", "outcome", "system"]
Class = Literal["security", "access", "operation"]
Status = Literal["success", "failure", "warning"]
Risk = Literal["low", "medium", "high", "critical"]
ActorType = Literal["user", "agent", "system"]

PHASES: Final[tuple[Phase, ...]] = ("intent", "outcome", "system")
CLASSES: Final[tuple[Class, ...]] = ("security", "access", "operation")
STATUSES: Final[tuple[Status, ...]] = ("success", "failure", "warning")
RISKS: Final[tuple[Risk, ...]] = ("low", "medium", "high", "critical")

CONTEXT_MEMBERS: Final = ("ip_address", "request_id", "session_id", "trace_id", "user_agent")
DECISION_MEMBERS: Final = (
    "allow", "conditions", "decision_id", "detail", "latency_us", "reason", "revision", "rule",
)  # fmt: skip
ENVELOPE_MEMBERS: Final = ("alg", "blob", "ct", "kid", "n")
ACTOR_TYPES: Final[tuple[ActorType, ...]] = ("user", "agent", "system")
ID_FORM: Final = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME_FORM: Final = (
    "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)\.[0-9]{6}Z"
)
TYPE_FORM: Final = r"[a-z]+(?:\.[a-z_]+)+"
SUBJECT_FORM: Final = "s_[0-9a-f]{32}"
_ID: Final = re.compile(ID_FORM)
_TIME: Final = re.compile(TIME_FORM)
_TYPE: Final = re.compile(TYPE_FORM)
_SUBJECT: Final = re.compile(SUBJECT_FORM)
_KID_DIGITS: Final = 8
_DATA_KID_DIGITS: Final = 32
_HASH_DIGITS: Final = 64
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
"""Members that a record does not have; shared by all, and not to be changed."""


class Actor(NamedTuple):
    """Who acts. `name` is None where unknown or sealed."""

    type: ActorType
    id: str
    name: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The `actor` member."""
        return {"id": self.id, "name": self.name, "type": self.type}


class Draft(NamedTuple):
    """All of a record that is known before it has a place in the log.

    Attributes:
        id: UUIDv7.
        phase: `intent`, `outcome` or `system`.
        record_class: what is kept for how long.
        actor: who acts.
        type: action type, for example `file.read`.
        resource: what is acted on, in the short form.
        status: of the result.
        risk: level of risk.
        ref: for an outcome the id of its intent.
        details: clear members of `action.details`.
        context: clear members of the context.
        decision: the `decision` member of an intent.
        error: error code of the result, or None.
        message: a fixed sentence of the result, or None.
        tags: compliance tags, sorted.
        subject: token of the person whose key seals the content, or None.
        sealed: member path to envelope.
    """

    id: str
    phase: Phase
    record_class: Class
    actor: Actor
    type: str
    resource: str
    status: Status
    risk: Risk
    ref: str | None = None
    details: Mapping[str, Any] = NOTHING
    context: Mapping[str, Any] = NOTHING
    decision: Mapping[str, Any] | None = None
    error: str | None = None
    message: str | None = None
    tags: tuple[str, ...] = ()
    subject: str | None = None
    sealed: Mapping[str, Any] = NOTHING

    def expects_outcome(self) -> bool:
        """Whether this is an intent that was allowed and is carried out."""
        if self.phase != "intent" or self.decision is None:
            return False
        return bool(self.decision["allow"]) and self.details.get("enforced", True) is not False


class Stamp(NamedTuple):
    """What the writer adds: the record's place, time and signing key."""

    log: str
    seq: int
    prev: str
    ts: str
    mono_us: int
    boot: str
    kid: str


def check_event(event: Mapping[str, Any]) -> None:
    """Require that a value is a record: closed members, each of its kind.

    Raises:
        ValueError: it is not; the message names the member.
    """
    _require_members(event, tuple(_MEMBERS), "the record")
    for name, fits in _MEMBERS.items():
        if not fits(event[name]):
            raise ValueError(f"the record's `{name}` is malformed")
    _check_phase(event)
    for path, envelope in event["sealed"].items():
        _check_envelope(path, envelope)


def is_record_id(value: object) -> bool:
    """Whether a value is the text of a UUIDv7 in lower case (RFC 9562)."""
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def _check_phase(event: Mapping[str, Any]) -> None:
    phase = event["phase"]
    if (phase == "intent") != (event["decision"] is not None):
        raise ValueError("an intent has a decision, and nothing else has one")
    if phase == "intent" and event["ref"] is not None:
        raise ValueError("an intent refers to nothing")
    if phase == "outcome" and event["ref"] is None:
        raise ValueError("an outcome names its intent")


def _check_envelope(path: str, envelope: Any) -> None:
    _require_members(envelope, ENVELOPE_MEMBERS, f"the sealed `{path}`")
    inline, blob = envelope["ct"], envelope["blob"]
    if envelope["alg"] != ALGORITHM or not is_hex(envelope["kid"], _DATA_KID_DIGITS):
        raise ValueError(f"the sealed `{path}` is malformed")
    if not isinstance(envelope["n"], str) or (inline is None) == (blob is None):
        raise ValueError(f"the sealed `{path}` is malformed")
    from_base64(envelope["n"], length=NONCE_BYTES)
    if blob is not None and not is_hex(blob, _HASH_DIGITS):
        raise ValueError(f"the sealed `{path}` names no blob")
    if inline is not None:
        if not isinstance(inline, str):
            raise ValueError(f"the sealed `{path}` is malformed")
        from_base64(inline)


def _require_members(value: Any, names: tuple[str, ...], what: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise ValueError(f"{what} has missing or unknown members")


def _has(value: Any, kinds: Mapping[str, Callable[[Any], bool]]) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(kinds)
        and all(fits(value[name]) for name, fits in kinds.items())
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_tags(value: Any) -> bool:
    return _is_texts(value) and value == sorted(set(value))


def _is_decision(value: Any) -> bool:
    return value is None or _has(value, _DECISION)


_DECISION: Final[Mapping[str, Callable[[Any], bool]]] = {
    "allow": lambda value: isinstance(value, bool),
    "conditions": _is_texts,
    "decision_id": _is_text_or_none,
    "detail": _is_text,
    "latency_us": lambda value: value is None or _is_count(value),
    "reason": _is_text,
    "revision": _is_text_or_none,
    "rule": _is_text_or_none,
}
_ACTOR: Final[Mapping[str, Callable[[Any], bool]]] = {
    "id": _is_text,
    "name": _is_text_or_none,
    "type": lambda value: value in ACTOR_TYPES,
}
_ACTION: Final[Mapping[str, Callable[[Any], bool]]] = {
    "details": lambda value: isinstance(value, dict),
    "resource": _is_text,
    "type": lambda value: isinstance(value, str) and bool(_TYPE.fullmatch(value)),
}
_RESULT: Final[Mapping[str, Callable[[Any], bool]]] = {
    "error": _is_text_or_none,
    "message": _is_text_or_none,
    "status": lambda value: value in STATUSES,
}
_SECURITY: Final[Mapping[str, Callable[[Any], bool]]] = {
    "compliance_tags": _is_tags,
    "kid": lambda value: is_hex(value, _KID_DIGITS),
    "risk_level": lambda value: value in RISKS,
}
_MEMBERS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "v": lambda value: value == FORMAT,
    "log": is_origin,
    "seq": _is_count,
    "id": is_record_id,
    "ts": lambda value: isinstance(value, str) and bool(_TIME.fullmatch(value)),
    "mono_us": _is_count,
    "boot": lambda value: is_hex(value, 32),
    "prev": lambda value: is_hex(value, _HASH_DIGITS),
    "phase": lambda value: value in PHASES,
    "ref": lambda value: value is None or is_record_id(value),
    "class": lambda value: value in CLASSES,
    "actor": lambda value: _has(value, _ACTOR),
    "action": lambda value: _has(value, _ACTION),
    "context": lambda value: _has(value, dict.fromkeys(CONTEXT_MEMBERS, _is_text_or_none)),
    "decision": _is_decision,
    "result": lambda value: _has(value, _RESULT),
    "security": lambda value: _has(value, _SECURITY),
    "subject": lambda value: (
        value is None or (isinstance(value, str) and bool(_SUBJECT.fullmatch(value)))
    ),
    "sealed": lambda value: isinstance(value, dict),
}
