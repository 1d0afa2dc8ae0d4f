"""Sending to a client: until all is sent, or until it is told to end."""

from __future__ import annotations

import socket
import time

from wilkc.runtime.egress import client as client_module
from wilkc.runtime.egress.client import Client


def test_sending_to_a_client_that_does_not_read_ends_when_told() -> None:
    ours, theirs = socket.socketpair()
    shim, proxy = socket.socketpair()
    with ours, theirs, shim, proxy:
        shim.sendall(b"stop")
        before = time.monotonic()
        assert Client(ours).send(b"x" * 2**24, unless=proxy.fileno()) is False
        # By what is said, not because the client has taken too long.
        assert time.monotonic() - before < client_module._WRITE_SECONDS


def test_sending_ends_when_all_is_sent_while_nobody_says_anything() -> None:
    ours, theirs = socket.socketpair()
    shim, proxy = socket.socketpair()
    with ours, theirs, shim, proxy:
        assert Client(ours).send(b"x" * 100, unless=proxy.fileno())
        assert theirs.recv(200) == b"x" * 100
