"""What becomes of each message between a client and a server. Layer: adapters. No I/O of its own.

    client → read → known method → id not in use → permitted, on record → written anew → server
    server → read → awaited → lists without what is never permitted → written anew → client

Whatever goes wrong on the way keeps the message from passing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.mcp.flight import Flight
from wilkc.adapters.mcp.gate import leave
from wilkc.adapters.mcp.messages import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Id,
    Message,
    MessageError,
    encode,
    error_answer,
    read_message,
)
from wilkc.adapters.mcp.methods import (
    ASKED_BY_SERVERS,
    DECIDED,
    LISTEN,
    LISTS,
    NOTICES_OF_CLIENTS,
    NOTICES_OF_SERVERS,
    PASSED,
)
from wilkc.adapters.mcp.naming import asks, wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.adapters.mcp.flight import Waiting
    from wilkc.adapters.mcp.gate import Gate
    from wilkc.adapters.mcp.listing import Listing
    from wilkc.runtime.guard import Action

UNKNOWN: Final = "the method is not known here"
_SERVER_ENDED: Final = "the server has ended"
_TOO_LATE: Final = "the server did not answer in time"
_UNREADABLE: Final = "the server answered with what cannot be read"


@dataclass(frozen=True, slots=True)
class Passing:
    """What is to be sent on after a message; each is one line, or empty.

    Attributes:
        to_server: for the server.
        to_client: for the client.
        ended: actions that the message ends, to be left once all is sent.
        error: why nothing came of them; empty where something did.
    """

    to_server: bytes = b""
    to_client: bytes = b""
    ended: tuple[Action, ...] = ()
    error: str = ""

    def leave(self) -> None:
        """Put on record how the actions ended."""
        leave(self.ended, self.error)


NOTHING: Final = Passing()


class Filter:
    """Decides on the messages between one client and one server.

    Safe for one thread on each side.

    Args:
        server: name of the server in policies.
        gate: asks before a message passes.
        listing: shortens lists.
        log: told, in one line, of messages that were dropped.
        asked: requests of the server under way; shared where the answers come another way.
    """

    def __init__(
        self,
        server: str,
        gate: Gate,
        listing: Listing,
        log: Callable[[str], None],
        asked: Flight | None = None,
    ) -> None:
        self._server = server
        self._gate = gate
        self._listing = listing
        self._log = log
        self._called = Flight()
        self._asked = asked or Flight()

    def from_client(self, line: bytes) -> Passing:
        """What becomes of a message of the client."""
        try:
            message = read_message(line)
        except MessageError as error:
            return Passing(to_client=error_answer(error))
        return self.of_client(message)

    def of_client(self, message: Message) -> Passing:
        """What becomes of a message of the client that was read."""
        if message.kind == "answer":
            return self._answer_of_client(message)
        if message.kind == "notification":
            return self._notice_of_client(message)
        try:
            return self._request_of_client(message)
        except MessageError as error:
            return Passing(to_client=error_answer(error))

    def from_server(self, line: bytes) -> Passing:
        """What becomes of a message of the server."""
        try:
            message = read_message(line)
        except MessageError as error:
            self._log(f"dropped what the server said: {error.message}")
            return NOTHING
        if message.kind == "answer":
            return self._answer_of_server(message)
        if message.kind == "request":
            return self._request_of_server(message)
        if message.method in NOTICES_OF_SERVERS:
            return Passing(to_client=encode(message.body))
        self._log("dropped a notification of the server that is not known here")
        return NOTHING

    def late(self, before: float) -> list[Passing]:
        """The answers in place of those that did not come.

        Args:
            before: time of the monotonic clock, up to which requests were taken.
        """
        found = self._called.end_all(before, sparing=LISTEN)
        return [self._cancelled(identity, one, _TOO_LATE, "late") for identity, one in found]

    def end(self, why: str = _SERVER_ENDED, word: str = "server_ended") -> list[Passing]:
        """The answers in place of all that will not come any more.

        Args:
            why: for the client.
            word: for the record.
        """
        found = self._called.end_all()
        return [self._given_up(identity, one, why, word) for identity, one in found]

    def unreadable(self) -> list[Passing]:
        """The same after something too large to be read, which may be any of the answers."""
        return self.end(_UNREADABLE, "withheld")

    def _given_up(self, identity: Id, one: Waiting, why: str, word: str) -> Passing:
        told = error_answer(MessageError(INTERNAL_ERROR, why, identity))
        return Passing(to_client=told, ended=one.actions, error=word)

    def _cancelled(self, identity: Id, one: Waiting, why: str, word: str) -> Passing:
        """The same, and the server is told that nobody waits."""
        notice = {"method": "notifications/cancelled", "params": {"requestId": identity}}
        line = encode({"jsonrpc": "2.0", **notice})
        return replace(self._given_up(identity, one, why, word), to_server=line)

    def _request_of_client(self, message: Message) -> Passing:
        identity = message.id
        if identity is None:
            return NOTHING
        # 1. The id first: what is answered must not be taken for another request's answer.
        self._called.take(identity, message.method)
        try:
            line = self._permitted(identity, message)
        except MessageError as error:
            self._called.end(identity)
            raise MessageError(error.code, error.message, identity, error.data) from None
        except Exception as error:  # whatever goes wrong is a denial
            self._called.end(identity)
            text = "the request could not be judged, so it is not passed on"
            raise MessageError(INTERNAL_ERROR, text, identity) from error
        return Passing(to_server=line)

    def _permitted(self, identity: Id, message: Message) -> bytes:
        """The line for the server; empty where nobody waits for the answer any more."""
        if message.method not in DECIDED | PASSED:
            raise MessageError(METHOD_NOT_FOUND, UNKNOWN)
        line = encode(message.body)
        if message.method in PASSED:
            return line
        # 2. What must be permitted; 3. permitted and on record, before anything is sent.
        actions = self._gate.enter(asks(self._server, message.method, message.params))
        if self._called.permit(identity, actions):
            return line
        leave(actions, "cancelled")
        return b""

    def _notice_of_client(self, message: Message) -> Passing:
        if message.method not in NOTICES_OF_CLIENTS:
            self._log("dropped a notification of the client that is not known here")
            return NOTHING
        ended: tuple[Action, ...] = ()
        if message.method == "notifications/cancelled":
            waiting = self._called.end(_identity_in(message))
            if waiting is None:
                return NOTHING
            ended = waiting.actions
        try:
            return Passing(to_server=encode(message.body), ended=ended, error="cancelled")
        except MessageError:
            return Passing(ended=ended, error="cancelled")

    def _answer_of_client(self, message: Message) -> Passing:
        waiting = self._asked.end(message.id)
        if waiting is None:
            self._log("dropped an answer of the client that nobody waits for")
            return NOTHING
        error = "" if "result" in message.body else "refused"
        try:
            return Passing(encode(message.body), ended=waiting.actions, error=error)
        except MessageError:
            return Passing(ended=waiting.actions, error="refused")

    def _request_of_server(self, message: Message) -> Passing:
        """Something that the server wants of the client, as up to 2025-11-25 it may."""
        identity = message.id
        if message.method != "ping" and message.method not in ASKED_BY_SERVERS:
            unknown = MessageError(METHOD_NOT_FOUND, UNKNOWN, identity)
            return Passing(to_server=error_answer(unknown))
        try:
            line = encode(message.body)
            if identity is not None:
                self._begin_for_server(identity, message.method)
        except MessageError as error:
            return Passing(to_server=error_answer(error, identity))
        return Passing(to_client=line)

    def _begin_for_server(self, identity: Id, method: str) -> None:
        self._asked.take(identity, method)
        if method == "ping":
            return
        try:
            begun = self._gate.enter((wanted(self._server, method),))
            if not self._asked.permit(identity, begun):
                leave(begun, "cancelled")
        except MessageError:
            self._asked.end(identity)
            # As from a client that cannot do it: the server is told nothing of policies.
            raise MessageError(METHOD_NOT_FOUND, UNKNOWN, identity) from None
        except Exception as error:  # whatever goes wrong is a denial
            self._asked.end(identity)
            raise MessageError(INTERNAL_ERROR, UNKNOWN, identity) from error

    def _answer_of_server(self, message: Message) -> Passing:
        waiting = self._called.end(message.id)
        if waiting is None:
            self._log("dropped an answer of the server that nobody waits for")
            return NOTHING
        try:
            body = self._shown(waiting.method, message.body)
            line = encode(body)
        except MessageError as error:
            told = error_answer(error, message.id)
            return Passing(to_client=told, ended=waiting.actions, error="withheld")
        except Exception:  # noqa: BLE001  # whatever goes wrong keeps the answer back
            told = error_answer(MessageError(INTERNAL_ERROR, _UNREADABLE), message.id)
            return Passing(to_client=told, ended=waiting.actions, error="withheld")
        return Passing(to_client=line, ended=waiting.actions, error=_failure(body))

    def _shown(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        result = body.get("result")
        if result is None:
            return body
        if result.get("resultType") == "input_required":
            if method in LISTS and LISTS[method][0] in result:
                # A client of 2025-11-25 sees the list alone.
                raise MessageError(INTERNAL_ERROR, _UNREADABLE)
            self._require_wanted(result.get("inputRequests", {}))
        elif method in LISTS:
            return {**body, "result": self._listing.shown(self._server, method, result)}
        return body

    def _require_wanted(self, requests: Any) -> None:
        """Everything that a server wants of the client inside a result must be permitted."""
        if not isinstance(requests, dict):
            raise MessageError(INTERNAL_ERROR, _UNREADABLE)
        methods = {_method_of(one) for one in requests.values()}
        if not methods <= ASKED_BY_SERVERS:
            raise MessageError(INVALID_PARAMS, "the server wants something that is not known here")
        try:
            begun = self._gate.enter([wanted(self._server, method) for method in sorted(methods)])
        except MessageError as error:
            text = "the server wants something that the policy does not permit"
            raise MessageError(error.code, text, data=error.data) from None
        leave(begun)


def _method_of(wish: Any) -> str:
    method = wish.get("method") if isinstance(wish, dict) else None
    return method if isinstance(method, str) else ""


def _identity_in(message: Message) -> Id | None:
    found = message.params.get("requestId")
    return found if isinstance(found, int | str) and not isinstance(found, bool) else None


def _failure(body: dict[str, Any]) -> str:
    """A word for an answer by which nothing was done."""
    if "error" in body:
        return "error"
    return "tool_error" if body["result"].get("isError") is True else ""
