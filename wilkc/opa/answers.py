"""From the bytes of an answer to decisions; whatever is odd is no answer. Layer: opa (pure).

OPA answers 200 in many cases that are no decision (documentation, "REST API", "Get a
document"): an undefined rule gives no `result`, a missing input a default and a `warning`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, get_args

from wilkc.core.contract import Condition, Decision, Reason, RuleRef
from wilkc.core.strict_json import decode_json
from wilkc.opa.config import BUNDLE_NAME
from wilkc.opa.denials import ODD_ANSWER, UNKNOWN_REVISION, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping

_OK: Final = 200
_CONTEXT: Final = frozenset({"reason", "detail", "message", "rule", "conditions", "revision"})
_REASONS: Final = frozenset(get_args(Reason))
_RULE: Final = {"id": str, "file": str, "line": int, "column": int, "text": str}


class Revisions(Protocol):
    """Knows which revisions may answer."""

    def knows(self, revision: str) -> bool:
        """Whether answers of this revision are accepted now."""
        ...


def read_decision(status: int, body: bytes, revisions: Revisions) -> Decision:
    """The decision in an answer to one request.

    Raises:
        NoAnswerError: the answer is not one to act on.
    """
    result, revision = _result(status, body, revisions)
    return _decision(result, revision)


def read_decisions(status: int, body: bytes, revisions: Revisions, *, count: int) -> list[Decision]:
    """The decisions in an answer to a batch of `count` requests, in order.

    Raises:
        NoAnswerError: the answer is not one to act on.
    """
    result, revision = _result(status, body, revisions)
    if not isinstance(result, list) or len(result) != count:
        raise _odd("another number of answers than was asked for")
    return [_decision(item, revision) for item in result]


def _result(status: int, body: bytes, revisions: Revisions) -> tuple[Any, str]:
    if status != _OK:
        raise _odd(f"status {status}")
    try:
        answer = decode_json(body)
    except ValueError as error:
        raise _odd("something other than JSON") from error
    if not isinstance(answer, dict):
        raise _odd("something other than an object")
    if "warning" in answer:
        raise _odd("a warning")
    if "result" not in answer:
        raise _odd("no result: the policy is not loaded")
    revision = _revision(answer)
    if not revisions.knows(revision):
        raise NoAnswerError(
            UNKNOWN_REVISION,
            f"the decision point answered by revision `{revision}`, which was not announced",
        )
    return answer["result"], revision


def _revision(answer: Mapping[str, Any]) -> str:
    value: Any = answer
    for name in ("provenance", "bundles", BUNDLE_NAME, "revision"):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str) or not value:
        raise _odd("no revision")
    return value


def _decision(result: Any, revision: str) -> Decision:
    context = result.get("context") if isinstance(result, dict) else None
    if not isinstance(context, dict) or set(result) != {"decision", "context"}:
        raise _odd("something other than a decision")
    texts: list[Any] = [context.get(name) for name in ("reason", "detail", "message")]
    if set(context) != _CONTEXT or not all(isinstance(text, str) for text in texts):
        raise _odd("a decision of another form")
    reason, detail, message = texts
    allow = result["decision"] is True
    if reason not in _REASONS or allow != (reason == "PERMISSION_GRANTED"):
        raise _odd("a decision with a reason that does not fit")
    # The rule that decided names its own revision; the default answer names none.
    if context["revision"] not in {revision, ""} or (allow and not context["revision"]):
        raise _odd("a decision of one revision by another")
    return Decision(
        allow=allow,
        reason=reason,
        detail=detail,
        message=message,
        rule=_rule(context["rule"]),
        conditions=_conditions(context["conditions"]),
        revision=revision,
    )


def _rule(value: Any) -> RuleRef | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != set(_RULE):
        raise _odd("a decision with a rule of another form")
    if not all(type(value[name]) is kind for name, kind in _RULE.items()):
        raise _odd("a decision with a rule of another form")
    return RuleRef(**value)


def _conditions(value: Any) -> tuple[Condition, ...]:
    if not isinstance(value, list):
        raise _odd("a decision with conditions of another form")
    return tuple(_condition(item) for item in value)


def _condition(value: Any) -> Condition:
    if isinstance(value, dict) and set(value) == {"id", "type", "properties"}:
        identity, kind, properties = value["id"], value["type"], value["properties"]
        if isinstance(identity, str) and isinstance(kind, str) and isinstance(properties, dict):
            return Condition(identity, kind, properties)
    raise _odd("a decision with conditions of another form")


def _odd(what: str) -> NoAnswerError:
    return NoAnswerError(ODD_ANSWER, f"the decision point answered with {what}")
