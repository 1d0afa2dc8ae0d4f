"""Odd places, odd names, and commands that do their worst: see `docs/sandbox-faults.md`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = {"read": ("./src/**",), "write": ("./out/**",), "block": (".env*",)}
PATIENT_MS = 300_000


def _fill(work: Any) -> None:
    work.write("src/a", "hello")
    work.write("src/.env", "SECRET-CANARY")
    work.folder("out")


def _moved(work: Any, path: Path) -> Any:
    return replace(work, path=path)


def _holds(work: Any, spec: Any, **more: Any) -> Any:
    """What is granted works there, and what is blocked does not."""
    ended = work.sh(spec(**RULES), "cat src/a src/.env; echo x > out/a; echo y > src/b", **more)
    assert ended.kind == "exited", ended.message
    assert ended.stdout == "hello"
    assert (work.path / "out/a").read_text() == "x\n"
    assert not (work.path / "src/b").exists()
    assert {path.name for path in (work.path / "out").iterdir()} == {"a"}
    return ended


def test_a_workspace_behind_a_link(work: Any, spec: Any) -> None:
    _fill(work)
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        link = Path(place) / "link"
        link.symlink_to(work.path)
        ended = _holds(work, spec, workspace=str(link))
    assert {one["path"] for one in ended.launch["view"]["mounts"]["first"]} == {
        str(work.path / "src"), str(work.path / "out"),
    }  # fmt: skip


@contextlib.contextmanager
def _mounted(options: str) -> Iterator[Path]:
    """A directory on a file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    place = Path(tempfile.mkdtemp(prefix="wilk-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


def test_a_workspace_on_another_file_system(work: Any, spec: Any) -> None:
    with _mounted("mode=0777") as place:
        moved = _moved(work, place)
        _fill(moved)
        assert place.stat().st_dev != Path("/usr").stat().st_dev
        _holds(moved, spec)


def test_a_workspace_among_devices_shows_nothing(user_work: Any, spec: Any) -> None:
    """What is shared in memory is no workspace: nothing below `/dev` is ever mounted."""
    place = Path(tempfile.mkdtemp(prefix="wilk-work-", dir="/dev/shm"))  # on purpose
    try:
        place.chmod(0o755)
        moved = _moved(user_work, place)
        _fill(moved)
        ended = moved.sh(spec(**RULES), "cat src/a; echo x > out/a")
        assert ended.stdout == ""
        assert not list((place / "out").iterdir())
    finally:
        shutil.rmtree(place)


def test_a_mount_inside_the_workspace(root_work: Any, spec: Any) -> None:
    """Another file system below a granted directory comes along with it, blocks included."""
    _fill(root_work)
    inner = root_work.folder("src/inner")
    subprocess.run(["mount", "-t", "tmpfs", "none", inner], check=True)
    try:
        root_work.write("src/inner/b", "inside")
        root_work.write("src/inner/.env", "SECRET-CANARY")
        script = "cat src/inner/b src/inner/.env; echo x > src/inner/b"
        ended = root_work.sh(spec(**RULES), script)
        assert (ended.kind, ended.stdout) == ("exited", "inside"), ended.message
        assert (inner / "b").read_text() == "inside"
    finally:
        subprocess.run(["umount", inner], check=True)


@pytest.mark.parametrize("name", ["a b", "--bind", "-", "quote'\"", "$(id)", "ünïcode", "\\n"])
def test_a_workspace_with_an_odd_name(work: Any, spec: Any, name: str) -> None:
    moved = _moved(work, work.folder(name))
    _fill(moved)
    _holds(moved, spec)


@pytest.mark.parametrize("name", [b"new\nline", b"\xff\xfe", b"cafe\xcc\x81", b"bell\x07"])
def test_a_workspace_that_no_decision_can_name(work: Any, spec: Any, name: bytes) -> None:
    place = os.fsencode(work.path) + b"/" + name
    os.mkdir(place)  # noqa: PTH102  # text of any bytes
    work.own()
    ended = work.sh(spec(**RULES), "touch out/ran", workspace=os.fsdecode(place))
    assert (ended.status, ended.detail) == (120, "sandbox.workspace_moved")


def test_some_hundred_files_are_masked(work: Any, spec: Any) -> None:
    _fill(work)
    for number in range(300):
        (work.path / f"src/.env{number}").write_text("SECRET-CANARY")
    work.own()
    ended = _holds(work, spec)
    assert ended.launch["view"]["masks"]["count"] >= 301


def test_ten_thousand_files_to_mask_are_refused(work: Any, spec: Any) -> None:
    _fill(work)
    for number in range(10_000):
        (work.path / f"src/.env{number}").touch()
    ended = work.sh(spec(**RULES), "touch out/ran")
    assert ended.status == 120
    # A machine that is busy with something else may not even look at them all in time.
    assert ended.detail in {"sandbox.too_many_mounts", "sandbox.walk_budget"}
    assert not (work.path / "out/ran").exists()


def test_more_folders_to_mask_than_bubblewrap_takes_words_for_are_refused(
    work: Any, spec: Any
) -> None:
    _fill(work)
    for number in range(1_600):
        (work.path / f"src/{number}/blocked").mkdir(parents=True)
    work.own()
    rules = spec(read=("./src/**",), write=("./out/**",), block=("**/blocked/**",))
    ended = work.sh(rules, "touch out/ran")
    assert (ended.status, ended.detail) == (120, "sandbox.too_many_mounts"), ended.message
    assert "words" in ended.message
    assert ended.help
    assert not (work.path / "out/ran").exists()
    # The twin: fewer of them.
    for number in range(100, 1_600):
        (work.path / f"src/{number}/blocked").rmdir()
    assert work.sh(rules, "touch out/ran").kind == "exited"


def test_a_command_of_more_words_than_bubblewrap_takes_is_refused(work: Any, spec: Any) -> None:
    _fill(work)
    room = work.run(spec(**RULES), "/bin/echo", *["x"] * 9_000)
    assert (room.status, room.detail) == (120, "sandbox.too_many_mounts"), room.message
    taken = int(next(word for word in room.message.split() if word.isdecimal()))
    # The last that is taken, and the first that is not: it is bubblewrap that counts here.
    most = 9_000 - (taken - 9_000)
    assert work.run(spec(**RULES), "/bin/echo", *["x"] * most).kind == "exited"
    more = work.run(spec(**RULES), "/bin/echo", *["x"] * (most + 1))
    assert more.detail == "sandbox.too_many_mounts"


def test_a_read_path_that_is_missing(work: Any, spec: Any) -> None:
    _fill(work)
    rules = spec(read=("./src/**", "./nowhere/**"), files=("./none.txt",))
    ended = work.sh(rules, "cat src/a; ls nowhere none.txt")
    assert (ended.kind, ended.stdout) == ("exited", "hello")
    told = " ".join(ended.launch["reports"]["first"])
    assert "nowhere" in told
    assert not (work.path / "nowhere").exists()


def test_a_write_path_that_is_a_file(work: Any, spec: Any) -> None:
    """`./out/**` takes `./out` itself, so the file may be written, and nothing beside it."""
    work.write("out", "old")
    work.write("beside", "old")
    ended = work.sh(spec(write=("./out/**",)), "echo new > out; echo new > beside")
    assert ended.kind == "exited"
    assert (work.path / "out").read_text() == "new\n"
    assert (work.path / "beside").read_text() == "old"


def test_a_policy_that_changes_while_a_command_runs(work: Any, spec: Any) -> None:
    _fill(work)
    rules = spec(**RULES)
    place = work.write("revision", rules.rules["revision"])
    rules.rules["revision_file"] = str(place)
    script = "touch out/on; until test -e out/go; do sleep 0.02; done"
    process = work.start(rules.limited(wall_clock_ms=PATIENT_MS), "/bin/sh", "-c", script)
    _await((work.path / "out/on").exists)
    place.write_text("0" * 64)
    work.write("out/go")
    out, _ = process.communicate()
    answer = json.loads(out)
    assert (answer["kind"], answer["status"]) == ("policy_violation", 124)
    assert "policy changed" in answer["launch"]["postcheck"]["unjudged"]


@pytest.fixture
def small() -> Iterator[Path]:
    """A directory on a small file system of its own."""
    with _mounted("size=256k,mode=0777") as place:
        yield place


def _exhaust(place: Path) -> None:
    with contextlib.suppress(OSError), (place / "fill").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_full_disk_under_the_workspace(work: Any, spec: Any, small: Path) -> None:
    moved = _moved(work, small / "work")
    moved.path.mkdir()
    _fill(moved)
    _exhaust(small)
    ended = moved.sh(spec(**RULES), "cp src/a out/a")
    assert ended.kind == "exited", ended.message
    assert "No space left" in ended.stderr
    assert ended.launch["cleanup"]["count"] == 0
    assert {path.name for path in (moved.path / "out").iterdir()} <= {"a"}


def test_a_full_disk_under_the_notes(user_work: Any, spec: Any, small: Path) -> None:
    """What cannot be noted could not be cleaned up after a kill, so nothing starts."""
    _fill(user_work)
    (small / "wilk").mkdir(mode=0o700)
    os.chown(small / "wilk", user_work.owner, user_work.owner)
    _exhaust(small)
    ended = user_work.sh(spec(**RULES), "touch out/ran", shim={"XDG_RUNTIME_DIR": str(small)})
    assert (ended.status, ended.detail) == (120, "sandbox.precondition")
    assert not (user_work.path / "out/ran").exists()
    assert not list((user_work.path / "out").iterdir())


def test_five_hundred_processes(work: Any, spec: Any) -> None:
    mark = _mark()
    script = f"for i in $(seq 500); do sleep {mark} & done; echo started"
    ended = work.sh(spec().limited(pids=40, wall_clock_ms=PATIENT_MS), script)
    assert "fork" in ended.stderr.lower()
    assert not _running(mark)
    rules = spec().limited(pids=600, wall_clock_ms=PATIENT_MS)
    ended = work.sh(rules, script)
    assert (ended.kind, ended.stdout, ended.stderr) == ("exited", "started\n", "")
    assert not _running(mark)


def test_a_command_that_ignores_every_signal(work: Any, spec: Any) -> None:
    mark = _mark()
    script = f"trap '' TERM INT HUP QUIT; sleep {mark} & while :; do sleep {mark}; done"
    ended = work.sh(spec().limited(wall_clock_ms=500), script)
    assert (ended.kind, ended.status) == ("timeout", 123)
    assert not _running(mark)


def test_a_flood_on_both_outputs(work: Any, spec: Any) -> None:
    rules = spec().limited(output=100_000, wall_clock_ms=PATIENT_MS)
    ended = work.sh(rules, "yes & yes >&2 & wait")
    assert (ended.kind, ended.detail) == ("limit", "output")
    assert len(ended.stdout) + len(ended.stderr) == 100_000


def test_a_daemon_with_every_descriptor_closed(work: Any, spec: Any) -> None:
    mark = _mark()
    script = f"setsid sh -c 'exec <&- >&- 2>&-; sleep {mark} & sleep {mark}' & echo done"
    ended = work.sh(spec().limited(wall_clock_ms=PATIENT_MS), script)
    assert (ended.kind, ended.stdout) == ("exited", "done\n")
    assert not _running(mark)


def test_a_killed_shim_leaves_no_mounts_and_no_groups(root_work: Any, spec: Any) -> None:
    _fill(root_work)
    mounts = Path("/proc/self/mountinfo").read_text()
    mark = _mark()
    rules = spec(**RULES).limited(wall_clock_ms=PATIENT_MS)
    process = root_work.start(rules, "/bin/sh", "-c", f"touch out/on; sleep {mark}")
    try:
        _await((root_work.path / "out/on").exists)
        groups = _groups(root_work)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    _await(lambda: not _running(mark))
    assert Path("/proc/self/mountinfo").read_text() == mounts
    # The next launch removes what the dead one could not.
    assert root_work.sh(rules, "rm out/on").kind == "exited"
    assert not [path for path in groups if path.exists()]
    assert not list((root_work.path / "out").iterdir())


def _groups(work: Any) -> list[Path]:
    """The control groups of the launches that note this workspace."""
    notes = [json.loads(path.read_text()) for path in work.notes() if path.suffix == ".launch"]
    own = [note for note in notes if any(str(work.path) in left for left in note["left"])]
    return [Path(one) for note in own for one in note["groups"]]


def _mark() -> str:
    """A number of seconds that no other process sleeps."""
    return f"8{os.getpid()}{time.time_ns() % 10**6}"


def _running(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"sleep") and mark.encode() in words:
            found.append(int(path.parent.name))
    return found


def _await(done: Any) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
