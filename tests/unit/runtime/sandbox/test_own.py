"""Wilk's own places on this host: in nobody's view, and what is noted there binds nobody else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.sandbox_plan import SandboxPlan
from wilkc.opa.run_folder import RunFolder
from wilkc.runtime.sandbox import kept, state
from wilkc.runtime.sandbox.environment import TMP
from wilkc.runtime.sandbox.groups import find_hierarchies, is_group, make_group
from wilkc.runtime.sandbox.identity import Identity
from wilkc.runtime.sandbox.job import Job
from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.own import own_places
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.whole import named

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "SECRET-CANARY"


@pytest.fixture
def temporary(work: Any) -> Iterator[Path]:
    """A directory for temporary files that everybody may write in, and two of Wilk's in it."""
    top = Path(tempfile.mkdtemp(prefix="wilk-temporary-"))
    for name in ("wilk-opa-0", "free"):
        (top / name).mkdir()
        (top / name / "in").write_text(CANARY)
    for path in (top, *top.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, work.owner, work.owner)
    top.chmod(0o1777)
    yield top
    shutil.rmtree(top)


def _run(work: Any, rules: Any, script: str, top: Path) -> Any:
    return work.sh(rules, script, shim={"TMPDIR": str(top)})


@pytest.mark.parametrize("level", ["moderate", "minimal"])
def test_they_are_in_no_view(work: Any, spec: Any, temporary: Path, level: str) -> None:
    state_of = temporary / f"wilk-{work.owner}"
    script = (
        f"cd {temporary}; cat free/in; cat wilk-opa-0/in; echo x > wilk-opa-0/in; ls {state_of};"
        f" mkdir -p {state_of}; echo x > {state_of}/x.launch; mkdir -p {state_of}-kept/x;"
        f" mv {state_of} {temporary}/moved; mv {state_of}-kept {temporary}/moved; echo x > free/new"
    )
    rules = spec(write=(f"{temporary}/**",), level=level)
    if level == "minimal":
        rules = rules.changed(filesystem="full")
    ended = _run(work, rules, script, temporary)
    assert (ended.kind, ended.stdout) == ("exited", CANARY), ended.message
    assert (temporary / "wilk-opa-0/in").read_text() == CANARY
    assert {str(one.relative_to(temporary)) for one in temporary.rglob("*")} == {
        "free", "free/in", "free/new", "wilk-opa-0", "wilk-opa-0/in",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["read", "each", "files"])
def test_no_rule_names_them(work: Any, spec: Any, temporary: Path, how: str) -> None:
    ends = {"read": "/**", "each": "/*", "files": "/in"}
    names = [f"{temporary}/{one}{ends[how]}" for one in ("wilk-opa-0", "free")]
    script = f"cat {temporary}/wilk-opa-0/in; cat {temporary}/free/in"
    ended = _run(work, spec(**{how: tuple(names)}), script, temporary)
    assert (ended.kind, ended.stdout) == ("exited", CANARY), ended.message
    said = [one for one in ended.launch["reports"]["first"] if "Wilk's own" in one]
    assert len(said) == 1


def test_a_narrowed_rule_around_them_matches_nothing_of_them(
    work: Any, spec: Any, temporary: Path
) -> None:
    script = f"cat {temporary}/*/in"
    ended = _run(work, spec(each=(f"{temporary}/*/*",)), script, temporary)
    assert (ended.kind, ended.stdout) == ("exited", CANARY), ended.message


def test_what_is_kept_for_another_session_is_not_seen(
    work: Any, spec: Any, temporary: Path
) -> None:
    kept_at = temporary / f"wilk-{work.owner}-kept"
    (kept_at / "session/tmp").mkdir(parents=True)
    (kept_at / "session/tmp/a").write_text(CANARY)
    for path in (kept_at, *kept_at.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, work.owner, work.owner)
    script = f"cat {kept_at}/session/tmp/a; ls {kept_at}; cat {temporary}/free/in"
    ended = _run(work, spec(read=(f"{temporary}/**",)), script, temporary)
    assert (ended.kind, ended.stdout) == ("exited", CANARY), ended.message
    assert (kept_at / "session/tmp/a").read_text() == CANARY


def test_roots_own_are_masked_in_a_mount_around_them(root_work: Any, spec: Any) -> None:
    ended = root_work.sh(spec(read=("/run/**",)), "cat /proc/self/mountinfo; ls /run/wilk-root")
    assert ended.kind == "exited", ended.message
    assert " /run/wilk-root ro," in ended.stdout
    assert "denied" in ended.stderr


def test_they_are_those_that_state_and_kept_directories_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "session").symlink_to("real")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    for uid in (0, os.geteuid(), 12_345):
        own = own_places(uid)
        assert os.path.realpath(state.state_directory()) in own
        assert f"{os.path.realpath(state.state_directory())}-kept" in own
        assert {"/run/wilk", "/run/wilk-root", "/run/wilk-root-kept"} <= own.paths
    assert {f"{TMP}/wilk-12345{end}" for end in ("", "-kept")} <= own_places(12_345).user
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    assert {f"{tmp_path}/real/wilk{end}" for end in ("", "-kept")} <= own_places(12_345).user
    monkeypatch.setattr(kept, "_require_own", lambda _: None)
    assert os.path.realpath(kept._top()) in own_places(12_345)


def test_what_lies_elsewhere_by_convention_is_hidden_where_no_workspace_lies_in_it() -> None:
    own = own_places(os.geteuid())
    assert "/etc/wilk" in own.around("/srv/w")
    assert "/var/lib/wilk" not in own.around("/var/lib/wilk/w")
    # A rule may still name it: whoever runs an agent there says so.
    assert "/etc/wilk" not in own


def test_opas_folder_is_one_of_them() -> None:
    with RunFolder() as folder:
        own = own_places(os.geteuid())
        assert own.holds(os.path.realpath(folder.path))
        assert own.holds(os.path.realpath(folder.socket))
        assert os.path.realpath(folder.path) in own.temporary()
        identity = Identity(os.geteuid(), os.getegid(), None, drop=False)
        plan = SandboxPlan(filesystem="full")
        found = named(plan, Roots("/nonexistent", None), identity, (), own)
        assert os.path.realpath(folder.path) in {one.path for one in found}
    assert not own.holds(tempfile.gettempdir())


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "wilk"
    top.mkdir(mode=0o700)
    monkeypatch.setattr(state, "state_directory", lambda: top)
    return top


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same user that no launch started."""
    with subprocess.Popen(["/bin/sleep", "60"]) as process:
        yield process
        process.kill()


def test_a_note_ends_no_process_but_its_launchs_own(
    notes: Path, other: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    made = tmp_path / "wilk-forged"
    made.mkdir()
    (made / "cgroup.procs").write_text(f"{other.pid}\n")
    forged = {"groups": [str(made)], "process": [other.pid, state._started(other.pid)]}
    (notes / "forged.launch").write_text(json.dumps(forged))
    assert state.left_by_others() == frozenset()
    assert list(notes.iterdir()) == []
    assert other.poll() is None
    assert made.exists()


def test_a_note_ends_no_group_of_another_launch(
    notes: Path, other: subprocess.Popen[bytes]
) -> None:
    group = make_group(f"wilk-held-{os.getpid()}", find_hierarchies())
    if not group.places:
        pytest.skip("no control group can be made here")
    try:
        group.join(other.pid)
        held = sorted(map(str, group.directories()))
        assert all(is_group(Path(one)) for one in held)
        (notes / "forged.launch").write_text(json.dumps({"groups": held}))
        state.left_by_others()
        assert other.poll() is None
        # The twin: by the note of its own launch it goes.
        (notes / f"held-{os.getpid()}.launch").write_text(json.dumps({"groups": held}))
        state.left_by_others()
        assert other.wait(timeout=10) != 0
        assert not any(Path(one).exists() for one in held)
    finally:
        group.end()
        group.remove()


@pytest.mark.parametrize("made", ["of somebody else", "open to others", "a link", "a file"])
def test_a_state_directory_that_another_one_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str
) -> None:
    """Who could write there could have root remove, or end, what a note names."""
    place = tmp_path / "state"
    monkeypatch.setattr(state, "state_directory", lambda: place)
    if made == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        place.symlink_to("elsewhere")
    elif made == "a file":
        place.touch()
    else:
        place.mkdir(mode=0o700)
        (place / "x.launch").write_text("{}")
    if made == "open to others":
        place.chmod(0o770)
    if made == "of somebody else":
        real = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: real + 1)
    job = Job("a", ("true",), "/", SandboxPlan(), "r")
    for asked in (lambda: state.left_by_others("l"), lambda: state.write_note(job, [], [])):
        with pytest.raises(SandboxRefusedError, match="cannot be used"):
            asked()
    assert {path.name for path in tmp_path.rglob("*.launch")} <= {"x.launch"}


def test_roots_notes_lie_where_no_service_is_given_a_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whom a unit runs as is given `/run/wilk`, with what lies in it, and loses it at its end."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    assert str(state.state_directory()) == "/run/wilk-root"
