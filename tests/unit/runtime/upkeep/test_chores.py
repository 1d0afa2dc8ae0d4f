"""Work that comes again: what fails is told until it was done, and keeps nothing else waiting."""

from __future__ import annotations

import threading

import pytest

from wilkc.core.errors import UnavailableError
from wilkc.opa.upkeep import read_chores
from wilkc.runtime.upkeep import Chore, Worker

FAULTS = [
    (UnavailableError("the disk is full"), "the disk is full"),
    (OSError(28, "No space left on device"), "the system refuses: No space left on device"),
    (KeyError("agent said secret"), "it failed: KeyError"),
]


@pytest.mark.parametrize(("error", "told"), FAULTS, ids=["refused", "system", "fault"])
def test_what_fails_is_told_until_it_was_done(error: Exception, told: str) -> None:
    failing = True

    def work() -> None:
        if failing:
            raise error

    chore = Chore("x", 0, work)
    assert chore.as_json()["age_seconds"] == -1
    assert chore.step()
    assert (chore.problem, chore.failures) == (told, 1)
    assert not chore.step()  # the same once more is no news
    failing = False
    assert chore.step()
    assert (chore.problem, chore.failures, chore.runs) == ("", 2, 3)
    assert chore.as_json()["age_seconds"] >= 0
    assert read_chores({"x": chore.as_json()})["x"].runs == 3


def test_it_is_done_when_it_is_due_and_sooner_after_a_failure() -> None:
    done: list[str] = []
    hourly = Chore("x", 3600, lambda: done.append("x"))
    hourly.step()
    hourly.step()
    assert done == ["x"]

    def fail() -> None:
        done.append("y")
        raise UnavailableError("no")

    failing = Chore("y", 3600, fail, again_seconds=0)
    failing.step()
    failing.step()
    assert done == ["x", "y", "y"]


def test_a_worker_does_the_others_and_says_what_changed() -> None:
    told: list[str] = []
    enough = threading.Event()

    def fail() -> None:
        raise UnavailableError("no")

    def work() -> None:
        if second.runs >= 2:
            enough.set()

    second = Chore("second", 0, work)
    worker = Worker([Chore("first", 0, fail, again_seconds=0), second], told.append)
    worker.start()
    assert enough.wait(30)
    worker.stop()
    assert worker.join(30)
    assert not worker.alive
    assert told == ["first: no"]


def test_a_worker_that_hangs_does_not_hold_its_end() -> None:
    begun, release = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        release.wait(60)

    worker = Worker([Chore("x", 0, hang)], print)
    worker.start()
    assert begun.wait(30)
    worker.stop()
    assert not worker.join(0.1)
    release.set()
    assert worker.join(30)
