"""Only what a list still names is killed: a number may have been given to another one."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.runtime.sandbox import killing
from wilkc.runtime.sandbox.killing import kill_if, kill_those

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sleeping() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [subprocess.Popen(["/bin/sleep", "300"]) for _ in range(5)]
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def _run_on(processes: list[subprocess.Popen[bytes]]) -> list[bool]:
    return [process.poll() is None for process in processes]


def test_all_that_a_list_names_are_killed(
    sleeping: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(killing, "_AT_ONCE", 2)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    kill_those(lambda: [one.pid for one in sleeping])
    assert [one.wait(30) for one in sleeping] == [-9] * 5
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_what_a_list_does_not_name_any_more_lives_on(
    sleeping: list[subprocess.Popen[bytes]],
) -> None:
    lists = [[one.pid for one in sleeping], [sleeping[0].pid]]
    kill_those(lambda: lists.pop(0))
    assert sleeping[0].wait(30) == -9
    assert _run_on(sleeping[1:]) == [True] * 4


def test_a_number_that_nobody_has_is_passed_over(sleeping: list[subprocess.Popen[bytes]]) -> None:
    sleeping[0].kill()
    sleeping[0].wait()
    kill_those(lambda: [one.pid for one in sleeping[:2]])
    assert sleeping[1].wait(30) == -9


def test_one_that_is_not_meant_lives_on(sleeping: list[subprocess.Popen[bytes]]) -> None:
    answers = [True, False]
    kill_if(sleeping[0].pid, lambda _: answers.pop(0))
    kill_if(sleeping[1].pid, lambda _: False)
    assert _run_on(sleeping[:2]) == [True, True]
    kill_if(sleeping[2].pid, lambda _: True)
    assert sleeping[2].wait(30) == -9
