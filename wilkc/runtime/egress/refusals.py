"""What a refused client is told, so that a model can act on it. Layer: runtime. No I/O."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.contract import denial
from wilkc.opa import NO_ANSWER_DETAILS
from wilkc.runtime.audit import AUDIT_UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Decision

TOO_MANY: Final = "too_many_connections"
TRAFFIC_USED_UP: Final = "network_limit_exceeded"
PROXY_ALONE: Final = "proxy_alone"
NO_ADDRESS: Final = "name_not_resolved"
_FAILURES: Final = frozenset({
    *NO_ANSWER_DETAILS, AUDIT_UNAVAILABLE, "guard_failed", "rate_store_unavailable",
    "rate_store_damaged", "rate_record_incomplete", PROXY_ALONE,
})  # fmt: skip
"""Details of denials that nobody decided: asked again later, the answer may be another one."""
_BUSY: Final = frozenset({TOO_MANY, TRAFFIC_USED_UP})
_NO_WAY: Final = frozenset({NO_ADDRESS, "host_unreachable", "answer_malformed"})
_LATE: Final = frozenset({"answer_late", "time_over"})
_MALFORMED: Final = frozenset({
    "host_not_canonical", "host_contradicted", "port_invalid", "port_missing", "head_too_large",
    "head_late", "body_late", "malformed_request", "protocol_unknown", "target_contradicted",
})  # fmt: skip
_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "no_rule_matches": (
        "use a host that the policy allows, or do without",
        "ask for a change of `permissions.network.allowed_hosts` in the policy",
    ),
    "port_not_allowed": ("use the port that the policy allows for this host, usually 443",),
    "protocol_not_allowed": ("use `https://`, or ask for a change of the rule's `protocols`",),
    "private_address": (
        "use a public host; a private address must be allowed by its address, not by a name",
    ),
    "forbidden_address": ("use another host: no policy can allow this address",),
    NO_ADDRESS: ("check the spelling of the host's name",),
    "host_unreachable": ("try again later; the policy allows this host, but it does not answer",),
    "answer_malformed": (
        "try again once later; the host was reached, and did not give an answer of HTTP/1.1",
    ),
    "answer_late": ("try again later; the host was reached, but says nothing",),
    "time_over": ("ask for less in one request; the rule's `timeout_seconds` is over",),
    TOO_MANY: ("close a connection, or wait until one ends, and try again",),
    TRAFFIC_USED_UP: ("start a new command: this one has used up its `resources.network.max`",),
    "rate_exceeded": ("wait, and try again later with fewer connections",),
}
_NOT_AGAIN: Final = "do not repeat the request: the answer stays the same while the policy does"
_LATER: Final = "try again once later; while nobody can decide, everything is refused"
_SPELLING: Final = "send an HTTP/1.1 request for `http://host/`, or `CONNECT host:port`"


def status_of(decision: Decision) -> HTTPStatus:
    """The status of the answer that a refusal is told by."""
    if decision.reason == "RATE_LIMIT_EXCEEDED" or decision.detail in _BUSY:
        return HTTPStatus.TOO_MANY_REQUESTS
    if decision.detail in _FAILURES:
        return HTTPStatus.SERVICE_UNAVAILABLE
    if decision.detail in _NO_WAY:
        return HTTPStatus.BAD_GATEWAY
    if decision.detail in _LATE:
        return HTTPStatus.GATEWAY_TIMEOUT
    if decision.detail in _MALFORMED:
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.FORBIDDEN


def refusal_body(decision: Decision, request_id: str) -> dict[str, Any]:
    """The decision as an object for a model: what, why, by which line, and what to do."""
    return {
        "decision": False,
        "reason": decision.reason,
        "detail": decision.detail,
        "message": decision.message,
        "rule": decision.rule.as_json() if decision.rule else None,
        "revision": decision.revision,
        "next_steps": list(_next_steps(decision)),
        "request_id": request_id,
    }


def refusal_answer(decision: Decision, request_id: str) -> bytes:
    """The whole HTTP answer."""
    status = status_of(decision)
    body = json.dumps(refusal_body(decision, request_id)).encode("ascii") + b"\n"
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\nx-wilk-rule: {decision.rule.id if decision.rule else 'none'}\r\n\r\n"
    )
    return head.encode("ascii", "replace") + body


def own_refusal(detail: str, message: str) -> Decision:
    """A refusal that the proxy itself has to give."""
    reason: Any = "RATE_LIMIT_EXCEEDED" if detail in _BUSY else "VALIDATION_ERROR"
    return denial(reason, detail, message)


def _next_steps(decision: Decision) -> tuple[str, ...]:
    rule = decision.rule
    changed = (f"ask for a change of {rule.file}:{rule.line}",) if rule else ()
    if decision.detail in _STEPS:
        return (*_STEPS[decision.detail], *changed)
    status = status_of(decision)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return (_LATER,)
    return (_SPELLING,) if status == HTTPStatus.BAD_REQUEST else (_NOT_AGAIN, *changed)
