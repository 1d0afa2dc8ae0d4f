"""Asking the guard before a message passes, and telling what became of it. Layer: adapters.

A denial is told in words that stand here: the policy's own name rules, and with them tools that
the client may not know of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from wilkc.adapters.mcp.messages import DENIED, INTERNAL_ERROR, INVALID_PARAMS, MessageError
from wilkc.opa import is_answer
from wilkc.runtime.audit import AUDIT_UNAVAILABLE
from wilkc.runtime.guard import PermissionDenied
from wilkc.runtime.guard.steps import GUARD_FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from wilkc.adapters.mcp.naming import Ask
    from wilkc.core.contract import Decision
    from wilkc.runtime.guard import Action, SecurityContext

NO_PERMISSION: Final = "the policy does not permit this"
_NO_ANSWER: Final = "nobody could say whether this is permitted, so it is not"
_UNREADABLE: Final = frozenset({"malformed_request", "text_not_unicode", "name_not_canonical"})


class Asked(Protocol):
    """Begins actions; a `Guard` does."""

    def action(
        self,
        resource: str,
        action: str | None = None,
        *,
        properties: Mapping[str, Any],
        security: SecurityContext | None,
    ) -> Action:
        """The action, not yet begun."""
        ...


class AnsweredError(Exception):
    """What the record of an outcome shows of a call that did not succeed."""


class Gate:
    """Lets messages pass that the policy permits.

    Args:
        guard: decides and records.
        security: whence the messages come, for rules and for the record.
    """

    def __init__(self, guard: Asked, security: SecurityContext | None = None) -> None:
        self._guard = guard
        self._security = security

    def enter(self, asks: Sequence[Ask]) -> tuple[Action, ...]:
        """Begin all actions, or none: on record, durably, when this returns.

        Raises:
            MessageError: one of them is denied.
        """
        begun: list[Action] = []
        for ask in asks:
            action = self._guard.action(
                ask.resource, ask.action, properties=ask.properties, security=self._security
            )
            try:
                action.__enter__()
            except PermissionDenied as error:
                leave(begun, "denied")
                raise _denied(error.decision) from None
            except BaseException:
                leave(begun, "failed")
                raise
            begun.append(action)
        return tuple(begun)


def leave(actions: Sequence[Action], error: str = "") -> None:
    """Put on record how actions ended.

    Args:
        actions: begun by `Gate.enter`.
        error: a word for why nothing came of them; empty where something did.
    """
    failure = AnsweredError(error) if error else None
    for action in actions:
        if failure is not None:
            action.details["ended"] = error
        action.__exit__(None if failure is None else AnsweredError, failure, None)


def _denied(decision: Decision) -> MessageError:
    if decision.detail in _UNREADABLE:
        return MessageError(INVALID_PARAMS, "the request cannot be judged")
    data = {"reason": decision.reason, "detail": decision.detail}
    if not is_answer(decision) or decision.detail in {AUDIT_UNAVAILABLE, GUARD_FAILED}:
        return MessageError(INTERNAL_ERROR, _NO_ANSWER, data=data)
    return MessageError(DENIED, NO_PERMISSION, data=data)
