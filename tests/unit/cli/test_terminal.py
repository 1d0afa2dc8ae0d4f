"""A line for long work: on a terminal alone, after a second, and gone when the work is."""

from __future__ import annotations

import io
import time
from types import SimpleNamespace

import pytest

from wilkc.cli import terminal
from wilkc.cli.terminal import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    found = _Terminal()
    # Pytest puts its own in the place of `sys.stderr` between a fixture and its test.
    monkeypatch.setattr(terminal, "sys", SimpleNamespace(stderr=found))
    monkeypatch.setattr(terminal, "QUIET_SECONDS", 0.02)
    monkeypatch.setattr(terminal, "_DRAWN_SECONDS", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    return found


def _until_drawn(screen: _Terminal, text: str = "\r") -> None:
    """Wait for the thread that draws, which a busy host may keep waiting itself."""
    end = time.monotonic() + 20
    while text not in screen.getvalue() and time.monotonic() < end:
        time.sleep(0.01)


def _work(seconds: float, *, quiet: bool = False) -> None:
    with Progress("proving", 4, quiet=quiet) as progress:
        progress.step(2)
        time.sleep(seconds)


def test_long_work_is_shown_and_wiped_away(screen: _Terminal) -> None:
    with Progress("proving", 4) as progress:
        progress.step(2)
        _until_drawn(screen, "50%")
    assert "\r\x1b[Kproving  [############............]  50%  2 of 4  " in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_short_work_is_not(screen: _Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "QUIET_SECONDS", 60)
    _work(0.05)
    assert screen.getvalue() == ""


@pytest.mark.parametrize("why", ["quiet", "no terminal", "dumb"])
def test_nothing_is_shown_to_who_cannot_or_will_not_see(
    screen: _Terminal, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "no terminal":
        monkeypatch.setattr(screen, "isatty", lambda: False)
    if why == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    _work(0.2, quiet=why == "quiet")
    assert screen.getvalue() == ""


def test_a_failure_wipes_it_away_too(screen: _Terminal) -> None:
    def fail() -> None:
        with Progress("proving"):
            _until_drawn(screen)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_steps_beyond_the_total_and_without_one() -> None:
    progress = Progress("asking", 1)
    progress.step(3)
    assert progress.line(2) == f"asking  [{'#' * 24}] 100%  3 of 1  2 s"
    endless = Progress("asking")
    assert endless.line(2) == "asking  2 s"
    endless.step(1_200)
    assert endless.line(3) == "asking  1,200  3 s"
