"""`context: shared`: private directories that one agent keeps over one session."""

from __future__ import annotations

import os
import shutil
import subprocess
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.sandbox.launch_as import agent_of
from wilkc.runtime.sandbox import state
from wilkc.runtime.sandbox.binds import Bases
from wilkc.runtime.sandbox.emptying import remove_tree
from wilkc.runtime.sandbox.environment import TMP
from wilkc.runtime.sandbox.identity import Identity
from wilkc.runtime.sandbox.job import Job
from wilkc.runtime.sandbox.kept import KEPT_SECONDS, MAX_ENTRIES, is_over, lend
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.view import Lent

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = {"level": "moderate", "context": "shared"}


@pytest.fixture
def session(work: Any) -> Iterator[str]:
    """A session of this test alone; what was kept of it is removed, and of no other test's."""
    own = f"session-{work.path.name}"
    yield own
    agents = ("one", "two", agent_of(str(work.path)))
    for top, agent, name in product(_tops(work), agents, (own, f"{own}another")):
        parts = "\0".join((agent, name, str(work.owner)))
        shutil.rmtree(top / sha256(parts.encode()).hexdigest(), ignore_errors=True)


def _tops(work: Any) -> list[Path]:
    return [Path("/run/wilk-root-kept"), Path(TMP, f"wilk-{work.owner}-kept")]


def test_it_is_there_again_for_the_same_session(work: Any, spec: Any, session: str) -> None:
    first = work.sh(spec(**SHARED), "echo kept > /tmp/a && echo too > ~/b", session=session)
    assert (first.kind, first.exit) == ("exited", 0), first
    again = work.sh(spec(**SHARED), "cat /tmp/a ~/b", session=session)
    assert again.stdout == "kept\ntoo\n"
    assert again.launch["context"] == "shared"
    assert again.launch["limits"]["tmp"]["strength"] == "sampled"


@pytest.mark.parametrize("other", ["another", ""])
def test_another_session_and_none_have_their_own(
    work: Any, spec: Any, session: str, other: str
) -> None:
    work.sh(spec(**SHARED), "echo kept > /tmp/a", session=session)
    ended = work.sh(spec(**SHARED), "ls -A /tmp ~", session=other and session + other)
    assert "a" not in ended.stdout.split()
    assert any("no session" in one for one in ended.launch["reports"]["first"]) is not bool(other)


def test_another_agent_has_its_own(work: Any, spec: Any, session: str) -> None:
    work.sh(spec(**SHARED), "echo kept > /tmp/a", session=session, agent="one")
    ended = work.sh(spec(**SHARED), "ls -A /tmp", session=session, agent="two")
    assert ended.kind == "exited"
    assert "a" not in ended.stdout.split()


def test_an_isolated_context_keeps_nothing(work: Any, spec: Any, session: str) -> None:
    work.sh(spec(), "echo kept > /tmp/a && echo too > ~/b", session=session)
    ended = work.sh(spec(), "ls -A /tmp ~", session=session)
    assert "a" not in ended.stdout.split()


def test_too_much_ends_the_command(work: Any, spec: Any, session: str) -> None:
    small = spec(**SHARED).limited(tmp=2**20, monitor_interval_s=1)
    ended = work.sh(small, "head -c 3000000 /dev/zero > /tmp/a; sleep 30", session=session)
    assert (ended.kind, ended.detail) == ("limit", "tmp")
    # The next command is not punished for it, and finds nothing.
    after = work.sh(small, "ls -A /tmp", session=session)
    assert after.kind == "exited"
    assert "a" not in after.stdout.split()
    assert any("emptied" in one for one in after.launch["reports"]["first"])


def test_closed_directories_do_not_end_the_session(work: Any, spec: Any, session: str) -> None:
    closing = "mkdir -m 0 /tmp/x; mkdir -p ~/y/z; echo a > ~/y/z/a; chmod 0555 ~/y/z ~/y"
    first = work.sh(spec(**SHARED), f"{closing}; chmod 0 /tmp", session=session)
    # Nobody but root can tell how much is in there, and so it is too much.
    assert (first.kind, first.detail) in {("exited", ""), ("limit", "tmp")}
    after = work.sh(spec(**SHARED), "echo b > /tmp/b && cat /tmp/b", session=session)
    assert (after.kind, after.exit, after.stdout) == ("exited", 0, "b\n"), after.message


def test_what_is_too_large_is_emptied_also_where_it_is_closed(
    work: Any, spec: Any, session: str
) -> None:
    small = spec(**SHARED).limited(tmp=2**20)
    closing = "mkdir ~/y; head -c 3000000 /dev/zero > ~/y/a; chmod 0555 ~/y"
    assert work.sh(small, closing, session=session).detail == "tmp"
    after = work.sh(small, "ls -A ~", session=session)
    assert (after.kind, "y" in after.stdout.split()) == ("exited", False), after.message


def test_what_the_command_left_cannot_lead_elsewhere(work: Any, spec: Any, session: str) -> None:
    outside = work.write("outside", "OUTSIDE")
    script = f"rm -rf ~/x; ln -s {outside} ~/x; ln -s / /tmp/y; mkdir -p /tmp/deep/er"
    assert work.sh(spec(**SHARED), script, session=session).exit == 0
    ended = work.sh(spec(**SHARED), "cat ~/x; ls /tmp/y/", session=session)
    assert "OUTSIDE" not in ended.stdout
    assert outside.read_text() == "OUTSIDE"


# The same of the values, without a sandbox.


@pytest.fixture
def place(tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.setattr(state, "state_directory", lambda: tmp_path / "wilk")
    monkeypatch.setattr("wilkc.runtime.sandbox.kept.state_directory", lambda: tmp_path / "wilk")
    return tmp_path / "wilk-kept"


def _lend(
    spec: Any, bases: Bases, agent: str = "a", session: str = "s", uid: int | None = None
) -> Any:
    me = os.geteuid() if uid is None else uid
    job = Job(agent, ("true",), "/", spec(**SHARED).plan, "r", session=session)
    return lend(job, Identity(me, me, None, drop=False), "/home/wilk", bases, use_fds=False)


def test_agent_session_and_user_make_the_place(spec: Any, place: Path) -> None:
    bases = Bases()
    found = {
        _lend(spec, bases, agent, session)[0].source
        for agent, session in (("a", "s"), ("a", "t"), ("b", "s"), ("a\0s", ""), ("a", "s"))
        if session
    }
    bases.close()
    assert len(found) == 3
    assert {Path(one).parent.parent for one in found} == {place}


def test_a_place_that_others_may_write_to_is_refused(spec: Any, place: Path) -> None:
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(SandboxRefusedError):
        _lend(spec, Bases())
    place.chmod(0o711)
    assert _lend(spec, Bases())


@pytest.mark.usefixtures("place")
def test_a_link_in_the_place_is_refused(spec: Any, tmp_path: Path) -> None:
    (found, _) = _lend(spec, Bases())
    Path(found.source).rmdir()
    Path(found.source).symlink_to(tmp_path)
    with pytest.raises(SandboxRefusedError):
        _lend(spec, Bases())


@pytest.mark.usefixtures("place")
def test_what_nobody_used_for_long_is_removed(spec: Any) -> None:
    bases = Bases()
    (old, _) = _lend(spec, bases, "old")
    (used, _) = _lend(spec, Bases(), "used")
    for one in (old, used):
        top = Path(one.source).parent
        stamp = top.stat().st_mtime - KEPT_SECONDS - 60
        os.utime(top, (stamp, stamp))
    (fresh, _) = _lend(spec, Bases(), "fresh")
    # The first is held by a running launch.
    assert Path(old.source).exists()
    bases.close()
    _lend(spec, Bases(), "again")
    assert not Path(old.source).exists()
    assert Path(fresh.source).exists()


def test_what_a_killed_launch_had_alone_is_removed_by_the_next(spec: Any, place: Path) -> None:
    _lend(spec, Bases())
    (place / "launch-dead").mkdir()
    (place / "launch-new").mkdir()
    stamp = (place / "launch-dead").stat().st_mtime - 120
    os.utime(place / "launch-dead", (stamp, stamp))
    _lend(spec, Bases())
    assert not (place / "launch-dead").exists()
    assert (place / "launch-new").exists()


@pytest.fixture
def cleared(tmp_path: Path) -> Iterator[None]:
    """A tree that stays is too deep for the test runner, which then ends with an error for ever."""
    yield
    subprocess.run(["rm", "-rf", "--", *map(str, tmp_path.iterdir())], check=True)


@pytest.mark.usefixtures("cleared")
def test_whatever_lies_below_is_removed_and_nothing_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text("kept")
    top = tmp_path / "top"
    here = _deep(top, 1500)
    os.symlink(outside, "link", dir_fd=here)
    os.close(here)
    (top / "d/e").mkdir()
    (top / "d/e").chmod(0)
    (top / "d/link").symlink_to(outside)
    (top / "link").symlink_to(outside)
    os.mkfifo(top / "pipe")
    remove_tree(str(top))
    assert not top.exists()
    assert (outside / "a").read_text() == "kept"


def _deep(top: Path, depth: int) -> int:
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        above, here = here, os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(above)
    return here


@pytest.mark.usefixtures("place", "cleared")
def test_what_is_too_deep_for_most_programs_is_emptied(spec: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("wilkc.runtime.sandbox.kept.MAX_ENTRIES", 100)
    bases = Bases()
    (found, _) = _lend(spec, bases)
    bases.close()
    os.close(_deep(Path(found.source) / "top", 1500))
    again = Bases()
    _lend(spec, again)
    assert list(Path(found.source).iterdir()) == []
    assert any("emptied" in one for one in again.reports)
    again.close()


def test_size_counts_all_below_and_many_names_are_too_many(
    tmp_path: Path, monkeypatch: Any
) -> None:
    lent = (Lent(str(tmp_path), TMP, None, 0, 0),)
    assert not is_over(lent, 2**20)
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_bytes(b"x" * 2**20)
    assert is_over(lent, 2**19)
    assert not is_over(lent, 2**21)
    assert MAX_ENTRIES > 3
    monkeypatch.setattr("wilkc.runtime.sandbox.kept.MAX_ENTRIES", 2)
    assert is_over(lent, 2**21)
    # Where nobody can tell, it is too much.
    assert is_over((Lent(str(tmp_path / "gone/x"), TMP, None, 0, 0),), 2**21)
