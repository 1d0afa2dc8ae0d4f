"""What was denied does not stay: not on another file system, nor where a signal comes."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.sandbox.undisturbed import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RULES = {"read": ("./src/**",), "write": ("./out/**",), "block": (".env*",)}


@pytest.fixture
def mounted(work: Any) -> Iterator[Path]:
    """A file system of its own in the place of a folder that may be written."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    place = work.folder("out")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0777", "none", place], check=True)
    work.own()
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("folder", ["out", "out/d"])
def test_what_lies_on_another_file_system_is_moved_on_it(
    work: Any, spec: Any, mounted: Path, folder: str
) -> None:
    script = f"mkdir -p out/d; echo x > {folder}/.env; echo x > out/a"
    ended = work.sh(spec(**RULES), script)
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert "moved to quarantine" in ended.message
    assert ended.launch["postcheck"]["stuck"]["count"] == 0
    assert not (work.path / folder / ".env").exists()
    assert (mounted / "a").exists()
    (kept,) = (work.path / folder).glob(".wilk-quarantine/*/*")
    assert kept.read_text() == "x\n"
    # Nor does the next command see it, and its being there is no new violation.
    again = work.sh(spec(**RULES), f"ls {folder}/.wilk-quarantine || echo closed")
    assert (again.kind, again.stdout) == ("exited", "closed\n"), again.message


def test_a_mount_inside_a_tree(root_work: Any, spec: Any) -> None:
    inner = root_work.folder("out/inner")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0777", "none", inner], check=True)
    try:
        ended = root_work.sh(spec(**RULES), "echo x > out/inner/.env; echo x > out/.env")
        assert ended.launch["postcheck"]["moved"]["count"] == 2
        assert ended.launch["postcheck"]["stuck"]["count"] == 0
        assert not (inner / ".env").exists()
        assert not (root_work.path / "out/.env").exists()
    finally:
        subprocess.run(["umount", inner], check=True)


def test_what_nobody_may_move_beside_the_tree_is_moved_in_it(user_work: Any, spec: Any) -> None:
    """A tree may lie in a folder that its user cannot write in."""
    place = user_work.folder("closed/out")
    if os.geteuid() == 0:
        os.chown(place.parent, 0, 0)
    place.parent.chmod(0o755 if os.geteuid() == 0 else 0o555)
    rules = {**RULES, "write": ("./closed/out/**",)}
    ended = user_work.sh(spec(**rules), "echo x > closed/out/.env")
    place.parent.chmod(0o755)
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert ended.launch["postcheck"]["stuck"]["count"] == 0
    assert not (place / ".env").exists()


MAPPED = """
import mmap, os
file = os.open('out/old.sh', os.O_RDWR)
seen = mmap.mmap(file, 4)
seen[0:4] = b'evil'
"""


def test_what_is_written_through_a_mapping_in_memory_is_seen(
    work: Any, spec: Any, mounted: Path
) -> None:
    (mounted / "old.sh").write_text("good")
    (mounted / "old.sh").chmod(0o666)
    rules = spec(read=("./src/**",), write=("./out/**",), extensions=(".md",))
    ended = work.run(rules, "/usr/bin/python3", "-c", MAPPED)
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert not (mounted / "old.sh").exists()


def test_a_signal_in_the_middle_of_judging_leaves_nothing(root_work: Any, spec: Any) -> None:
    root_work.folder("out")
    rules = spec(**RULES)
    rules.rules["interrupted"] = ["./out/b"]
    process = root_work.start(rules, "/bin/sh", "-c", "echo x > out/.env; echo x > out/b")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert not (root_work.path / "out/.env").exists()
    assert (root_work.path / "out/b").exists()


@pytest.fixture
def told() -> Iterator[list[int]]:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    yield came
    signal.signal(signal.SIGTERM, before)


def test_a_signal_is_put_off_and_not_lost(told: list[int]) -> None:
    with undisturbed():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert told == []
    assert told == [signal.SIGTERM]


def test_it_is_told_also_where_the_block_fails(told: list[int]) -> None:
    def block() -> None:
        with undisturbed():
            os.kill(os.getpid(), signal.SIGTERM)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        block()
    assert told == [signal.SIGTERM]


def test_another_thread_puts_off_nothing(told: list[int]) -> None:
    def block() -> None:
        with undisturbed():
            assert signal.getsignal(signal.SIGTERM) is before

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert told == []


@pytest.fixture
def raising() -> Iterator[None]:
    """As a program that both signals end by an exception."""

    def end(number: int, _: Any) -> None:
        raise SystemExit(number)

    before = {one: signal.signal(one, end) for one in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("step", range(1, 7))
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("raising")
def test_no_signal_is_taken_for_good(
    monkeypatch: pytest.MonkeyPatch, step: int, number: int
) -> None:
    """Whichever handlers are set or set back by the time that one comes."""
    steps, real = iter(range(1, 100)), signal.signal

    def interrupted(one: int, handler: Any) -> Any:
        found = real(one, handler)
        if next(steps) == step:
            signal.raise_signal(number)
        return found

    monkeypatch.setattr(signal, "signal", interrupted)
    with pytest.raises(SystemExit), undisturbed():
        pass
    monkeypatch.undo()
    for one in (signal.SIGINT, signal.SIGTERM):
        with pytest.raises(SystemExit, match=str(int(one))):
            signal.raise_signal(one)


@pytest.mark.usefixtures("raising")
def test_two_signals_are_both_told() -> None:
    def block() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(SystemExit, match=str(int(signal.SIGTERM))) as ended:
        block()
    assert str(ended.value.__context__) == str(int(signal.SIGINT))
