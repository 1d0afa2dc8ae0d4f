"""Versions out of Git: what is read, under which names, and what is refused."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.versions.conftest import SPEC
from wilkc.cli.versions import Trust, open_version, open_versions
from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from tests.unit.cli.versions.conftest import Repo

WIDER = SPEC.replace("src", "*")


def _read(named: str) -> dict[str, bytes]:
    return dict(open_version(named, ["policies"], Trust()).sources)


def test_a_revision_is_read_without_being_checked_out(repo: Repo) -> None:
    repo.write("policies/a.yaml")
    repo.write("policies/deep/b.yml")
    repo.write("policies/readme.md")
    repo.write("other/c.yaml")
    commit = repo.commit()
    repo.write("policies/a.yaml", WIDER)
    version = open_version("git:HEAD", ["policies"], Trust())
    assert dict(version.sources) == {
        "policies/a.yaml": SPEC.encode(),
        "policies/deep/b.yml": SPEC.encode(),
    }
    assert version.commit == commit
    assert Path("policies/a.yaml").read_text(encoding="utf-8") == WIDER


def test_both_sides_name_a_file_alike(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("rules/policies/a.yaml")
    repo.commit()
    monkeypatch.chdir(repo.path / "rules")
    old, new = open_versions("git:HEAD", None, Trust())
    assert set(old.sources) == set(new.sources) == {"policies/a.yaml"}
    assert old.top == "rules/"


@pytest.mark.parametrize("named", ["git:main:policies/a.yaml", "git:HEAD~0", "git:v1"])
def test_a_file_a_parent_or_a_tag_may_be_named(repo: Repo, named: str) -> None:
    repo.write("policies/a.yaml")
    repo.commit()
    repo.git("tag", "v1")
    assert _read(named) == {"policies/a.yaml": SPEC.encode()}


def test_the_path_of_one_side_is_that_of_the_other(repo: Repo) -> None:
    repo.write("rules/a.yaml")
    repo.commit()
    sides: list[tuple[str, str | None]] = [
        ("git:HEAD", "rules"), ("git:HEAD:rules", None), ("rules", "git:HEAD"),
    ]  # fmt: skip
    for one, other in sides:
        old, new = open_versions(one, other, Trust())
        assert dict(old.sources) == dict(new.sources) == {"rules/a.yaml": SPEC.encode()}


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("git:absent", "there is no revision `absent`"),
        ("git:", "cannot name a revision"),
        ("git::policies", "cannot name a revision"),
        ("git:HEAD\nHEAD", "cannot name a revision"),
        ("git:--help", "there is no revision `--help`"),
        ("git:--upload-pack=touch pwned", "there is no revision"),
        ("git:-h", "there is no revision `-h`"),
        ("git:--all", "there is no revision `--all`"),
        ("git:$(touch pwned)", "there is no revision"),
        ("git:HEAD;touch pwned", "there is no revision"),
        ("git:HEAD:absent", "there is no `absent` in the revision `HEAD`"),
        ("git:HEAD:--output=pwned", "there is no `--output=pwned`"),
        ("git:HEAD:../outside", "lies outside the repository"),
        ("git:HEAD:/etc", "is no path from the current folder"),
        ("git:HEAD:docs", "there is no spec under `docs`"),
        ("git:HEAD^{tree}", "there is no revision"),
    ],
)
def test_what_cannot_be_read_is_refused(repo: Repo, named: str, message: str) -> None:
    repo.write("policies/a.yaml")
    repo.write("docs/readme.md")
    repo.commit()
    with pytest.raises(UsageError, match=re.escape(message)):
        open_version(named, ["policies"], Trust())
    assert {path.name for path in repo.path.iterdir()} == {".git", "docs", "policies"}


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    with pytest.raises(UsageError, match="in no Git repository"):
        _read("git:HEAD")


def test_without_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    # A program of that name in the reviewed folder is not the Git that is meant.
    fake = repo.write("git", "#!/bin/sh\ntouch pwned\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f".:{repo.path / 'absent'}:")
    with pytest.raises(UnavailableError, match="no Git"):
        _read("git:HEAD")
    assert not (repo.path / "pwned").exists()


def test_the_environment_names_no_other_repository(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("policies/a.yaml")
    repo.commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.pager")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "touch pwned")
    assert _read("git:HEAD") == {"policies/a.yaml": SPEC.encode()}


def test_replaced_objects_are_not_what_a_reviewer_sees(repo: Repo) -> None:
    repo.write("policies/a.yaml")
    repo.commit()
    blob = repo.git("rev-parse", "HEAD:policies/a.yaml")
    other = repo.git("hash-object", "-w", str(repo.write("new.txt", WIDER)))
    repo.git("replace", blob, other)
    assert _read("git:HEAD") == {"policies/a.yaml": SPEC.encode()}


def test_links_and_submodules_are_named_and_not_followed(repo: Repo) -> None:
    repo.write("policies/a.yaml")
    (repo.path / "policies" / "link.yaml").symlink_to("a.yaml")
    commit = repo.commit()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},policies/module")
    repo.git("commit", "--quiet", "-m", "a submodule")
    version = open_version("git:HEAD", ["policies"], Trust())
    assert set(version.sources) == {"policies/a.yaml"}
    assert {one.file: one.why.partition(",")[0] for one in version.unread} == {
        "policies/link.yaml": "a symbolic link",
        "policies/module": "a submodule",
    }
    assert all(one.opaque for one in version.unread)


def test_names_may_hold_anything_that_a_file_name_may(repo: Repo) -> None:
    names = ["policies/a b\n.yaml", "policies/-x.yaml", "policies/ü*.yaml", "policies/a\tb.yaml"]
    for name in names:
        repo.write(name)
    repo.commit()
    assert set(_read("git:HEAD")) == set(names)


def test_a_name_that_is_not_text_is_not_read(repo: Repo) -> None:
    repo.write("policies/a.yaml")
    Path(os.fsdecode(b"policies/\xff.yaml")).write_text(SPEC, encoding="utf-8")
    repo.commit()
    version = open_version("git:HEAD", ["policies"], Trust())
    assert set(version.sources) == {"policies/a.yaml"}
    assert [one.file for one in version.unread] == ["policies/\\udcff.yaml"]


def test_a_file_larger_than_any_spec_is_not_read(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("policies/a.yaml")
    repo.write("policies/b.yaml", "#" * 1000)
    repo.commit()
    monkeypatch.setattr("wilkc.cli.versions.revisions.MAX_FILE_BYTES", 999)
    version = open_version("git:HEAD", ["policies"], Trust())
    assert [one.why for one in version.unread] == ["larger than any spec may be"]
    monkeypatch.setattr("wilkc.cli.git.MAX_TOTAL_BYTES", 10)
    with pytest.raises(UsageError, match="more than 10 bytes"):
        _read("git:HEAD")


def test_an_object_that_is_missing_is_said(repo: Repo) -> None:
    repo.write("policies/a.yaml")
    repo.commit()
    blob = repo.git("rev-parse", "HEAD:policies/a.yaml")
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(UsageError, match=r"missing|cannot list"):
        _read("git:HEAD")


def test_without_a_new_version_the_working_policies_are_meant(repo: Repo) -> None:
    repo.write("policies/a.yaml")
    repo.write("elsewhere/b.yaml")
    _, new = open_versions("elsewhere", None, Trust())
    assert set(new.sources) == {"policies/a.yaml"}


def test_nothing_is_a_version(repo: Repo) -> None:
    repo.write("policies/a.yaml")
    old, new = open_versions("nothing:", None, Trust())
    assert dict(old.sources) == {}
    assert set(new.sources) == {"policies/a.yaml"}


@pytest.mark.parametrize(
    ("names", "trust", "message"),
    [
        (("policies", "policies"), Trust(), "compared with itself"),
        (("policies", None), Trust(), "compared with itself"),
        (("git:HEAD", "git:HEAD"), Trust(), "compared with itself"),
        (("git:HEAD", None), Trust(keys=("k.pem",)), "none is named"),
        (("git:HEAD", None), Trust(scope="prod"), "go with `--key`"),
    ],
)
def test_what_makes_no_sense_together_is_refused(
    repo: Repo, names: tuple[str, str | None], trust: Trust, message: str
) -> None:
    repo.write("policies/a.yaml")
    repo.commit()
    with pytest.raises(UsageError, match=message):
        open_versions(*names, trust)
