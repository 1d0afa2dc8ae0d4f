"""Reading the lines that almost all lines are, at one go. Layer: runtime. Pure.

A plain line is an event whose texts need no escape and whose numbers are small. One expression
admits canonical lines that hold a well-formed record, and nothing else, so that a line which
fits needs no parser, no second encoding and no look at each member. Whatever does not fit is
left to `wilkc.runtime.audit.line`, whose word is the last: this module may overlook a line, and
must never take one that is refused there or read it differently (`test_plain_lines`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.encoding import from_base64
from wilkc.core.subset import MAX_DEPTH, parse_subset
from wilkc.runtime.audit import record
from wilkc.runtime.audit.note import is_origin
from wilkc.runtime.keys.seal import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Iterable

_DETAILS_DEPTH: Final = MAX_DEPTH - 2
"""Containers that `action.details` may hold inside each other: it is the third itself."""
# Possessive everywhere, so that no line takes more than one look at each of its characters.
_CHARS: Final = r'[^"\\\x00-\x1f]*+'
_TEXT: Final = f'"({_CHARS})"'
_TEXT_OR_NULL: Final = f'(?:null|"({_CHARS})")'
_TEXTS: Final = rf'\[((?:"{_CHARS}"(?:,"{_CHARS}")*+)?+)\]'
_COUNT: Final = "(0|[1-9][0-9]{0,14}+)"
"""At most 15 digits, which no question of 53 bits arises about."""
_NONCE: Final = "[A-Za-z0-9+/]{16}"
_SIGNATURE: Final = "[A-Za-z0-9+/]{86}=="
_ENVELOPE: Final = (
    r'"([a-z0-9_.:-]{1,64}+)":\{'
    rf'"alg":"{ALGORITHM}","blob":(?:null|"([0-9a-f]{{64}})"),'
    r'"ct":(?:null|"([A-Za-z0-9+/]*+={0,2}+)"),'
    rf'"kid":"([0-9a-f]{{32}})","n":"({_NONCE})"\}}'
)


def _one_of(names: Iterable[str]) -> str:
    return f'"({"|".join(names)})"'


def _object(**members: str) -> str:
    return r"\{" + ",".join(f'"{name}":{members[name]}' for name in sorted(members)) + r"\}"


def _without_groups(source: str) -> str:
    """The same expression, none of whose parts is kept."""
    return re.sub(r"(?<!\\)\((?!\?)", "(?:", source)


def _nested(levels: int) -> str:
    """An object in braces that match, with others in it; what else stands there is not judged."""
    inner = rf'[^{{}}"\\]++|"{_CHARS}"'
    found = rf"\{{(?:{inner})*+\}}"
    for _ in range(levels - 1):
        found = rf"\{{(?:{inner}|{found})*+\}}"
    return found


_ID: Final = f'"({record.ID_FORM})"'
_SEALED: Final = _without_groups(_ENVELOPE)
_LINE: Final = re.compile(
    _object(
        event=_object(
            action=_object(
                details=f"({_nested(4)})", resource=_TEXT, type=f'"({record.TYPE_FORM})"'
            ),
            actor=_object(id=_TEXT, name=_TEXT_OR_NULL, type=_one_of(record.ACTOR_TYPES)),
            boot='"([0-9a-f]{32})"',
            context=_object(**dict.fromkeys(record.CONTEXT_MEMBERS, _TEXT_OR_NULL)),
            decision="(?:null|"
            + _object(
                allow="(true|false)",
                conditions=_TEXTS,
                decision_id=_TEXT_OR_NULL,
                detail=_TEXT,
                latency_us=f"(?:null|{_COUNT})",
                reason=_TEXT,
                revision=_TEXT_OR_NULL,
                rule=_TEXT_OR_NULL,
            )
            + ")",
            id=_ID,
            log=_TEXT,
            mono_us=_COUNT,
            phase=_one_of(record.PHASES),
            prev='"([0-9a-f]{64})"',
            ref=f"(?:null|{_ID})",
            result=_object(
                error=_TEXT_OR_NULL, message=_TEXT_OR_NULL, status=_one_of(record.STATUSES)
            ),
            sealed=rf"\{{((?:{_SEALED}(?:,{_SEALED})*+)?+)\}}",
            security=_object(
                compliance_tags=_TEXTS, kid='"([0-9a-f]{8})"', risk_level=_one_of(record.RISKS)
            ),
            seq=_COUNT,
            subject=f'(?:null|"({record.SUBJECT_FORM})")',
            ts=f'"({record.TIME_FORM})"',
            v=f'"{re.escape(record.FORMAT)}"',
            **{"class": _one_of(record.CLASSES)},
        ),
        sig=f'(?:null|"({_SIGNATURE})")',
    )
)
_ENVELOPES: Final = re.compile(_ENVELOPE)
_is_log: Final = lru_cache(maxsize=64)(is_origin)


def read_plain(line: bytes) -> tuple[dict[str, Any], str | None] | None:
    """The record of a plain line and its signature's base64; None for any other line.

    Lengths are not looked at.
    """
    try:
        found = _LINE.fullmatch(line.decode("utf-8"))
        return _event(*found.groups()) if found is not None else None
    except ValueError:
        return None


def _event(  # noqa: PLR0913, PLR0917  # the groups of the expression, in the order of the line
    details: str, resource: str, kind: str,
    actor: str, name: str | None, actor_type: str,
    boot: str, record_class: str,
    address: str | None, request: str | None, session: str | None, trace: str | None,
    user_agent: str | None,
    allow: str | None, conditions: str, decision_id: str | None, detail: str,
    latency: str | None, reason: str, revision: str | None, rule: str | None,
    record_id: str, log: str, mono_us: str, phase: str, prev: str, ref: str | None,
    error: str | None, message: str | None, status: str,
    sealed: str, tags: str, kid: str, risk: str,
    seq: str, subject: str | None, ts: str,
    signature: str | None,
) -> tuple[dict[str, Any], str | None] | None:  # fmt: skip
    listed = _texts(tags)
    if (
        (phase == "intent") != (allow is not None)
        or (phase == "intent" and ref is not None)
        or (phase == "outcome" and ref is None)
        or (len(listed) > 1 and listed != sorted(set(listed)))
        or not _is_log(log)
    ):
        return None
    decision = None if allow is None else {
        "allow": allow == "true", "conditions": _texts(conditions), "decision_id": decision_id,
        "detail": detail, "latency_us": None if latency is None else int(latency),
        "reason": reason, "revision": revision, "rule": rule,
    }  # fmt: skip
    return {
        "action": {
            "details": {} if details == "{}" else _details(details),
            "resource": resource, "type": kind,
        },
        "actor": {"id": actor, "name": name, "type": actor_type},
        "boot": boot,
        "class": record_class,
        "context": {
            "ip_address": address, "request_id": request, "session_id": session,
            "trace_id": trace, "user_agent": user_agent,
        },
        "decision": decision,
        "id": record_id,
        "log": log,
        "mono_us": int(mono_us),
        "phase": phase,
        "prev": prev,
        "ref": ref,
        "result": {"error": error, "message": message, "status": status},
        "sealed": _envelopes(sealed) if sealed else {},
        "security": {"compliance_tags": listed, "kid": kid, "risk_level": risk},
        "seq": int(seq),
        "subject": subject,
        "ts": ts,
        "v": record.FORMAT,
    }, signature  # fmt: skip


def _texts(listed: str) -> list[str]:
    # No text holds a quotation mark, so none holds what stands between two of them.
    return listed[1:-1].split('","') if listed else []


def _details(text: str) -> Any:
    return parse_subset(text.encode(), max_depth=_DETAILS_DEPTH)


def _envelopes(text: str) -> dict[str, dict[str, str | None]]:
    sealed: dict[str, dict[str, str | None]] = {}
    before = ""
    for path, blob, content, kid, nonce in _ENVELOPES.findall(text):
        if path <= before or bool(blob) == bool(content):
            raise ValueError("it is not of the plain form")
        if content:
            from_base64(content)
        sealed[path] = {
            "alg": ALGORITHM, "blob": blob or None, "ct": content or None, "kid": kid, "n": nonce,
        }  # fmt: skip
        before = path
    return sealed
