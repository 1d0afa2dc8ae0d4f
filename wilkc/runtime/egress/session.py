"""The shim's side of one connection: judge, watch, record how it ended. Layer: runtime."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.egress.judging import Asked, Judge, Verdict
from wilkc.runtime.egress.refusals import refusal_answer, status_of
from wilkc.runtime.guard.conditions import fulfilled

if TYPE_CHECKING:
    import threading

    from wilkc.runtime.egress.channel import Channel

LOOK_SECONDS: Final = 1.0
"""How often a connection that is open is judged again."""
_CLIENT_SECONDS: Final = 60.0
"""For the proxy to read a head, and to resolve a name."""
PROXY_DIED: Final = "proxy_died"
NO_LONGER: Final = "no_longer_allowed"
_ENDING_SECONDS: Final = 2.0
_VIAS: Final = frozenset({"connect", "socks5", "http"})
_LONGEST: Final = 300


@dataclass(slots=True)
class Session:
    """One connection, from the question whether it may be made to the record of its end.

    Attributes:
        channel: to the proxy.
        judge: decides and records.
        looks_again: whether an open connection is ended once the policy denies it.
        stopping: set when the launch ends.
    """

    channel: Channel
    judge: Judge
    looks_again: bool
    stopping: threading.Event
    _verdict: Verdict | None = field(default=None)
    _why: str = ""
    _next_look: float = field(default_factory=lambda: time.monotonic() + LOOK_SECONDS)

    def run(self) -> None:
        """Serve it to its end."""
        try:
            self._converse()
        except TimeoutError:
            self._finish(None)
        finally:
            self.channel.close()

    def _converse(self) -> None:
        message = self.channel.receive(_CLIENT_SECONDS)
        asked = None if message is None else _asked(message.get("ask"))
        if asked is None:
            return
        first = self.judge.may_reach(asked)
        named = not first.request.properties["ip_literal"]
        if first.decision.allow and named:
            first = self.judge.may_look_up(asked, first)
        if not first.decision.allow:
            self._refuse(first, asked)
            return
        addresses = self._looked_up() if named else [first.request.properties["host"]]
        if not addresses:
            self.judge.unresolved(asked, first)
            return
        second = self.judge.may_dial(asked, first.request, addresses, first.counted)
        if not second.decision.allow or second.intent is None:
            self._refuse(second, asked)
            return
        self._verdict = second
        properties = second.request.properties
        self.channel.send(
            dial=properties["resolved"],
            protocol=properties["protocol"],
            seconds=second.seconds,
        )
        self._watch(second)

    def _looked_up(self) -> list[str]:
        """The addresses of the name; none where nobody is left to connect either."""
        self.channel.send(resolve=True)
        try:
            message = self.channel.receive(_CLIENT_SECONDS)
        except TimeoutError:
            return []
        return [] if message is None else _texts(message.get("resolved"))

    def _watch(self, verdict: Verdict) -> None:
        """Wait for the end of an open connection, or bring it about."""
        told = 0.0
        while True:
            try:
                self._finish(self.channel.receive(LOOK_SECONDS / 4))
            except TimeoutError:
                if told and time.monotonic() > told + _ENDING_SECONDS:
                    raise
            else:
                return
            if not told and self._must_end(verdict):
                self.channel.send(stop=True)
                told = time.monotonic()

    def _must_end(self, verdict: Verdict) -> bool:
        if self.stopping.is_set():
            self._why = "launch_ended"
        elif self.looks_again and self._is_due() and not self.judge.still_may(verdict.request):
            self._why = NO_LONGER
        return bool(self._why)

    def _is_due(self) -> bool:
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + LOOK_SECONDS
        return True

    def _refuse(self, verdict: Verdict, asked: Asked) -> None:
        answer = refusal_answer(verdict.decision, asked.id)
        self.channel.send(refuse=answer.decode("ascii"), status=status_of(verdict.decision).value)

    def _finish(self, message: dict[str, Any] | None) -> None:
        """Record how a granted connection ended; None where the proxy went without a word."""
        if self._verdict is None or self._verdict.intent is None:
            return
        told = message or {"end": PROXY_DIED}
        error = self._why or str(told.get("end", PROXY_DIED))[:_LONGEST]
        details = {
            "address": str(told.get("address", ""))[:_LONGEST],
            "bytes_sent": told.get("sent"),
            "bytes_received": told.get("received"),
        }
        record_outcome(self._verdict, error, details)


def record_outcome(verdict: Verdict, error: str, details: dict[str, Any]) -> None:
    """Record the end; the log's recovery closes what cannot be recorded now."""
    if verdict.intent is not None:
        try:
            verdict.intent.outcome(
                "failure" if error else "success",
                error=error or None,
                details={**details, **fulfilled(verdict.decision)},
            )
        except Exception:  # noqa: BLE001  # it is over; nothing can be undone
            return


def _asked(given: Any) -> Asked | None:
    """What the proxy asks; None for what it would never ask."""
    if not isinstance(given, dict) or given.get("via") not in _VIAS:
        return None
    texts = [given.get(name) for name in ("id", "host", "method")]
    if not all(isinstance(one, str) and len(one) <= _LONGEST for one in texts):
        return None
    port = given.get("port")
    if not isinstance(port, int) or isinstance(port, bool):
        return None
    return Asked(given["id"], given["via"], given["host"], port, given["method"])


def _texts(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return []
    return given
