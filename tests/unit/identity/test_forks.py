"""A process that forks: its child asks the same identity, by nothing that the two could mix up."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.unit.identity.tokens import KEYS, issuer, public_jwk, signed, write_issuers, write_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.identity.conftest import StillClock
    from wilkc.identity import Identity

SECONDS = 20.0


def _in_a_child(work: Callable[[], bool]) -> bool:
    """Whether the work of a child was done and well, within its time."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if work() else 1
        finally:
            os._exit(code)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


def test_a_child_has_a_connection_of_its_own(identity: Identity) -> None:
    _, text = identity.api_keys.create("a", ["file:read"], days=1)
    before = identity.database._connection

    def asked() -> bool:
        known = identity.api_keys.authenticate(text).id == "a"
        identity.api_keys.create("b", ["file:read"], days=1)
        return known and identity.database._connection is not before

    assert _in_a_child(asked)
    assert sorted(one.principal for one in identity.api_keys.listed()) == ["a", "b"]
    assert identity.database.one("PRAGMA integrity_check") == ("ok",)


@pytest.mark.parametrize("lock", ["database", "tokens", "keys"])
def test_a_lock_that_another_thread_held_stops_no_child(
    identity: Identity, folder: Path, clock: StillClock, lock: str
) -> None:
    write_issuers(folder, issuer())
    write_keys(folder, public_jwk(KEYS["ES256"], "key-1", "ES256"))
    claims = {
        "iss": issuer()["issuer"], "aud": "wilk", "sub": "researcher", "jti": "t",
        "iat": clock.now(), "exp": clock.now() + 300,
    }  # fmt: skip
    token = signed({"alg": "ES256", "kid": "key-1", "typ": "JWT"}, claims, KEYS["ES256"])
    _, text = identity.api_keys.create("a", ["file:read"], days=1)
    assert identity.tokens.authenticate(token).id == "researcher"
    (keys,) = identity.tokens._keysets.values()
    held = {
        "database": identity.database._lock, "tokens": identity.tokens._lock, "keys": keys._lock,
    }[lock]  # fmt: skip
    taken, ending = threading.Event(), threading.Event()

    def hold() -> None:
        with held:
            taken.set()
            ending.wait(SECONDS)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait()
    if lock == "keys":
        # Due to be read again, which needs the lock.
        keys._read_at = None
    try:
        assert _in_a_child(
            lambda: (
                identity.api_keys.authenticate(text).id == "a"
                and identity.tokens.authenticate(token).id == "researcher"
            )
        )
    finally:
        ending.set()
        holder.join()
