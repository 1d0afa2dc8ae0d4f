"""Taking down a launch: each step on its own, and nothing left by a shim that is killed."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.sandbox_plan import SandboxPlan
from wilkc.runtime.sandbox import Job, Streams
from wilkc.runtime.sandbox.groups import Group
from wilkc.runtime.sandbox.observer import Unobserved
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.state import Note
from wilkc.runtime.sandbox.underway import Run, clean_up

if TYPE_CHECKING:
    from pathlib import Path


class _Way:
    """A way out that cannot be closed."""

    def close(self) -> None:
        raise OSError(5, "it broke")

    def record(self) -> dict[str, Any]:
        return {"bytes_sent": 7}


class _Stuck(Group):
    """A group that cannot be looked at."""

    def memory_peak(self) -> int | None:
        raise ValueError("no number")

    def kill(self) -> None:
        raise OSError(1, "not permitted")


def test_no_step_keeps_another_from_being_taken(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    job = Job("a", ("true",), str(tmp_path), SandboxPlan(), "r")
    run = Run(job, Streams(len, len), "/usr/bin/bwrap", Unobserved(), group=_Stuck("g"))
    run.way = _Way()  # type: ignore[assignment]
    run.bases.made.append(str(made))
    clean_up(run)
    assert not made.exists()
    assert run.facts.egress == {"bytes_sent": 7}
    assert run.facts.failures == [
        "use of the group: no number", "end of the group: [Errno 1] not permitted",
        "end of the proxy: [Errno 5] it broke",
    ]  # fmt: skip


def test_a_note_can_be_read_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were it cut after it is written anew, a shim killed in between would leave another one."""
    monkeypatch.setattr("wilkc.runtime.sandbox.state._locked", lambda: nullcontext(tmp_path))
    fd = os.open(tmp_path / "n", os.O_RDWR | os.O_CREAT, 0o600)
    note = Note(tmp_path / "n", fd, (), None, {"agent": "a"})
    monkeypatch.setattr(os, "ftruncate", _killed)
    for busy in (False, True):
        note.write(busy=busy)
        assert json.loads((tmp_path / "n").read_text())["busy"] is busy
    os.close(fd)


def test_a_note_is_written_whole_or_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that is nearly full takes a part; others would go by a note that is cut."""
    monkeypatch.setattr("wilkc.runtime.sandbox.state._locked", lambda: nullcontext(tmp_path))
    write, room = os.pwrite, 100

    def full(fd: int, data: bytes, offset: int) -> int:
        if offset >= room:
            raise OSError(errno.ENOSPC, "no room")
        return write(fd, data[: min(room - offset, 7)], offset)

    monkeypatch.setattr(os, "pwrite", full)
    fd = os.open(tmp_path / "n", os.O_RDWR | os.O_CREAT, 0o600)
    note = Note(tmp_path / "n", fd, (), None, {"agent": "a"})
    note.leave(["/srv/a"])
    whole = {"agent": "a", "left": ["/srv/a"]}
    assert json.loads((tmp_path / "n").read_text()) == whole
    with pytest.raises(SandboxRefusedError, match="no room"):
        note.leave([f"/srv/{'b' * 100}"])
    assert json.loads((tmp_path / "n").read_text()) == whole
    os.close(fd)


def _killed(*_: object) -> None:
    raise SystemExit


def test_what_was_made_for_a_shim_that_was_killed_goes_with_the_next_launch(
    root_work: Any, spec: Any
) -> None:
    """Made for a rule, and nothing is started yet: the walk over the other mount takes long."""
    work = root_work
    for number in range(20):
        folder = work.path / f"src/{number}"
        folder.mkdir(parents=True)
        for name in range(300):
            (folder / str(name)).touch()
    work.own()
    rules = spec(read=("./src/**",), write=("./new/a/**",))
    process = work.start(rules, "/bin/true")
    end = time.monotonic() + 30
    while not (work.path / "new/a").exists():
        assert process.poll() is None
        assert time.monotonic() < end
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (work.path / "new/a").exists()
    other = replace(work, path=work.folder("src/0"))
    assert other.sh(spec(read=("./**",)), "true").kind == "exited"
    assert not (work.path / "new").exists()
