"""Launches over one workspace at the same time."""

from __future__ import annotations

import time
from typing import Any


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


def test_many_launches_leave_nothing(work: Any, spec: Any) -> None:
    work.folder("out")
    rules = spec(write=("./out/**",), block=(".env*",))
    running = [work.start(rules, "/bin/sh", "-c", f"echo {n} > out/{n}") for n in range(6)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert b'"exited"' in out, (out, err)
    assert work.names() == {"out", *(f"out/{n}" for n in range(6))}


def _text(note: Any) -> str:
    # Beside the notes lies the directory of those that are kept.
    return note.read_text() if note.is_file() else ""


def _await(done: Any) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
