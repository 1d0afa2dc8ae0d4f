"""One connection through the proxy, from its first byte to its last. Layer: runtime.

In the proxy's process. Nothing here decides: the shim says whether, and to which addresses, and
has put it on record by then. What is checked here is that the bytes are what was asked for.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.runtime.egress import socks
from wilkc.runtime.egress.client import Client, GoneError
from wilkc.runtime.egress.failures import (
    EgressError,
    HelloError,
    MalformedError,
    UnreachableError,
)
from wilkc.runtime.egress.head import Head, parse_head, split_head
from wilkc.runtime.egress.hello import hello_name, require_host
from wilkc.runtime.egress.outside import Outside, addresses_of, connect
from wilkc.runtime.egress.plain import Exchange, used_up
from wilkc.runtime.egress.refusals import (
    PROXY_ALONE,
    TRAFFIC_USED_UP,
    own_refusal,
    refusal_answer,
    status_of,
)
from wilkc.runtime.egress.relay import IDLE_SECONDS, Carried, await_turn, relay

if TYPE_CHECKING:
    import socket

    from wilkc.core.contract import Decision
    from wilkc.runtime.egress.channel import Channel
    from wilkc.runtime.egress.crew import Crew
    from wilkc.runtime.egress.meter import Meter

Door = Literal["http", "socks"]
HEAD_SECONDS: Final = 10.0
HELLO_SECONDS: Final = 5.0
_JUDGE_SECONDS: Final = 30.0
"""For the shim, which itself asks the decision point with far less, and writes a record."""
_NO_END: Final = 86_400.0 * 365
_OPAQUE: Final = "tcp"
_TUNNELLED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"


class _RefusedError(Exception):
    """The shim said no; what the client is told is in it."""

    def __init__(self, answer: bytes, status: int) -> None:
        super().__init__()
        self.answer = answer
        self.status = status


class _StoppedError(Exception):
    """A tunnel ends for a reason that only the shim can be told: the client hears TLS by now."""

    def __init__(self, detail: str) -> None:
        super().__init__()
        self.detail = detail


@dataclass(slots=True)
class Connection:
    """One connection.

    Attributes:
        client: the end inside the sandbox.
        door: which of the listeners it came by.
        channel: to the shim.
        meter: counts.
        outside: the ways out.
        crew: looks up names.
        request_id: what the connection is called in answers and on record.
    """

    client: Client
    door: Door
    channel: Channel
    meter: Meter
    outside: Outside
    crew: Crew
    request_id: str = ""
    _dialled: str = ""
    _granted: bool = False
    _replied: bool = False
    _hello_sent: int = 0
    _exchange: Exchange | None = None
    _carried: Carried = field(default=Carried(0, 0, "ended"))

    def run(self) -> None:
        """Serve it to its end; never raises."""
        error = ""
        try:
            head = self._ask()
            error = self._serve(head)
        except _RefusedError as refused:
            self.meter.add(refused=1)
            self._tell(refused.answer, refused.status)
        except EgressError as failed:
            error = failed.detail
            self.meter.add(
                refused=1,
                over=error == TRAFFIC_USED_UP,
                malformed=isinstance(failed, MalformedError),
            )
            self._tell_own(own_refusal(failed.detail, failed.message))
        except _StoppedError as stopped:
            error = stopped.detail
            self.meter.add(refused=1, over=error == TRAFFIC_USED_UP)
        except (GoneError, OSError):
            error = "reset"
        except Exception:  # noqa: BLE001  # whatever goes wrong, it ends here, and not as a success
            error = "proxy_failed"
            self.meter.add(refused=1)
        finally:
            self._report(error)
            self.client.end.close()
            self.channel.close()

    def _ask(self) -> Head:
        deadline = time.monotonic() + HEAD_SECONDS
        if self.door == "http":
            return parse_head(self.client.until(split_head, deadline, "head_late"))
        offered = self.client.until(socks.split_greeting, deadline, "head_late")
        if 0 not in offered:
            self._reply(socks.NONE_ACCEPTABLE)
            raise MalformedError("malformed_request", "the client insists on a password")
        self.client.send(socks.CHOSEN)
        command, host, port = self.client.until(socks.split_request, deadline, "head_late")
        if not socks.connects(command):
            self._reply(socks.reply(socks.NO_COMMAND))
            raise MalformedError("malformed_request", "only connecting can be asked for")
        return Head("CONNECT", host, port)

    def _serve(self, head: Head) -> str:
        via = "socks5" if self.door == "socks" else ("connect" if head.tunnel else "http")
        asked = {
            "id": self.request_id, "via": via, "host": head.host, "port": head.port,
            "method": head.method,
        }  # fmt: skip
        answer = self._judged(ask=asked)
        if "resolve" in answer:
            answer = self._judged(resolved=self._addresses(head.host))
        self._granted = True
        addresses, protocol, seconds = answer["dial"], answer["protocol"], answer["seconds"]
        deadline = time.monotonic() + (_NO_END if seconds is None else seconds)
        host, self._dialled = connect(addresses, head.port, self.outside)
        with host:
            host.settimeout(IDLE_SECONDS)
            if head.tunnel:
                return self._tunnel(head, host, deadline, opaque=protocol == _OPAQUE)
            return self._plain(head, host, deadline)

    def _addresses(self, host: str) -> list[str]:
        return addresses_of(host, self.outside, crew=self.crew)

    def _judged(self, **said: Any) -> dict[str, Any]:
        """The shim's answer, which is a grant or a step towards one."""
        self.channel.send(**said)
        try:
            answer = self.channel.receive(_JUDGE_SECONDS)
        except TimeoutError:
            answer = None
        if answer is None or answer.get("stop"):
            raise UnreachableError(PROXY_ALONE, "nobody is there to decide")
        if "refuse" in answer:
            raise _RefusedError(answer["refuse"].encode("ascii"), answer["status"])
        return answer

    def _tunnel(self, head: Head, host: socket.socket, deadline: float, *, opaque: bool) -> str:
        granted = socks.reply(socks.GRANTED) if self.door == "socks" else _TUNNELLED
        self.client.send(granted)
        if not opaque:
            self._await_hello(head.host)
        ended = self._relay(host, deadline, both=True)
        if ended in {"", "reset"}:
            # Closed at once, with something of the client unread, the last words would be lost.
            self.client.leave()
        return ended

    def _await_hello(self, host: str) -> None:
        """The client's first record must say that it speaks TLS to the granted host."""
        deadline = time.monotonic() + HELLO_SECONDS
        try:
            while (name := hello_name(self.client.rest)) is None:
                self.client.rest += self.client.receive(deadline, "hello_late")
            require_host(name, host)
        except (HelloError, MalformedError) as error:
            raise _StoppedError(error.detail) from error

    def _plain(self, head: Head, host: socket.socket, deadline: float) -> str:
        self._exchange = Exchange(self.client, host, self.channel, self.meter, deadline)
        try:
            self._exchange.run(head)
        except (EgressError, GoneError) as failed:
            if not self._exchange.answered:
                raise
            # The client has begun to read an answer, in which nothing else can be told.
            if isinstance(failed, EgressError):
                raise _StoppedError(failed.detail) from failed
            return ""
        ended = self._relay(host, deadline, both=False)
        # Closed at once, with something of the client unread, the answer's end would be lost.
        self.client.leave()
        return ended

    def _put(self, host: socket.socket, data: bytes) -> None:
        if data and not self.meter.spend(len(data), sent=True):
            raise used_up()
        self._hello_sent += len(data)
        host.sendall(data)

    def _relay(self, host: socket.socket, deadline: float, *, both: bool) -> str:
        if stopped := await_turn(self.meter, self.channel, deadline):
            return stopped
        self._put(host, self.client.rest)
        self._carried = relay(self.client.end, host, self.channel, self.meter, deadline, both=both)
        end = self._carried.end
        if end == "limit":
            self.meter.add(over=1)
            return TRAFFIC_USED_UP
        return "" if end == "ended" else end

    def _reply(self, data: bytes) -> None:
        self.client.send(data)
        self._replied = True

    def _tell_own(self, decision: Decision) -> None:
        self._tell(refusal_answer(decision, self.request_id), status_of(decision).value)

    def _tell(self, answer: bytes, status: int) -> None:
        if self.door == "http":
            self.client.farewell(answer)
        elif not self._replied:
            self.client.farewell(socks.reply(socks.code_for(status)))

    def _report(self, error: str) -> None:
        if self._granted:
            plain = self._exchange
            sent, received = (plain.sent, plain.received) if plain else (self._hello_sent, 0)
            with suppress(OSError):
                self.channel.send(
                    end=error,
                    address=self._dialled,
                    sent=self._carried.sent + sent,
                    received=self._carried.received + received,
                )
