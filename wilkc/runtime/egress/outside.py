"""Names to addresses, and connections to them: the proxy's only ways out. Layer: runtime."""

from __future__ import annotations

import encodings.idna  # noqa: F401  # by name, and the proxy may not read files by then
import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.runtime.egress.failures import UnreachableError
from wilkc.runtime.egress.refusals import NO_ADDRESS

if TYPE_CHECKING:
    from wilkc.runtime.egress.crew import Crew

RESOLVE_SECONDS: Final = 5.0
DIAL_SECONDS: Final = 10.0
MAX_ADDRESSES: Final = 32

Resolve = Callable[[str], list[str]]
Dial = Callable[[str, int, float], socket.socket]


def look_up(host: str) -> list[str]:
    """All addresses of a name, by the host's own resolver.

    Raises:
        OSError: it has none.
    """
    # Bytes, since text would be encoded by rules of its own.
    found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def dial(address: str, port: int, seconds: float) -> socket.socket:
    """A connection to an address.

    Raises:
        OSError: nobody answers there.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect((address, port))
    except BaseException:
        made.close()
        raise
    return made


@dataclass(frozen=True, slots=True)
class Outside:
    """The two ways out; others than the host's own are for tests and for special resolvers."""

    resolve: Resolve = look_up
    dial: Dial = dial


def addresses_of(
    host: str, outside: Outside, seconds: float = RESOLVE_SECONDS, crew: Crew | None = None
) -> list[str]:
    """The addresses of a name, in time.

    Args:
        host: the name.
        outside: the ways out.
        seconds: how long it may take.
        crew: does the asking; without one a thread that ends with it.

    Raises:
        UnreachableError: there are none, or too many, or no answer came.
    """
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def ask() -> None:
        found: list[str] = []
        with suppress(OSError, UnicodeError):
            found = outside.resolve(host)
        answers.put(found)

    # A resolver cannot be interrupted; one that hangs is left to itself.
    if crew is None:
        threading.Thread(target=ask, daemon=True, name="wilk-resolve").start()
    else:
        crew.begin(ask)
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        raise UnreachableError(NO_ADDRESS, f"looking up `{host}` takes too long") from None
    if not 0 < len(found) <= MAX_ADDRESSES:
        raise UnreachableError(NO_ADDRESS, f"`{host}` has no address")
    return found


def connect(addresses: list[str], port: int, outside: Outside) -> tuple[socket.socket, str]:
    """A connection to the first of the judged addresses that answers, and which it is.

    Raises:
        UnreachableError: none does.
    """
    deadline = time.monotonic() + DIAL_SECONDS
    why = "it takes too long"
    for place, address in enumerate(addresses):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            return outside.dial(address, port, left / (len(addresses) - place)), address
        except OSError as error:
            why = error.strerror or str(error)
    raise UnreachableError("host_unreachable", f"there is no connection: {why}")
