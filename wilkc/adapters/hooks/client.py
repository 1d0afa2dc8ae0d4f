"""The program that a harness starts for every call: reads, asks, answers. Layer: adapters.

Standard library only, as it is started for every call. It decides nothing and lets nothing
through: an answer other than a whole one of the service, or of the process that decides in its
place, is a denial. It always ends with 0 or 2, and 2 never comes without a reason.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from wilkc.adapters.hooks.child import in_child
from wilkc.adapters.hooks.options import MAX_DEADLINE_SECONDS, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

    OneShot = Callable[
        [dict[str, Any], bytes, dict[str, str], float, Callable[[bytes], object]], None
    ]

DENIED: Final = 2
MAX_PAYLOAD_BYTES: Final = 8 * 2**20
MAX_ANSWER_BYTES: Final = 65_536
MAX_REASON: Final = 2_000
"""Characters of a reason."""
VARIABLES: Final = ("CLAUDE_PROJECT_DIR", "CURSOR_PROJECT_DIR", "GEMINI_PROJECT_DIR")
"""Variables by which harnesses name the project to their hooks."""
_CHUNK: Final = 65_536
_CREDENTIALS: Final = struct.Struct("3i")
_CURSOR: Final = "cursor"
_CODEX: Final = "codex"
_MARKS: Final = {"cursor_version": _CURSOR, "toolName": "copilot", "turn_id": _CODEX}
_GEMINI_EVENTS: Final = ("BeforeTool", "AfterTool")
_CURSOR_DENIAL: Final = '{"permission": "deny", "decision": "deny"}'
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Answer(NamedTuple):
    """How the process ends.

    Attributes:
        code: 0 or 2.
        printed: for standard output.
        reason: for standard error; not empty with 2.
    """

    code: int
    printed: str
    reason: str


class NoServiceError(Exception):
    """Nobody listens where the service should be."""


class Run:
    """One call, from reading to the end of the process.

    Args:
        one_shot: decides without a service, in a process of its own: given the options, the
            payload, what the harness tells, the end of the time on the monotonic clock, and a
            function that takes the bytes of the answer.
    """

    def __init__(self, one_shot: OneShot) -> None:
        self._one_shot = one_shot
        self._harness: str | None = None
        self._child = 0

    def run(self, words: Sequence[str]) -> NoReturn:
        """Do it all; the process ends here, with 0 or 2."""
        started = time.monotonic()
        for ending in _ENDING:
            signal.signal(ending, self._interrupted)
        signal.signal(signal.SIGALRM, self._late)
        # Until the options are known the longest deadline holds.
        signal.setitimer(signal.ITIMER_REAL, MAX_DEADLINE_SECONDS)
        try:
            options = parse(words)
            for name in ("workspace", "home"):
                if options[name]:
                    # A service stands in another folder.
                    options[name] = os.path.abspath(options[name])  # noqa: PTH100
            self._harness = options["harness"]
            signal.setitimer(signal.ITIMER_REAL, options["deadline"])
            payload = read_payload(0)
            if self._harness is None:
                self._harness = marked(payload)
            deadline = started + options["deadline"]
            answer = self._answer(options, payload, deadline)
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is a denial
            self.deny(_words_of(error))
        self.end(answer)

    def end(self, answer: Answer) -> NoReturn:
        """Print an answer and end; what cannot be printed is a denial.

        Nothing is left to the interpreter's own end, which has exit codes of its own.
        """
        try:
            if answer.code == 0:
                _write(1, answer.printed)
                os._exit(0)
        except BaseException:  # noqa: BLE001  # whatever it is, it is a denial
            self.deny("the answer could not be printed")
        self._end_denied(answer.printed or self._printed(), answer.reason)

    def deny(self, why: str) -> NoReturn:
        """End with a denial, in the form that blocks in every harness."""
        self._end_denied(self._printed(), one_line(f"wilk: denied: {why}"))

    def _printed(self) -> str:
        return _CURSOR_DENIAL if self._harness == _CURSOR else ""

    def _end_denied(self, printed: str, reason: str) -> NoReturn:
        code = DENIED
        try:
            for number in (*_ENDING, signal.SIGALRM):
                signal.signal(number, signal.SIG_IGN)
            _write(2, f"{reason or 'wilk: denied'}\n")
        except BaseException:  # noqa: BLE001  # the code says it all the same
            if self._harness == _CODEX:
                # There a denial without a reason is none, so it is said on the other stream.
                printed, code = _codex_denial(), 0
        try:
            _write(1, printed)
        except BaseException:  # noqa: BLE001  # the code says it all the same
            code = DENIED
        os._exit(code)

    def _answer(self, options: dict[str, Any], payload: bytes, deadline: float) -> Answer:
        told = {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
        if options["socket"] is not None:
            try:
                return ask_service(options, payload, told, deadline)
            except NoServiceError:
                if options["bundle"] is None:
                    raise
        return read_answer(
            in_child(partial(self._one_shot, options, payload, told, deadline), self._started)
        )

    def _started(self, child: int) -> None:
        self._child = child

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._end_child()
        self.deny("the hook was interrupted")

    def _late(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._end_child()
        self.deny("there was no answer in time")

    def _end_child(self) -> None:
        if self._child:
            with contextlib.suppress(OSError):
                os.kill(self._child, signal.SIGTERM)


def read_payload(descriptor: int) -> bytes:
    """What the harness sends, to its end.

    Raises:
        ValueError: it is larger than any payload may be; it is read to its end all the same,
            as a harness may take a pipe that breaks for a broken hook.
        OSError: it cannot be read.
    """
    chunks: list[bytes] = []
    size = 0
    while chunk := os.read(descriptor, _CHUNK):
        size += len(chunk)
        if size <= MAX_PAYLOAD_BYTES:
            chunks.append(chunk)
        else:
            chunks.clear()
    if size > MAX_PAYLOAD_BYTES:
        raise ValueError(f"the payload has more than {MAX_PAYLOAD_BYTES} bytes")
    return b"".join(chunks)


def marked(payload: bytes) -> str | None:
    """The harness whose mark a payload bears, as `harness_of` finds it; None for no mark.

    What an agent says in the arguments of its call is none. Of a payload that cannot be read all
    that is known is which marks are somewhere in it.
    """
    try:
        held = json.loads(payload)
    except (ValueError, RecursionError):
        found: dict[str, Any] = {mark: None for mark in _MARKS if f'"{mark}"'.encode() in payload}
        event = None
    else:
        found = held if isinstance(held, dict) else {}
        event = found.get("hook_event_name")
    names = [name for mark, name in _MARKS.items() if mark in found]
    if event in _GEMINI_EVENTS and names in ([], [_CODEX]):
        return "gemini"
    return names[0] if names else None


def ask_service(
    options: dict[str, Any], payload: bytes, told: dict[str, str], deadline: float
) -> Answer:
    """The answer of the resident service.

    Raises:
        NoServiceError: nobody listens there.
        OSError: it went away, or took too long.
        ValueError: it does not answer as it should, or is not this user's.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(options["socket"])
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NoServiceError("no service answers, and no bundle is named") from error
        given = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        if _CREDENTIALS.unpack(given)[1] not in {0, os.geteuid()}:
            raise ValueError("the service is another user's")
        left = max(deadline - time.monotonic(), 0.001)
        connection.settimeout(left)
        head = json.dumps({"options": {**options, "deadline": left}, "told": told})
        connection.sendall(head.encode("utf-8", "surrogateescape") + b"\n" + payload)
        connection.shutdown(socket.SHUT_WR)
        data = b""
        while chunk := connection.recv(_CHUNK):
            data += chunk
            if len(data) > MAX_ANSWER_BYTES:
                raise ValueError("the service answers too much")
    return read_answer(data)


def read_answer(data: bytes) -> Answer:
    """An answer as it travels.

    Raises:
        ValueError: it is none, or a part of one.
    """
    found = json.loads(data) if data.endswith(b"\n") else None
    if not isinstance(found, dict) or set(found) != {"code", "printed", "reason"}:
        raise ValueError("there is no whole answer")
    answer = Answer(found["code"], found["printed"], found["reason"])
    texts = isinstance(answer.printed, str) and isinstance(answer.reason, str)
    if not texts or type(answer.code) is not int or answer.code not in {0, DENIED}:
        raise ValueError("the answer has an odd form")
    return answer


def answer_bytes(answer: Answer) -> bytes:
    """An answer as it travels; see `read_answer`."""
    shown = {"code": answer.code, "printed": answer.printed, "reason": answer.reason}
    return json.dumps(shown).encode("ascii") + b"\n"


def one_line(text: str) -> str:
    """A text that a terminal and a log can show, at most `MAX_REASON` characters."""
    plain = "".join(char if char.isprintable() else "\N{MIDDLE DOT}" for char in text)
    if len(plain) <= MAX_REASON:
        return plain
    return plain[: MAX_REASON - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _words_of(error: BaseException) -> str:
    if isinstance(error, NoServiceError | ValueError):
        return str(error) or "the hook failed"
    if isinstance(error, OSError):
        return f"the hook failed: {error.strerror or type(error).__name__}"
    return f"the hook failed: {type(error).__name__}"


def _codex_denial() -> str:
    return json.dumps({
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": "wilk: denied",
        }
    })  # fmt: skip


def _write(descriptor: int, text: str) -> None:
    """All of it, or an exception."""
    data = text.encode("utf-8", "backslashreplace")
    while data:
        data = data[os.write(descriptor, data) :]
