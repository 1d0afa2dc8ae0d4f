"""A decision point and a log that somebody named: whether they do. Layer: runtime."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Request
from wilkc.core.locks import take_lock
from wilkc.opa import Announced, Transport, is_answer
from wilkc.runtime.host.facts import Asking

if TYPE_CHECKING:
    from pathlib import Path

_NOBODY_S: Final = Request(agent="~doctor", action="read", type="file", id="./doctor")
"""A question of an agent that no spec can name; the only right answer is no."""
_BYTES: Final = 4096


def look_at_opa(socket: Path, revision: str) -> Asking:
    """Whether a decision comes, and by the expected revision.

    Args:
        socket: where decisions are asked.
        revision: the expected one, or empty for whichever is announced there.
    """
    transport = Transport(socket, Announced(socket))
    try:
        decision = transport.decide(_NOBODY_S)
    finally:
        transport.close()
    place = str(socket)
    if not is_answer(decision):
        return Asking(place, problem=f"no decision comes at `{place}`: {decision.message}")
    if decision.allow:
        return Asking(place, problem=f"`{place}` allows what nobody may do")
    if revision and decision.revision != revision:
        seen = decision.revision
        return Asking(place, problem=f"`{place}` decides by `{seen}`, not by `{revision}`")
    return Asking(place, seen=f"answers by revision {decision.revision}")


def look_at_log(directory: Path) -> Asking:
    """Whether a file can be made there, written down for good, and locked against others."""
    place = str(directory)
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
            locks = take_lock(file.fileno()) and _refuses_a_second(file.fileno())
    except OSError as error:
        return Asking(place, problem=f"`{place}` cannot be written: {error.strerror}")
    if not locks:
        return Asking(place, problem=f"`{place}` is on a file system where flock(2) does not lock")
    return Asking(place, seen=f"`{place}` can be written, synced and locked")


def _refuses_a_second(fd: int) -> bool:
    """Whether another open file of the same inode is kept out by the lock that is held."""
    other = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
    try:
        return not take_lock(other)
    finally:
        os.close(other)
