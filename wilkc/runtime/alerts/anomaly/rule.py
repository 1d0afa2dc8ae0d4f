"""A13: an agent does what it usually does not. Layer: runtime. Pure.

Plain statistics over its own last 14 days; each finding says its numbers. What an agent does
slowly enough becomes usual: this finds changes, not intentions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.anomaly.history import (
    WARM_RECORDS,
    History,
    hour_of_week,
    load_history,
)
from wilkc.runtime.alerts.anomaly.numbers import permille, refused_too_often
from wilkc.runtime.alerts.rule import found
from wilkc.runtime.alerts.seen import HOUR_US

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.runtime.alerts.model import Finding
    from wilkc.runtime.alerts.seen import Seen

MAX_AGENTS: Final = 500
_RATE: Final = "an agent does far more of one thing than it usually does"
_REFUSALS: Final = "an agent is refused far more often than it usually is"
_NOVELTY: Final = "an agent does something that it did not do before"


class Anomaly:
    """The rule, with what it remembers of each agent."""

    id = "A13"

    def __init__(self) -> None:
        self._agents: dict[str, History] = {}

    def warming_up(self, agent: str, at_us: int) -> bool:
        """Whether too little is known of an agent to call anything unusual."""
        history = self._agents.get(agent)
        return history is None or history.warming_up(at_us)

    def look(self, seen: Seen) -> Iterable[Finding]:
        """What is unusual about a request."""
        # Agents that no policy knows are the matter of A7, and would push known ones out.
        if seen.phase != "intent" or seen.reason == "NO_PERMISSIONS":
            return ()
        history = self._history(seen)
        hour = seen.at_us // HOUR_US
        history.enter(hour)
        findings = [
            *self._rate(seen, history, hour),
            *self._refusals(seen, history, hour),
            *self._novelty(seen, history, hour),
        ]
        warming = history.warming_up(seen.at_us)
        history.records = min(history.records + 1, WARM_RECORDS)
        return () if warming else findings

    def as_json(self) -> Any:
        """What it remembers."""
        return [[agent, history.as_json()] for agent, history in self._agents.items()]

    def load(self, stored: Any) -> None:
        """Take up what it remembered."""
        self._agents = {agent: load_history(kept) for agent, kept in stored}

    def _history(self, seen: Seen) -> History:
        history = self._agents.pop(seen.agent, None) or History(seen.at_us)
        self._agents[seen.agent] = history  # at the end, as the newest
        if len(self._agents) > MAX_AGENTS:
            del self._agents[next(iter(self._agents))]
        return history

    def _rate(self, seen: Seen, history: History, hour: int) -> Iterator[Finding]:
        count = history.count(seen.kind, hour)
        usual = history.usual(seen.kind, hour)
        if count > usual.threshold and f"rate {seen.kind}" not in history.told:
            history.told.add(f"rate {seen.kind}")
            yield found(
                self.id, "medium", _RATE, seen, kind=seen.kind, count=count, median=usual.median,
                mad=usual.mad, threshold=usual.threshold, hours=usual.hours,
            )  # fmt: skip

    def _refusals(self, seen: Seen, history: History, hour: int) -> Iterator[Finding]:
        asked, denied = history.ask(hour, denied=seen.denied)
        if not seen.denied or "refusals" in history.told:
            return
        usual_asked, usual_denied = history.usual_share(hour)
        if refused_too_often(asked, denied, usual_asked, usual_denied):
            history.told.add("refusals")
            yield found(
                self.id, "medium", _REFUSALS, seen, asked=asked, denied=denied,
                share_permille=permille(denied, asked), usual_asked=usual_asked,
                usual_permille=permille(usual_denied, usual_asked),
            )  # fmt: skip

    def _novelty(self, seen: Seen, history: History, hour: int) -> Iterator[Finding]:
        for what, thing in _things(seen, hour):
            if history.meets(what, thing, hour):
                yield found(self.id, "medium", _NOVELTY, seen, what=what, value=thing)


def _things(seen: Seen, hour: int) -> Iterator[tuple[str, str]]:
    """What a request shows that may be new."""
    yield "type", seen.kind
    yield "hour_of_week", hour_of_week(hour)
    kind, _, rest = seen.resource.partition(":")
    if kind == "network" and rest:
        yield "host", _host(rest)
    elif kind == "shell" and rest:
        yield "program", rest
    elif kind == "file" and rest:
        yield "top_folder", _top(rest)


def _host(rest: str) -> str:
    """The host with its port, without scheme and path."""
    _, separator, tail = rest.partition("://")
    return (tail if separator else rest).partition("/")[0]


def _top(path: str) -> str:
    """The first folder of a path; of a file beside none, `.`."""
    inside = path.removeprefix("./")
    head, slash, _ = inside.partition("/")
    if not slash:
        return "."
    return head or f"/{inside[1:].partition('/')[0]}"
