"""Lists without what the policy never permits. Layer: adapters.

An entry is left out where it is denied whatever its arguments are. To be shown permits nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from wilkc.adapters.mcp.messages import INTERNAL_ERROR, MessageError
from wilkc.adapters.mcp.methods import LISTS
from wilkc.adapters.mcp.naming import listed
from wilkc.core.contract import Request
from wilkc.core.details import UNMET
from wilkc.language.instants import time_text
from wilkc.opa import is_answer
from wilkc.runtime.guard.conditions import unmet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.adapters.mcp.naming import Ask
    from wilkc.core.contract import Decision, Json

_PERHAPS: Final = frozenset({"arguments_not_allowed", "rate_exceeded", UNMET})
"""Details of denials that another call, or a later one, may not meet."""


class DecisionPoint(Protocol):
    """Who decides; a failure to do so is a denial, never an exception."""

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        """The decisions on any number of requests, in order."""
        ...


class Listing:
    """Leaves out of lists what an agent may never use.

    Args:
        point: who decides.
        agent: who is shown the list.
        counts: whether rates are counted, without which a grant with one is a denial.
    """

    def __init__(self, point: DecisionPoint, agent: str, *, counts: bool) -> None:
        self._point = point
        self._agent = agent
        self._counts = counts

    def shown(self, server: str, method: str, result: dict[str, Any]) -> dict[str, Any]:
        """The result of a request for a list, without what is never permitted.

        Raises:
            MessageError: it is no such result, or nobody could say what is permitted.
        """
        member, key = LISTS[method]
        entries = result.get(member)
        if not isinstance(entries, list):
            raise MessageError(INTERNAL_ERROR, "the server's list is none")
        named = list(_named(server, member, key, entries))
        decisions = self._point.decide_many([self._request(ask) for _, ask in named])
        if any(not is_answer(one) for one in decisions):
            raise MessageError(INTERNAL_ERROR, "nobody could say what is permitted")
        kept = [
            entry
            for (entry, _), decision in zip(named, decisions, strict=True)
            if self._is_shown(decision)
        ]
        # What one agent is shown must not be kept for another (MCP, server/utilities/caching).
        scope = {"cacheScope": "private"} if "cacheScope" in result else {}
        return {**result, member: kept, **scope}

    def _is_shown(self, decision: Decision) -> bool:
        if not decision.allow:
            return decision.detail in _PERHAPS
        return unmet(decision, frozenset(), counts=self._counts) is None

    def _request(self, ask: Ask) -> Request:
        kind, _, name = ask.resource.partition(":")
        now = time_text(datetime.now(UTC))
        return Request(self._agent, ask.action, kind, name, {}, {"time": now})


def _named(
    server: str, member: str, key: str, entries: Sequence[Json]
) -> Iterator[tuple[Json, Ask]]:
    """The entries that have a name, with the question about each."""
    for entry in entries:
        try:
            yield entry, listed(server, member, entry.get(key) if isinstance(entry, dict) else None)
        except MessageError:
            continue
