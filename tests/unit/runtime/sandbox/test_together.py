"""Launches over one workspace at the same time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest


def test_a_mask_outlives_the_launch_that_made_its_place(work: Any, spec: Any) -> None:
    """Removing a mount point from outside would lift the mask of whoever still runs."""
    work.folder("out")
    rules = spec(write=("./out/**", "./made/**"))
    script = "until test -e out/go; do sleep 0.02; done; echo x > out/.bashrc; echo y > made/y"
    first = work.start(
        rules, "/bin/sh", "-c", "until test -e out/end; do sleep 0.02; done; echo a > out/a"
    )
    _await((work.path / "out/.bashrc").exists)
    second = work.start(rules, "/bin/sh", "-c", script)
    _await(lambda: sum('"process"' in _text(note) for note in work.notes()) == 2)
    (work.path / "out/end").touch()
    first.communicate()
    (work.path / "out/go").touch()
    out, _ = second.communicate(timeout=30)
    assert b'"exited"' in out
    assert work.names() == {"out", "out/a", "out/go", "out/end", "made", "made/y"}


WAIT = "until test -e out/{0}; do sleep 0.02; done"


@pytest.mark.parametrize("written", [True, False])
def test_what_another_one_may_write_is_denied_all_the_same(
    work: Any, spec: Any, written: bool
) -> None:
    """A file that another launch made for its rule is no way around a block of this one."""
    work.folder("out")
    script = f"touch out/on; {WAIT.format('go')}; {'echo x > out/a.pem' if written else 'true'}"
    rules = spec(write=("./out/**",), block=("*.pem",))
    first = work.start(rules, "/bin/sh", "-c", script)
    _await((work.path / "out/on").exists)
    others = spec(write_files=("./out/a.pem",), read=("./out/**",))
    second = work.start(others, "/bin/sh", "-c", WAIT.format("end"))
    _await((work.path / "out/a.pem").exists)
    _await(lambda: sum(_is_of(work, _text(note)) for note in work.notes()) == 2)
    (work.path / "out/go").touch()
    out, _ = first.communicate(timeout=30)
    (work.path / "out/end").touch()
    last, _ = second.communicate(timeout=30)
    assert json.loads(out)["kind"] == ("policy_violation" if written else "exited"), out
    assert json.loads(last)["kind"] == "exited", last
    assert not (work.path / "out/a.pem").exists()


def test_who_ends_first_answers_for_what_it_may_not(work: Any, spec: Any) -> None:
    """Nobody can tell who wrote it, so whoever may not is told, and told of the others."""
    work.folder("out")
    strict = spec(write=("./out/**",), block=("*.pem",))
    first = work.start(strict, "/bin/sh", "-c", f"touch out/on; {WAIT.format('go')}")
    _await((work.path / "out/on").exists)
    free = spec(write=("./out/**", "./made/**"))
    second = work.start(free, "/bin/sh", "-c", f"echo x > out/a.pem; {WAIT.format('end')}")
    _await((work.path / "out/a.pem").exists)
    (work.path / "out/go").touch()
    out, _ = first.communicate(timeout=30)
    (work.path / "out/end").touch()
    second.communicate(timeout=30)
    ended = json.loads(out)
    assert ended["kind"] == "policy_violation"
    assert "another command runs" in ended["message"]
    assert not (work.path / "out/a.pem").exists()


def test_many_launches_leave_nothing(work: Any, spec: Any) -> None:
    work.folder("out")
    rules = spec(write=("./out/**",), block=(".env*",))
    running = [work.start(rules, "/bin/sh", "-c", f"echo {n} > out/{n}") for n in range(6)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert b'"exited"' in out, (out, err)
    assert work.names() == {"out", *(f"out/{n}" for n in range(6))}


def _is_of(work: Any, note: str) -> bool:
    return '"process"' in note and str(work.path) in note


def _text(note: Any) -> str:
    # Beside the notes lies the directory of those that are kept.
    return note.read_text() if note.is_file() else ""


def _await(done: Any) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
