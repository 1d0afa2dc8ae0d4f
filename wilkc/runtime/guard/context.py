"""Who acts, and whence: what travels into the request and into the record. Layer: runtime.

The shape is the permission model's `SecurityContext`. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import RequestError
from wilkc.runtime.audit import Circumstances

if TYPE_CHECKING:
    from collections.abc import Mapping

_KNOWN_ORIGIN: Final = ("ip_address", "request_id", "session_id", "user_agent")
"""Members of an origin that the record has a place for."""
RESERVED: Final = frozenset({*_KNOWN_ORIGIN, "origin", "scope", "time", "timestamp", "trace",
                             "trace_id"})  # fmt: skip
"""Members of a request's context that the guard writes itself."""


@dataclass(frozen=True, slots=True)
class SecurityContext:
    """The circumstances of an action.

    Attributes:
        principal: id of the agent that acts.
        scope: what the action is part of, for example `deploy`; empty where nothing is said.
        origin: where it came from, name to text: `ip_address`, `user_agent`, `session_id`,
            `request_id`, or names of your own.
        timestamp: when the context was made, with a time zone. The time that rules are
            compared with is always the guard's own.
        trace: ids of the calls that led here, outermost first; the first names the trace.
    """

    principal: str
    scope: str = ""
    origin: Mapping[str, str] = field(default_factory=dict)
    timestamp: datetime | None = None
    trace: tuple[str, ...] = ()

    def as_context(self) -> dict[str, Any]:
        """The members of a request's context that it stands for.

        Raises:
            RequestError: a member is of another type; such a context denies.
        """
        self._check()
        found: dict[str, Any] = {}
        if self.scope:
            found["scope"] = self.scope
        if self.origin:
            found["origin"] = dict(self.origin)
            found |= {name: self.origin[name] for name in _KNOWN_ORIGIN if name in self.origin}
        if self.timestamp is not None:
            found["timestamp"] = self.timestamp.isoformat()
        if self.trace:
            found |= {"trace": list(self.trace), "trace_id": self.trace[0]}
        return found

    def circumstances(self) -> Circumstances:
        """The same for the record."""
        trace_id = self.trace[0] if self.trace else None
        return Circumstances(
            **{name: self.origin.get(name) for name in _KNOWN_ORIGIN}, trace_id=trace_id
        )

    def _check(self) -> None:
        texts = [self.principal, self.scope, *self.trace, *self.origin, *self.origin.values()]
        if not self.principal or not all(isinstance(text, str) for text in texts):
            raise _invalid("its principal, scope, origin and trace must be text")
        when = self.timestamp
        if when is not None and (not isinstance(when, datetime) or when.tzinfo is None):
            raise _invalid("its timestamp must be a time with a time zone")


def _invalid(why: str) -> RequestError:
    return RequestError("security_context_invalid", f"the security context is malformed: {why}")
