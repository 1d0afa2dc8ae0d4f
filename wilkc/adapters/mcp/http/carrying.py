"""One HTTP request from its body to the end of its answer. Layer: adapters.

What the body says is decided by the same filter as on standard streams.
"""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from wilkc.adapters.mcp.http.agreement import NAME, PARAMETER, VERSION, check_agreement, is_modern
from wilkc.adapters.mcp.http.asked import BAD_REQUEST, JSON, NOT_ALLOWED, NOT_FOUND, RefusedError
from wilkc.adapters.mcp.http.sse import Event, Events, StreamError
from wilkc.adapters.mcp.http.upstream import Exchange
from wilkc.adapters.mcp.messages import (
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    MAX_MESSAGE,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    MessageError,
    error_answer,
    read_message,
)
from wilkc.runtime.egress.client import GoneError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    from wilkc.adapters.mcp.filter import Filter, Passing
    from wilkc.adapters.mcp.flight import Flight
    from wilkc.adapters.mcp.http.asked import Asked
    from wilkc.adapters.mcp.http.sessions import Sessions
    from wilkc.adapters.mcp.http.upstream import Place
    from wilkc.adapters.mcp.messages import Message

OK: Final = 200
ACCEPTED: Final = 202
BAD_GATEWAY: Final = 502
EVENTS: Final = "text/event-stream"
SESSION: Final = "mcp-session-id"
REPLY_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.5
_PLAIN: Final = Event(b"")
_READ: Final = 65_536
_ONWARD: Final = frozenset({"accept", VERSION, "mcp-method", NAME, SESSION, "last-event-id"})
_BACK: Final = (SESSION, "www-authenticate", "retry-after")
_UNREACHABLE: Final = "the server cannot be reached, or does not answer"
_STATUS: Final = {
    PARSE_ERROR: BAD_REQUEST,
    INVALID_REQUEST: BAD_REQUEST,
    INVALID_PARAMS: BAD_REQUEST,
    HEADER_MISMATCH: BAD_REQUEST,
    METHOD_NOT_FOUND: NOT_FOUND,
}
"""MCP 2026-07-28: statuses of errors; a denial is an answer, so its status is 200."""


class Client(Protocol):
    """Who asked."""

    def body(self, asked: Asked) -> bytes:
        """The body of its request."""
        ...

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Give a whole answer."""
        ...

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Give the head of an answer that ends with the connection."""
        ...

    def send(self, data: bytes) -> None:
        """Give more of it; raises `GoneError` where nobody takes it."""
        ...

    def has_gone(self, seconds: float) -> bool:
        """Whether it goes within a time; the longer ones are used to keep the stream alive."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """What requests are carried by.

    Attributes:
        place: where the server is.
        context: for TLS to it.
        filter: makes the filter of one request, from what the server asked in its session.
        sessions: what the server asked so far.
        seconds: how long the server may take for an answer.
        authorization: whether the caller's header of that name is for the server.
    """

    place: Place
    context: ssl.SSLContext | None
    filter: Callable[[Flight], Filter]
    sessions: Sessions
    seconds: float
    authorization: bool


class Carrying:
    """Carries one request.

    Args:
        way: what it is carried by.
        client: who asked.
        asked: the head of the request.
    """

    def __init__(self, way: Way, client: Client, asked: Asked) -> None:
        self._way = way
        self._client = client
        self._asked = asked
        self._filter = way.filter(way.sessions.flight(asked.headers.get(SESSION, "")))

    def run(self) -> None:
        """Carry it.

        Raises:
            RefusedError: it is answered with a status.
            GoneError: the client has gone; what was under way is ended.
        """
        if self._asked.method != "POST":
            self._carry_empty()
            return
        data = self._client.body(self._asked)
        try:
            message = read_message(data)
            check_agreement(message, self._asked.headers)
        except MessageError as error:
            self._tell(error_answer(error), _STATUS.get(error.code, BAD_REQUEST))
            return
        passing = self._filter.of_client(message)
        if not passing.to_server:
            passing.leave()
            self._refuse(message, passing)
            return
        try:
            self._exchange(message, passing)
        finally:
            passing.leave()
            for one in self._filter.end():
                one.leave()

    def _refuse(self, message: Message, passing: Passing) -> None:
        if not passing.to_client:
            self._client.answer(ACCEPTED if message.kind != "request" else BAD_GATEWAY, {}, b"")
            return
        told = read_message(passing.to_client).body["error"]["code"]
        self._tell(passing.to_client, _STATUS.get(told, OK))

    def _exchange(self, message: Message, passing: Passing) -> None:
        with Exchange(self._way.place, self._way.context) as exchange:
            headers = {**self._onward(), "Content-Type": JSON}
            if message.kind == "answer":
                headers.pop("mcp-method", None)
            try:
                exchange.ask("POST", headers, passing.to_server.strip(), self._way.seconds)
                self._answer(exchange, message)
            except (OSError, http.client.HTTPException):
                self._fail(_UNREACHABLE)

    def _answer(self, exchange: Exchange, message: Message) -> None:
        media = exchange.header("content-type").partition(";")[0].strip().lower()
        back = {name: found for name in _BACK if (found := _clean(exchange.header(name)))}
        if message.kind != "request":
            status = ACCEPTED if exchange.status < BAD_REQUEST else exchange.status
            self._client.answer(status, back, b"")
        elif media == EVENTS and exchange.status == OK:
            self._stream(exchange, back)
        elif media == JSON:
            line = self._of_server(_whole(exchange, self._way.seconds), message)
            if not line:
                self._fail("the server answered with what cannot be read")
                return
            self._client.answer(exchange.status, {**back, "Content-Type": JSON}, line)
        elif exchange.status >= BAD_REQUEST:
            self._client.answer(exchange.status, back, b"")
        else:
            self._fail("the server answered with what cannot be read")

    def _of_server(self, body: bytes, message: Message) -> bytes:
        """What the client is told of a body that is one answer."""
        answer = _only_answer(body, message)
        passing = self._filter.from_server(answer) if answer else None
        if passing is None:
            return b""
        passing.leave()
        return passing.to_client

    def _stream(self, exchange: Exchange, back: Mapping[str, str]) -> None:
        """Pass events on until the server or the client ends."""
        self._client.begin(OK, {**back, "Content-Type": EVENTS, "Cache-Control": "no-store",
                                "X-Accel-Buffering": "no"})  # fmt: skip
        exchange.patience(None)
        events = Events()
        with self._watched(exchange):
            try:
                while piece := exchange.read(_READ):
                    for event in events.take(piece):
                        self._of_event(event)
            except (OSError, ValueError, http.client.HTTPException, StreamError):
                # However it ended: what was not answered by now is not answered any more.
                pass
        for one in self._filter.end():
            self._pass(one, _PLAIN.encoded)

    def _of_event(self, event: Event) -> None:
        if event.data:
            self._pass(self._filter.from_server(event.data), event.encoded)
        else:
            self._client.send(event.encoded(b""))

    @contextmanager
    def _watched(self, exchange: Exchange) -> Iterator[None]:
        """Keep the stream alive; end it once the client has gone or the answer is late."""
        over = threading.Event()

        def watch() -> None:
            with suppress(GoneError):
                while not over.is_set():
                    if self._client.has_gone(_LOOK_SECONDS):
                        break
                    late = self._filter.late(time.monotonic() - self._way.seconds)
                    for one in late:
                        self._pass(one, _PLAIN.encoded)
                    if late:
                        break
            exchange.interrupt()

        watcher = threading.Thread(target=watch, daemon=True, name="wilk-mcp-watch")
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _pass(self, passing: Passing, encoded: Callable[[bytes], bytes]) -> None:
        try:
            if passing.to_client:
                self._client.send(encoded(passing.to_client))
            if passing.to_server and not passing.to_client:
                self._reply(passing.to_server)
        finally:
            passing.leave()

    def _reply(self, line: bytes) -> None:
        """Tell the server that it may not have what it asked for in a stream."""
        headers = {
            name: value for name, value in self._onward().items() if name in {VERSION, SESSION}
        }
        with Exchange(self._way.place, self._way.context) as exchange:
            headers |= {"Content-Type": JSON, "Accept": f"{JSON}, {EVENTS}"}
            try:
                exchange.ask("POST", headers, line.strip(), REPLY_SECONDS)
            except (OSError, http.client.HTTPException):
                return

    def _carry_empty(self) -> None:
        """The stream or the end of a session, as up to 2025-11-25 there are."""
        headers = self._onward()
        if is_modern(headers.get(VERSION)) or SESSION not in headers:
            raise RefusedError(NOT_ALLOWED, "there are no sessions")
        with Exchange(self._way.place, self._way.context) as exchange:
            try:
                exchange.ask(self._asked.method, headers, b"", self._way.seconds)
            except (OSError, http.client.HTTPException):
                raise RefusedError(BAD_GATEWAY, _UNREACHABLE) from None
            media = exchange.header("content-type").partition(";")[0].strip().lower()
            if self._asked.method == "GET" and exchange.status == OK and media == EVENTS:
                self._stream(exchange, {})
            else:
                bad = exchange.status >= BAD_REQUEST
                self._client.answer(exchange.status if bad else ACCEPTED, {}, b"")

    def _onward(self) -> dict[str, str]:
        wanted = _ONWARD | ({"authorization"} if self._way.authorization else frozenset())
        return {
            name: value
            for name, value in self._asked.headers.items()
            if name in wanted or name.startswith(PARAMETER)
        }

    def _fail(self, why: str) -> None:
        ended = self._filter.end(why)
        for one in ended:
            one.leave()
        lost = MessageError(INTERNAL_ERROR, why)
        self._tell(ended[0].to_client if ended else error_answer(lost), BAD_GATEWAY)

    def _tell(self, line: bytes, status: int) -> None:
        self._client.answer(status, {"Content-Type": JSON}, line)


def _whole(exchange: Exchange, seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    body = bytearray()
    while piece := exchange.read(_READ):
        body += piece
        if len(body) > MAX_MESSAGE or time.monotonic() > deadline:
            raise http.client.HTTPException("the answer is too large, or too slow")
    return bytes(body)


def _only_answer(body: bytes, message: Message) -> bytes:
    """A body that is an answer; where the server could not read the id, to the only request.

    Empty for anything else.
    """
    try:
        found = read_message(body)
    except MessageError:
        return b""
    if found.kind != "answer":
        return b""
    if found.id is not None:
        return body
    error = found.body["error"]
    code, text = error.get("code"), error.get("message")
    known = isinstance(code, int) and isinstance(text, str)
    told = MessageError(code if known else INTERNAL_ERROR, text if known else "", message.id)
    return error_answer(told)


def _clean(value: str) -> str:
    """A header's value, if it is one line of ASCII."""
    return value if value.isascii() and value.isprintable() else ""
