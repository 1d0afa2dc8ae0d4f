"""Connections of channels: judged addresses, one deadline, strict TLS. Layer: runtime.

The addresses of a name are judged, and one of the judged addresses is dialled: a name that
leads elsewhere a moment later leads nowhere.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from wilkc.core.errors import RequestError, UsageError
from wilkc.core.tls import client_context
from wilkc.language.hosts import FORBIDDEN, PRIVATE, decision_address, within
from wilkc.runtime.alerts.channel.model import ChannelError, SettingsError
from wilkc.runtime.egress.failures import UnreachableError
from wilkc.runtime.egress.outside import Outside, addresses_of, connect

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


class Deadline:
    """One time for a whole delivery, however many steps it has."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            ChannelError: none are.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise ChannelError("timed_out", "the receiver takes too long")
        return left


def dial(
    host: str, port: int, private: tuple[str, ...], deadline: Deadline, outside: Outside
) -> socket.socket:
    """A connection to one of the judged addresses of a host.

    Args:
        host: a name or an address.
        port: its port.
        private: blocks of private addresses that are wanted.
        deadline: of the whole delivery.
        outside: ways to look up and to dial.

    Raises:
        ChannelError: it has no address, one that may not be dialled, or nobody answers.
    """
    try:
        addresses = addresses_of(host, outside, deadline.left())
        for text in addresses:
            _judge(text, private)
        timely = replace(
            outside, dial=lambda address, at, most: outside.dial(
                address, at, min(most, deadline.left())
            )
        )  # fmt: skip
        made, _ = connect(addresses, port, timely)
    except UnreachableError as error:
        raise ChannelError(error.detail, error.message) from error
    return made


def tls_context(ca_file: str) -> ssl.SSLContext:
    """TLS 1.3 with strict verification of certificate and name; nothing from the environment.

    Raises:
        SettingsError: the certificates cannot be read.
    """
    try:
        return client_context(ca_file)
    except UsageError as error:
        raise SettingsError("ca_unreadable", error.message) from error


@contextmanager
def broken_off(made: socket.socket, deadline: Deadline) -> Iterator[None]:
    """End a connection when its time is up, whatever waits for it then."""
    # A duplicate, since wrapping a socket in TLS takes the descriptor of the first away.
    twin = socket.socket(fileno=os.dup(made.fileno()))

    def end() -> None:
        with suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(deadline.left(), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        twin.close()


def _judge(text: str, private: tuple[str, ...]) -> None:
    try:
        address = decision_address(text)
    except RequestError as error:
        raise ChannelError("address_refused", f"`{text}`: {error.message}") from error
    if within(address, FORBIDDEN):
        raise ChannelError("address_refused", f"`{text}` is an address that nothing can allow")
    if within(address, PRIVATE) and not within(address, private):
        raise ChannelError(
            "address_refused", f"`{text}` is private, and the channel's `private` does not name it"
        )
