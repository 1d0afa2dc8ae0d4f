"""What tools of the host run or obey on sight: git's own directories, pointers to them, a home."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.sandbox.cutouts import Ground, cut_out
from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.obeyed import HOME_DIRECTORIES, HOME_FILES
from wilkc.runtime.sandbox.quarantine import QUARANTINE
from wilkc.runtime.sandbox.reserved import Reserved
from wilkc.runtime.sandbox.walk import Survey

if TYPE_CHECKING:
    from pathlib import Path

ALL = {"read": ("./**",), "write": ("./**",)}
CHECKED = {**ALL, "block": ("*.pem",)}
GIT = ("/usr/bin/git", "-c", "safe.directory=*")


@pytest.fixture
def repository(work: Any) -> Any:
    """A repository with what git keeps of a submodule and a worktree, and one that is bare."""
    subprocess.run([*GIT, "init", "-q", str(work.path)], check=True)
    for name in (".git/modules/libs/a", "bare.git"):
        subprocess.run([*GIT, "init", "-q", "--bare", str(work.path / name)], check=True)
        shutil.rmtree(work.path / name / "hooks", ignore_errors=True)
    work.write(".git/worktrees/wt/HEAD", "ref: refs/heads/x\n")
    work.write(".git/worktrees/wt/commondir", "../..\n")
    return work


def _tree(top: Path) -> dict[str, bytes]:
    return {str(one.relative_to(top)): one.read_bytes() for one in top.rglob("*") if one.is_file()}


@pytest.mark.parametrize(
    "name",
    [
        ".git/commondir", ".git/modules/libs/a/config", ".git/modules/libs/a/hooks/post-checkout",
        ".git/modules/libs/a/commondir", ".git/modules/libs/a/info/attributes",
        ".git/worktrees/wt/commondir", ".git/worktrees/wt/config.worktree",
        ".git/worktrees/wt/hooks/x", "bare.git/config", "bare.git/hooks/post-update",
        "bare.git/commondir", ".gemini/settings.json", ".github/hooks/x.json",
    ],
)  # fmt: skip
def test_what_is_obeyed_is_neither_written_nor_planted(
    repository: Any, spec: Any, name: str
) -> None:
    before = _tree(repository.path)
    place = os.path.dirname(name)  # noqa: PTH120  # text for the shell
    script = f"mkdir -p {place}; rm -f {name}; mv {place} {place}.x; echo x > {name}; exit 0"
    ended = repository.sh(spec(**ALL), script)
    assert ended.kind == "exited", ended.message
    assert _tree(repository.path) == before


def test_what_is_beside_it_is_written(repository: Any, spec: Any) -> None:
    repository.folder(".github")
    names = (".git/modules/libs/a/index", ".git/worktrees/wt/index", "bare.git/x", ".github/w.yml")
    ended = repository.sh(spec(**ALL), "; ".join(f"echo x > {name}" for name in names))
    assert (ended.kind, ended.exit) == ("exited", 0), ended.message
    assert {repository.path.joinpath(name).read_text() for name in names} == {"x\n"}


def test_git_goes_on_inside_and_outside_meanwhile(repository: Any, spec: Any) -> None:
    """An empty `commondir` would end every git, of the host as well, while a command runs."""
    before = repository.names()
    script = "/usr/bin/git status --short >&2 && touch on; until test -e off; do sleep 0.02; done"
    process = repository.start(spec(**ALL), "/bin/sh", "-c", script)
    try:
        while not (repository.path / "on").exists():
            assert process.poll() is None, process.communicate()
        assert (repository.path / ".git/commondir").exists()
        subprocess.run([*GIT, "-C", str(repository.path), "status"], check=True)
    finally:
        (repository.path / "off").touch()
        out, _ = process.communicate(timeout=60)
    assert b'"exited"' in out
    assert repository.names() == {*before, "on", "off"}


POINTERS = {
    "a file": "mkdir -p d; mkdir evil; echo 'gitdir: ../evil' > d/.git",
    "a link": "mkdir -p d evil; ln -s ../evil d/.git",
    "a submodule": "mkdir -p .git/modules/new; echo x > .git/modules/new/config",
    "another case": "mkdir -p d evil; echo 'gitdir: ../evil' > d/.GIT",
    "hooks": "mkdir -p .git/modules/new/hooks; echo x > .git/modules/new/hooks/post-checkout",
}


@pytest.mark.parametrize("rules", [ALL, CHECKED], ids=["free", "judged"])
@pytest.mark.parametrize("how", POINTERS)
def test_what_git_would_obey_and_is_new_is_moved_away(
    repository: Any, spec: Any, how: str, rules: Any
) -> None:
    ended = repository.sh(spec(**rules), f"{POINTERS[how]}; echo x > kept")
    assert (ended.kind, ended.status) == ("policy_violation", 124), ended
    assert "git would obey" in ended.message
    assert "moved to quarantine" in ended.message
    assert not os.path.lexists(repository.path / "d/.git")
    assert not os.path.lexists(repository.path / "d/.GIT")
    # Where the folder beside the workspace has somebody else's quarantine it is in one below.
    left = [one for one in (repository.path / ".git/modules/new").rglob("*") if one.is_file()]
    assert [one for one in left if QUARANTINE not in one.parts] == []
    assert (repository.path / "kept").exists()


BARE = "mkdir -p {0}/objects {0}/refs; echo x > {0}/config; echo 'ref: refs/heads/x' > {0}/HEAD"


@pytest.mark.parametrize("rules", [ALL, CHECKED], ids=["free", "judged"])
@pytest.mark.parametrize("place", [".", "docs"])
def test_a_folder_does_not_become_a_repository_itself(
    repository: Any, spec: Any, place: str, rules: Any
) -> None:
    """Git takes a folder for a bare repository by its names, and obeys its settings."""
    repository.write("docs/a", "before")
    script = f"rm .git/HEAD; {BARE.format(place)}"
    ended = repository.sh(spec(**rules), script)
    assert (ended.kind, ended.status) == ("policy_violation", 124), ended
    assert "git would obey" in ended.message
    assert not (repository.path / place / "HEAD").exists()
    assert (repository.path / "docs/a").exists()


def test_a_bare_repository_may_be_made_and_is_told_of(work: Any, spec: Any) -> None:
    work.folder("out")
    ended = work.sh(spec(write=("./out/**",)), BARE.format("out/new.git"))
    assert ended.kind == "exited", ended.message
    assert any("made a bare repository" in one for one in ended.launch["reports"]["first"])


@pytest.mark.parametrize(
    "settings",
    [
        "[core]\n\thooksPath = .githooks\n", "[core] hookspath=.githooks",
        '[include]\n path = "../.githooks/more"\n', "[core]\n\tfsmonitor = .githooks/more # x\n",
    ],
)  # fmt: skip
def test_what_settings_name_in_the_tree_is_kept(work: Any, spec: Any, settings: str) -> None:
    work.write(".git/config", settings)
    work.write(".githooks/more", "before")
    work.write("free/more", "before")
    script = "echo x > .githooks/more; mv .githooks g; rm -f .githooks/more; echo x > free/more"
    for rules in (ALL, {"write_each": ("./**/more",)}):
        ended = work.sh(spec(**rules), script)
        assert ended.kind == "exited", ended.message
        assert (work.path / ".githooks/more").read_text() == "before"
        assert (work.path / "free/more").read_text() == "x\n"


def test_hooks_that_settings_name_cannot_be_planted(work: Any, spec: Any) -> None:
    work.write(".git/config", "[core]\n\thooksPath = .githooks\n")
    ended = work.sh(spec(**ALL), "mkdir .githooks; echo x > .githooks/pre-commit")
    assert ended.kind == "exited", ended.message
    assert not (work.path / ".githooks").exists()


def test_nor_among_more_than_can_be_looked_through(work: Any, spec: Any) -> None:
    work.folder("out")
    many = "for i in $(seq 60); do : > out/$i; done"
    script = f"mkdir out/d; echo 'gitdir: ../e' > out/d/.git; {many}"
    ended = work.sh(spec(write=("./out/**",)), script, most_entries=40)
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert not os.path.lexists(work.path / "out/d/.git")
    assert (work.path / "out/60").exists()


def test_a_whole_repository_may_be_made_and_is_told_of(work: Any, spec: Any) -> None:
    work.folder("out")
    ended = work.sh(spec(write=("./out/**",)), "/usr/bin/git init -q out/new")
    assert ended.kind == "exited", ended.message
    assert (work.path / "out/new/.git/HEAD").exists()
    assert any("out/new/.git` was made" in one for one in ended.launch["reports"]["first"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home/.config/git").mkdir(parents=True)
    (tmp_path / "home/.config/git/config").touch()
    (tmp_path / "tree").mkdir()
    return tmp_path / "home"


def _masks(home: Path, *writable: Path) -> dict[str, str]:
    tops = tuple(map(str, writable))
    roots = Roots(str(home.parent / "tree"), str(home))
    cut = cut_out(Ground(tops, tops, "moderate"), Survey(), (), (), roots)
    return {path: mask.kind for path, mask in cut.frozen.items()}


def test_what_a_login_runs_is_frozen_where_a_home_may_be_written(home: Path) -> None:
    masks = _masks(home, home)
    assert masks[f"{home}/.config/git/config"] == "freeze"
    assert masks[f"{home}/.zshenv"] == masks[f"{home}/.bash_login"] == "empty_file"
    assert masks[f"{home}/.config/fish"] == "empty_directory"
    around = _masks(home, home.parent)
    assert masks.items() <= around.items()


def test_elsewhere_these_are_names_like_others(home: Path) -> None:
    masks = _masks(home, home.parent / "tree", home / ".config")
    assert f"{home.parent}/tree/.zshenv" not in masks
    assert f"{home.parent}/tree/.config" not in masks


@pytest.mark.parametrize("name", [*HOME_FILES, *HOME_DIRECTORIES, ".config/fish/config.fish"])
def test_no_rule_binds_them_alone(home: Path, name: str) -> None:
    reserved = Reserved(Roots(f"{home.parent}/tree", str(home)))
    assert reserved.is_frozen(f"{home}/{name}")
    assert reserved.is_frozen(f"{home}/{name}", alone=False)
    assert not reserved.is_frozen(f"{home.parent}/tree/{name}")
    assert not reserved.is_frozen(f"{home}/.config/other")
