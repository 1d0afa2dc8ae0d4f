"""What else than files and directories a workspace may hold: pipes, links, and links for `.git`."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from wilkc.core.sandbox_plan import SandboxPlan
from wilkc.runtime.sandbox.identity import choose_identity

RULES = {"read": ("./src/**",), "write": ("./out/**",)}


def test_a_pipe_in_a_mount_for_reading_leads_to_nobody(work: Any, spec: Any) -> None:
    work.folder("src")
    os.mkfifo(work.path / "src/pipe", 0o666)
    (work.path / "src/pipe").chmod(0o666)
    work.own()
    listening = os.open(work.path / "src/pipe", os.O_RDWR | os.O_NONBLOCK)
    try:
        ended = work.sh(spec(**RULES), "echo told > src/pipe")
        assert ended.kind == "exited", ended.message
        assert "denied" in ended.stderr
        with pytest.raises(BlockingIOError):
            os.read(listening, 100)
    finally:
        os.close(listening)


def test_a_pipe_where_the_policy_lets_write_is_written(work: Any, spec: Any) -> None:
    work.folder("out")
    os.mkfifo(work.path / "out/pipe")
    work.own()
    ended = work.sh(spec(**RULES), "(cat out/pipe > out/a &) ; echo told > out/pipe; sleep 0.2")
    assert ended.kind == "exited", ended.message
    assert (work.path / "out/a").read_text() == "told\n"


def _link(work: Any, target: str) -> None:
    work.folder("out/sub")
    (work.path / "out/sub/.git").symlink_to(target)
    work.own()


@pytest.mark.parametrize("target", ["nowhere", ".git", "/nonexistent/git"])
def test_a_git_directory_that_leads_nowhere_is_said(work: Any, spec: Any, target: str) -> None:
    _link(work, target)
    ended = work.sh(spec(**RULES), "echo x > out/a")
    assert (ended.kind, ended.exit) == ("exited", 0), ended.message
    said = [one for one in ended.launch["reports"]["first"] if "second name" in one]
    assert said == [f"`{work.path}/out/sub/.git` is protected and may be reached by a second name"]


def test_strict_refuses_a_git_directory_that_is_a_link(work: Any, spec: Any) -> None:
    _link(work, "nowhere")
    ended = work.sh(spec(**RULES, level="strict", degraded=()), "true")
    if ended.detail == "sandbox.limit_not_enforceable":
        ended = work.sh(spec(**RULES, level="strict"), "true")
    assert (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.second_name"), ended.message


def test_what_a_git_directory_leads_to_is_frozen(work: Any, spec: Any) -> None:
    work.write("out/real/config", "[core]\n")
    work.folder("out/real/hooks")
    _link(work, "../real")
    script = "echo x > out/real/config; echo x > out/real/hooks/h; echo x > out/real/index"
    ended = work.sh(spec(**RULES), script)
    assert ended.kind == "exited", ended.message
    assert (work.path / "out/real/config").read_text() == "[core]\n"
    assert list((work.path / "out/real/hooks").iterdir()) == []
    assert (work.path / "out/real/index").read_text() == "x\n"


def test_a_pipe_called_git_stays_one(work: Any, spec: Any) -> None:
    work.folder("out/sub")
    os.mkfifo(work.path / "out/sub/.git")
    work.own()
    ended = work.sh(
        spec(**RULES), "rm -f out/sub/.git; mkdir -p out/sub/.git/hooks; mv out/sub out/x"
    )
    assert ended.kind == "exited", ended.message
    assert (work.path / "out/sub/.git").is_fifo()


def test_what_is_blocked_in_a_further_program_tree_is_hidden(work: Any, spec: Any) -> None:
    place = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="wilk-tools-"))  # not covered
    try:
        place.chmod(0o755)
        (place / "tool").write_text("hello")
        (place / "keys").mkdir()
        (place / "keys/one").write_text("SECRET-CANARY")
        rules = spec(write=("./out/**",), block=(f"{place}/keys",), runtime_paths=(str(place),))
        ended = work.sh(rules, f"cat {place}/tool {place}/keys/one")
    finally:
        shutil.rmtree(place)
    assert ended.kind == "exited", ended.message
    assert ended.stdout == "hello"


@pytest.mark.parametrize(("group", "chosen"), [(0, 65534), (4711, 4711)])
def test_no_command_is_of_roots_group(
    monkeypatch: pytest.MonkeyPatch, group: int, chosen: int
) -> None:
    """A workspace may be of that group; `/etc/sudoers` is read by it."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    status = os.stat_result((0o40755, 1, 1, 1, 65534, group, 0, 0, 0, 0))
    assert choose_identity(SandboxPlan(), status).gid == chosen
