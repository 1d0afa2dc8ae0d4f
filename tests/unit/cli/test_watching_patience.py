"""`wilkc audit alerts --watch` waits for somebody else's turn, and says so where it never ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.cli.commands.audit import alerts
from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from wilkc.runtime.alerts import Watcher


class Turns:
    """Who opens what is somebody else's for some tries."""

    def __init__(self, busy: int, error: Exception) -> None:
        self.left = busy
        self._error = error
        self.watcher: Watcher = object()  # type: ignore[assignment]

    def __call__(self) -> Watcher:
        self.left -= 1
        if self.left >= 0:
            raise self._error
        return self.watcher


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "_PAUSE", 0.001)


def test_it_waits_for_a_lock_that_is_held_for_a_while() -> None:
    turns = Turns(5, UnavailableError("another watcher is at work"))
    assert alerts._patiently(turns) is turns.watcher


def test_a_lock_that_is_held_on_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "OPENING", 0.02)
    with pytest.raises(UnavailableError, match="another watcher is at work"):
        alerts._patiently(Turns(10_000, UnavailableError("another watcher is at work")))


def test_what_waiting_does_not_mend_is_told_at_once() -> None:
    turns = Turns(5, UsageError("there is no audit log"))
    with pytest.raises(UsageError, match="there is no audit log"):
        alerts._patiently(turns)
    assert turns.left == 4
