"""A client on this process's own streams, and a server behind pipes. Layer: adapters.

Two pumps: this process's standard input to the server, in a thread of its own, and the server's
output to standard output. The client's end is the server's end, and the other way round.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.adapters.mcp.lines import TOO_LONG, Lines
from wilkc.adapters.mcp.messages import INVALID_REQUEST, MAX_MESSAGE, MessageError, error_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.adapters.mcp.filter import Filter, Passing

    Start = Callable[[int, Callable[[bytes], object]], object]
    """Runs a server: its standard input, and what takes its output; returns once it has ended."""

ANSWER_SECONDS: Final = 600.0
"""How long a server may take for an answer, unless told otherwise."""
STUCK_SECONDS: Final = 30.0
"""How long a server may leave its input unread before it is ended."""
GRACE_SECONDS: Final = 5.0
"""How long a server may go on after the end of its input."""
_LOOK_SECONDS: Final = 0.2
_CHUNK: Final = 65_536
_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for, in seconds.

    Attributes:
        answer: for an answer.
        stuck: for reading its input.
        grace: for ending after the end of its input.
    """

    answer: float = ANSWER_SECONDS
    stuck: float = STUCK_SECONDS
    grace: float = GRACE_SECONDS


class StdioSession:
    """One client and one server, from beginning to end. To be run in the main thread.

    Args:
        messages: decides on each message.
        log: told, in one line, of what went wrong.
        patience: how long the server is waited for.
        source: descriptor that the client's messages come from.
        target: descriptor that the client reads.
    """

    def __init__(  # what a session rests on
        self,
        messages: Filter,
        log: Callable[[str], None],
        patience: Patience = Patience(),  # frozen
        *,
        source: int = 0,
        target: int = 1,
    ) -> None:
        self._filter = messages
        self._log = log
        self._patience = patience
        self._source = source
        self._target = target
        self._writing = threading.Lock()
        self._giving = threading.Lock()
        self._ended = threading.Event()
        self._server_input = -1
        self._client_ended = False

    def run(self, start: Start) -> bool:
        """Serve until one side ends; whether the client ended first."""
        theirs, self._server_input = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._server_input, False)  # the name says it
        left = threading.Event()
        for work in (self._carry, self._watch):
            threading.Thread(target=work, args=(left,), daemon=True, name="wilk-mcp").start()
        try:
            start(theirs, self._taking())
        except SystemExit:
            if not left.is_set():
                raise
        finally:
            self._ended.set()
            os.close(theirs)
            # A client that has gone is told nothing any more.
            with suppress(OSError):
                self._tell(self._filter.end())
        return self._client_ended

    def _taking(self) -> Callable[[bytes], object]:
        lines = Lines()

        def take(piece: bytes) -> None:
            for line in lines.take(piece):
                if line is TOO_LONG:
                    self._log("the server said more than a message may have")
                    self._tell(self._filter.unreadable())
                else:
                    self._tell([self._filter.from_server(line)])

        return take

    def _carry(self, left: threading.Event) -> None:
        """The client's messages, until it ends; then the server has to end."""
        try:
            self._read_client()
            self._client_ended = True
        except OSError as error:
            self._log(f"the connection ended: {error.strerror or error}")
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing more is passed
            self._log(f"the filter failed, so nothing more is passed: {type(error).__name__}")
        left.set()
        self._end_input()
        if not self._ended.wait(self._patience.grace):
            # The main thread waits for the server, which takes no notice of its input's end.
            os.kill(os.getpid(), signal.SIGTERM)

    def _read_client(self) -> None:
        lines = Lines()
        while piece := os.read(self._source, _CHUNK):
            for line in lines.take(piece):
                if line is TOO_LONG:
                    text = f"a message has at most {MAX_MESSAGE} bytes"
                    self._put(error_answer(MessageError(INVALID_REQUEST, text)))
                else:
                    self._tell([self._filter.from_client(line)])

    def _watch(self, left: threading.Event) -> None:
        """Give up requests whose answers do not come."""
        while not self._ended.wait(_LOOK_SECONDS) and not left.is_set():
            late = self._filter.late(time.monotonic() - self._patience.answer)
            self._tell(late)

    def _tell(self, passings: list[Passing]) -> None:
        for one in passings:
            try:
                if one.to_client:
                    self._put(one.to_client)
                if one.to_server:
                    self._give(one.to_server)
            finally:
                one.leave()

    def _put(self, line: bytes) -> None:
        with self._writing:
            while line:
                line = line[os.write(self._target, line) :]

    def _give(self, line: bytes) -> None:
        """Write to the server; one that reads nothing for long is stuck.

        Raises:
            OSError: it is, or it has gone.
        """
        with self._giving:
            if self._server_input < 0:
                return
            poll = select.poll()
            poll.register(self._server_input, select.POLLOUT)
            # Only for its end: what else the client says waits.
            poll.register(self._source, 0)
            while line:
                ready = dict(poll.poll(self._patience.stuck * _MS))
                if self._source in ready and self._server_input not in ready:
                    poll.unregister(self._source)
                    ready = dict(poll.poll(self._patience.grace * _MS))
                if not ready:
                    raise TimeoutError(errno.ETIMEDOUT, "the server does not read its input")
                with suppress(BlockingIOError):
                    line = line[os.write(self._server_input, line) :]

    def _end_input(self) -> None:
        # Under the lock: the descriptor's number may belong to something else afterwards.
        with self._giving:
            os.close(self._server_input)
            self._server_input = -1
