"""Encoding a record: its 19 members filled into one text. Layer: runtime. Pure.

The members are always the same, so their names and order stand here instead of being sorted
for each record, which takes a third of the time. What is free in form is left to the encoder
of the subset, and `test_encoding` holds the bytes against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import MAX_INTEGER
from wilkc.core.subset import MAX_DEPTH, encode_subset, require_key
from wilkc.core.subset import quoted as _text
from wilkc.runtime.audit.record import DECISION_MEMBERS, ENVELOPE_MEMBERS, FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.runtime.audit.record import Draft, Stamp

_DETAILS_DEPTH: Final = MAX_DEPTH - 2
_DECISION: Final = frozenset(DECISION_MEMBERS)
_ENVELOPE: Final = frozenset(ENVELOPE_MEMBERS)


def encode_event(draft: Draft, stamp: Stamp) -> bytes:
    """The canonical bytes of a record.

    Raises:
        ValueError: a value is outside the canonical subset, or of another kind than its
            member's.
    """
    try:
        return _encode(draft, stamp).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("text holds a lone surrogate") from error
    except TypeError as error:
        raise ValueError(f"a member of the record is of another kind: {error}") from error


def _encode(draft: Draft, stamp: Stamp) -> str:
    actor, context = draft.actor, draft.context.get
    return (
        f'{{"action":{{"details":{_details(draft.details)},'
        f'"resource":{_text(draft.resource)},"type":{_text(draft.type)}}},'
        f'"actor":{{"id":{_text(actor.id)},"name":{_text_or_null(actor.name)},'
        f'"type":{_text(actor.type)}}},'
        f'"boot":{_text(stamp.boot)},"class":{_text(draft.record_class)},'
        f'"context":{{"ip_address":{_text_or_null(context("ip_address"))},'
        f'"request_id":{_text_or_null(context("request_id"))},'
        f'"session_id":{_text_or_null(context("session_id"))},'
        f'"trace_id":{_text_or_null(context("trace_id"))},'
        f'"user_agent":{_text_or_null(context("user_agent"))}}},'
        f'"decision":{_decision(draft.decision)},'
        f'"id":{_text(draft.id)},"log":{_text(stamp.log)},"mono_us":{_whole(stamp.mono_us)},'
        f'"phase":{_text(draft.phase)},"prev":{_text(stamp.prev)},'
        f'"ref":{_text_or_null(draft.ref)},'
        f'"result":{{"error":{_text_or_null(draft.error)},'
        f'"message":{_text_or_null(draft.message)},"status":{_text(draft.status)}}},'
        f'"sealed":{_sealed(draft.sealed)},'
        f'"security":{{"compliance_tags":{_texts(draft.tags)},"kid":{_text(stamp.kid)},'
        f'"risk_level":{_text(draft.risk)}}},'
        f'"seq":{_whole(stamp.seq)},"subject":{_text_or_null(draft.subject)},'
        f'"ts":{_text(stamp.ts)},"v":"{FORMAT}"}}'
    )


def _decision(decision: Mapping[str, Any] | None) -> str:
    if decision is None:
        return "null"
    if decision.keys() != _DECISION:
        raise ValueError("a decision has missing or unknown members")
    latency = decision["latency_us"]
    return (
        f'{{"allow":{_truth(decision["allow"])},"conditions":{_texts(decision["conditions"])},'
        f'"decision_id":{_text_or_null(decision["decision_id"])},'
        f'"detail":{_text(decision["detail"])},'
        f'"latency_us":{"null" if latency is None else _whole(latency)},'
        f'"reason":{_text(decision["reason"])},'
        f'"revision":{_text_or_null(decision["revision"])},'
        f'"rule":{_text_or_null(decision["rule"])}}}'
    )


def _details(details: Mapping[str, Any]) -> str:
    if not details:
        return "{}"
    return encode_subset(dict(details), max_depth=_DETAILS_DEPTH).decode("utf-8")


def _sealed(sealed: Mapping[str, Any]) -> str:
    if not sealed:
        return "{}"
    return f"{{{','.join(_envelope(path, sealed[path]) for path in sorted(sealed))}}}"


def _envelope(path: str, envelope: Mapping[str, Any]) -> str:
    if envelope.keys() != _ENVELOPE:
        raise ValueError(f"the sealed `{path}` has missing or unknown members")
    require_key(path)
    return (
        f'{_text(path)}:{{"alg":{_text(envelope["alg"])},"blob":{_text_or_null(envelope["blob"])},'
        f'"ct":{_text_or_null(envelope["ct"])},"kid":{_text(envelope["kid"])},'
        f'"n":{_text(envelope["n"])}}}'
    )


def _text_or_null(value: str | None) -> str:
    return "null" if value is None else _text(value)


def _texts(values: Iterable[str]) -> str:
    return f"[{','.join(map(_text, values))}]"


def _truth(value: object) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise ValueError("a decision is neither an allow nor a denial")


def _whole(value: int) -> str:
    if type(value) is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError(f"`{value!r}` is no whole number of 53 bits")
    return str(value)
