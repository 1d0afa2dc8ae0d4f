"""The hooks for pre-commit and the template for GitLab do what they say, in a real repository."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
TEMPLATE = ROOT / "templates" / "gitlab" / "wilk.gitlab-ci.yml"
PIPELINE: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
JOBS = {name: job for name, job in PIPELINE.items() if "script" in job}
TIDY = "agent: a\npermissions: {filesystem: {read: ['./src/**']}}\n"
UNTIDY = "permissions: {filesystem: {read: [src/]}}\nagent: a\n"
WRONG = "agent: a\npermissions: {filesystem: {raed: []}}\n"


def _run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{PROGRAMS}:{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a spec in place, and other files that are no specs."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.yaml").write_text(TIDY)
    (tmp_path / "policies" / "notes.md").write_text("no spec\n")
    (tmp_path / "other.yaml").write_text("no: [spec\n")
    for command in (["init", "-q"], ["add", "."]):
        assert _run(["git", *command], tmp_path).returncode == 0
    return tmp_path


def _hook(name: str, repository: Path) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit does: entry, arguments, and the files of the commit."""
    hook = HOOKS[name]
    listed = _run(["git", "ls-files"], repository).stdout.splitlines()
    files = [file for file in listed if re.search(hook["files"], file)]
    assert files == ["policies/a.yaml"]
    given = files if hook.get("pass_filenames", True) else []
    return _run([*shlex.split(hook["entry"]), *hook.get("args", []), *given], repository)


def test_hooks_have_what_pre_commit_wants() -> None:
    assert sorted(HOOKS) == ["wilk-check", "wilk-fmt"]
    for hook in HOOKS.values():
        assert {"id", "name", "entry", "language", "files"} <= hook.keys()
        assert hook["language"] == "python"


@pytest.mark.parametrize("name", ["wilk-check", "wilk-fmt"])
def test_a_hook_lets_a_good_commit_pass(name: str, repository: Path) -> None:
    done = _hook(name, repository)
    assert (done.returncode, done.stderr.count("error")) == (0, 0)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("wilk-check", WRONG, 3),
        ("wilk-check", UNTIDY, 0),
        ("wilk-fmt", WRONG, 3),
        ("wilk-fmt", UNTIDY, 6),
    ],
)
def test_a_hook_stops_a_bad_commit(name: str, text: str, code: int, repository: Path) -> None:
    (repository / "policies" / "a.yaml").write_text(text)
    assert _hook(name, repository).returncode == code
    assert (repository / "policies" / "a.yaml").read_text() == text


def _job(name: str, repository: Path) -> int:
    """Run a job's script as GitLab's runner does: line by line, until one fails."""
    for line in JOBS[name]["script"]:
        done = _run(["bash", "-ec", line], repository, **PIPELINE["variables"])
        if done.returncode:
            return done.returncode
    return 0


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (TIDY, {"wilk-check": 0, "wilk-fmt": 0}),
        (UNTIDY, {"wilk-check": 0, "wilk-fmt": 6}),
        (WRONG, {"wilk-check": 3, "wilk-fmt": 3}),
    ],
)
def test_jobs(text: str, codes: dict[str, int], repository: Path) -> None:
    (repository / "policies" / "a.yaml").write_text(text)
    assert {name: _job(name, repository) for name in JOBS} == codes


def test_the_report_of_a_job_is_kept(repository: Path) -> None:
    (repository / "policies" / "a.yaml").write_text(WRONG)
    job = JOBS["wilk-check"]
    for line in job["after_script"]:
        assert _run(["bash", "-ec", line], repository, **PIPELINE["variables"]).returncode == 0
    report = job["artifacts"]["reports"]["junit"]
    assert '<failure type="W108"' in (repository / report).read_text()


def test_jobs_install_what_the_variable_names() -> None:
    base = PIPELINE[".wilk"]
    assert all(job["extends"] == ".wilk" for job in JOBS.values())
    assert len(base["before_script"]) == 1
    assert base["before_script"][0].endswith('"$WILK_PACKAGE"')
    assert PIPELINE["variables"]["WILK_PACKAGE"] == "wilkc"
