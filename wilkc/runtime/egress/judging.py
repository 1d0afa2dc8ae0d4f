"""Whether a connection may be made, asked anew for each and put on record. Layer: runtime.

In the shim. Two questions: may this host be reached, and, once its addresses are known, may it
be reached there. Between them nothing is sent to anybody but the resolver. What is sent to that
may be read by whoever answers for the name, so the hits of the rule's rate are taken before. The
second answer is durable before the proxy hears of it.
"""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from wilkc.core.contract import Decision, Request, denial
from wilkc.core.errors import RequestError
from wilkc.core.numbers import whole_number
from wilkc.language.hosts import FORBIDDEN, decision_address, within
from wilkc.language.instants import time_text
from wilkc.language.requests import canonical_request
from wilkc.opa import is_answer
from wilkc.runtime.audit import Circumstances, unrecorded
from wilkc.runtime.egress.namespace import HTTP_PORT
from wilkc.runtime.egress.refusals import NO_ADDRESS, TOO_MANY, TRAFFIC_USED_UP, own_refusal
from wilkc.runtime.guard.conditions import unmet
from wilkc.runtime.guard.hits import give_back, take_hits
from wilkc.runtime.guard.steps import failed

if TYPE_CHECKING:
    from wilkc.core.contract import Condition
    from wilkc.runtime.guard.recording import Intent, Recorder
    from wilkc.runtime.limits import RateStore

ANSWER_SECONDS: Final = 0.25
"""For each question to the decision point; a later answer is none."""
_FULFILS: Final = frozenset({"check_address", "timeout"})
_PROTOCOLS: Final = {"http": ("http",), "connect": ("https", "wss", "tcp"),
                     "socks5": ("https", "wss", "tcp")}  # fmt: skip
"""What a client can mean by the way it asks; the first that is allowed is what it gets."""
_DOOR: Final = "127.0.0.1"
"""Where the proxy listens inside: all that is known of connections that it refuses unread."""
_WHY: Final = {
    "malformed_request": "their requests could not be read",
    TOO_MANY: "as many were open as the command may have at once",
    TRAFFIC_USED_UP: "the command had used up its share of the network",
}
_TRY_NEXT: Final = frozenset({"protocol_not_allowed", "port_not_allowed"})
_MICROSECONDS: Final = 1_000_000


class NetworkPoint(Protocol):
    """Answers requests in time; every failure to answer is an answer of no."""

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """The decision on one request."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client inside wants, as the proxy read it.

    Attributes:
        id: what the connection is called.
        via: `connect`, `socks5` or `http`.
        host: the host.
        port: the port.
        method: of HTTP; `CONNECT` for tunnels.
    """

    id: str
    via: str
    host: str
    port: int
    method: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a question.

    Attributes:
        request: what was judged.
        decision: the answer.
        intent: its record; None for a first yes, and where it could not be recorded.
        seconds: how long the connection may last at most; None for as long as it likes.
        counted: conditions whose hits were taken for it already.
    """

    request: Request
    decision: Decision
    intent: Intent | None = None
    seconds: int | None = None
    counted: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks and records for one launch. Safe for threads.

    Attributes:
        point: answers.
        recorder: keeps the record.
        rates: counts hits.
        agent: whose command it is.
        launch: id of the launch.
        circumstances: of the command, for the record.
        seconds: time for each question.
    """

    point: NetworkPoint
    recorder: Recorder
    rates: RateStore | None
    agent: str
    launch: str
    circumstances: Circumstances = field(default_factory=Circumstances)
    seconds: float = ANSWER_SECONDS

    def may_reach(self, asked: Asked) -> Verdict:
        """Whether the host may be reached at all; a no is on record."""
        started = time.perf_counter()
        try:
            request, decision = self._ask_each(asked)
        except RequestError as error:
            decision = denial("VALIDATION_ERROR", error.detail, error.message)
            request = self._request(asked, "https")
        if decision.allow:
            return Verdict(request, decision)
        return self._recorded(request, decision, asked, started)

    def may_look_up(self, asked: Asked, first: Verdict) -> Verdict:
        """Whether the name of a host that may be reached may be looked up; a no is on record."""
        started = time.perf_counter()
        decision, _ = take_hits(self._sound(first.decision), self.rates)
        if decision.allow:
            return replace(first, counted=decision.conditions)
        return self._recorded(first.request, decision, asked, started)

    def unresolved(self, asked: Asked, first: Verdict) -> None:
        """Put on record that a name was looked up, and nobody is dialled."""
        text = f"`{asked.host}` was looked up, and no address came of it"
        refusal = own_refusal(NO_ADDRESS, text)
        self._recorded(first.request, refusal, asked, time.perf_counter())

    def may_dial(
        self,
        asked: Asked,
        request: Request,
        addresses: list[str],
        counted: tuple[Condition, ...] = (),
    ) -> Verdict:
        """Whether it may be reached at these addresses; on record, whatever the answer is."""
        started = time.perf_counter()
        try:
            properties = {**request.properties, "resolved": addresses}
            request = canonical_request(replace(request, properties=properties))
            decision = self._opened(request) or self._weighed(request)
        except RequestError as error:
            decision = denial("VALIDATION_ERROR", error.detail, error.message)
        return self._recorded(request, decision, asked, started, counted)

    def still_may(self, request: Request) -> bool:
        """Whether a connection that is open may stay so; without an answer it may."""
        again = replace(request, context={**request.context, "time": _now()})
        decision = self._decide(again)
        return decision.allow or not is_answer(decision)

    def refused_without(self, detail: str, count: int) -> bool:
        """Put on record how many connections were refused without a question; whether it is.

        Args:
            detail: why.
            count: how many there were so far in this launch.
        """
        asked = Asked(self.launch, "connect", _DOOR, HTTP_PORT, "CONNECT")
        decision = own_refusal(detail, f"{count} connections were refused so far: {_WHY[detail]}")
        try:
            self.recorder.intent(
                self._request(asked, "http"),
                decision,
                enforced=True,
                circumstances=self.circumstances,
                details={"count": count},
            )
        except Exception:  # noqa: BLE001  # refused it is all the same; it is tried again
            return False
        return True

    def _ask_each(self, asked: Asked) -> tuple[Request, Decision]:
        first: tuple[Request, Decision] | None = None
        for protocol in _PROTOCOLS[asked.via]:
            request = canonical_request(self._request(asked, protocol))
            decision = self._decide(request)
            if decision.allow or decision.detail not in _TRY_NEXT:
                # A denial of what was tried instead says less than that of what was asked.
                return (request, decision) if decision.allow or first is None else first
            first = first or (request, decision)
        return first or (request, decision)

    def _request(self, asked: Asked, protocol: str) -> Request:
        host = f"[{asked.host}]" if ":" in asked.host else asked.host
        properties = {
            "host": asked.host, "port": asked.port, "protocol": protocol,
            "ip_literal": _is_address(asked.host), "method": asked.method,
        }  # fmt: skip
        context: dict[str, Any] = {
            "time": _now(), "launch": self.launch, "agent": self.agent, "request_id": asked.id,
        }  # fmt: skip
        if self.circumstances.session_id:
            context["session"] = self.circumstances.session_id
        return Request(
            self.agent, "connect", "network", f"{host}:{asked.port}", properties, context
        )

    def _decide(self, request: Request) -> Decision:
        try:
            return self.point.decide(request, seconds=self.seconds)
        except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
            return failed(error)

    def _opened(self, request: Request) -> Decision | None:
        """The denial of an address that no policy can open, whatever the decision point says.

        Raises:
            RequestError: what is to be dialled is no address.
        """
        for text in request.properties["resolved"]:
            if within(decision_address(text), FORBIDDEN):
                message = f"`{text}` is an address that nothing can allow"
                return denial("PERMISSION_DENIED", "forbidden_address", message)
        return None

    def _weighed(self, request: Request) -> Decision:
        return self._sound(self._decide(request))

    def _sound(self, decision: Decision) -> Decision:
        """A grant that can be carried out, or the denial in its place."""
        if not decision.allow:
            return decision
        if not decision.revision:
            return denial("VALIDATION_ERROR", "odd_answer", "a grant names no revision")
        return unmet(decision, _FULFILS, counts=self.rates is not None) or decision

    def _recorded(
        self,
        request: Request,
        decision: Decision,
        asked: Asked,
        started: float,
        counted: tuple[Condition, ...] = (),
    ) -> Verdict:
        taken, refund = take_hits(_uncounted(decision, counted), self.rates)
        decision = decision if taken.allow else taken
        try:
            intent = self.recorder.intent(
                request,
                decision,
                enforced=True,
                circumstances=self.circumstances._replace(request_id=asked.id),
                latency_us=int((time.perf_counter() - started) * _MICROSECONDS),
            )
        except Exception:  # noqa: BLE001  # without a record nothing is dialled
            give_back(refund)
            return Verdict(request, unrecorded(decision) if decision.allow else decision)
        except BaseException:
            give_back(refund)
            raise
        return Verdict(request, decision, intent, _seconds(decision))


def _uncounted(decision: Decision, counted: tuple[Condition, ...]) -> Decision:
    """The decision without what was counted: a policy may have become another one meanwhile."""
    if not counted:
        return decision
    known = [(one.type, one.properties) for one in counted]
    left = (one for one in decision.conditions if (one.type, one.properties) not in known)
    return replace(decision, conditions=tuple(left))


def _seconds(decision: Decision) -> int | None:
    given = [
        whole_number(one.properties.get("seconds"))
        for one in decision.conditions
        if one.type == "timeout"
    ]
    return min((one for one in given if one is not None), default=None)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _now() -> str:
    return time_text(datetime.now(UTC))
