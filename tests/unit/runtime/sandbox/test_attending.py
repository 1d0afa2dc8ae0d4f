"""A host that has no room for the threads that attend to a command."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("threads", [0, 1, 2, 3])
def test_without_room_for_threads_nothing_runs_on(work: Any, spec: Any, threads: int) -> None:
    work.folder("out")
    rules = spec(write=("./out/**",), block=(".env*",))
    ended = work.sh(rules, "sleep 60 && echo x > out/a", threads=threads)
    assert (ended.kind, ended.status) == ("sandbox_failed", 120)
    assert "can't start new thread" in ended.message
    assert ended.launch["cleanup"]["count"] == 0
    assert list((work.path / "out").iterdir()) == []
    own = str(work.path)
    assert not any(own in note.read_text() for note in work.notes() if note.is_file())


def test_threads_that_only_save_time_are_not_needed(work: Any, spec: Any) -> None:
    ended = work.sh(spec(), "echo x", threads=5)
    assert (ended.kind, ended.stdout) == ("exited", "x\n"), ended.message


def test_a_decision_point_that_fails_leaves_changes_unjudged(work: Any, spec: Any) -> None:
    work.folder("out")
    rules = spec(write=("./out/**",), block=(".env*",))
    rules.rules["failing"] = ["./out/other"]
    ended = work.sh(rules, "echo x > out/other")
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert "the decision point fails" in ended.message
    assert ended.launch["cleanup"]["count"] == 0
