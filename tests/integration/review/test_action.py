"""`action.yml`: its real `run` steps, in a real repository, with a `gh` that only writes down."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.unit.cli.versions.conftest import repo as repo  # noqa: PLC0414 - a fixture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.cli.versions.conftest import Repo

ROOT = Path(__file__).parents[3]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
EXAMPLES = ROOT / "policies" / "examples"
WILKC = Path(sys.executable).parent / "wilkc"
# Writes its arguments down; lists the comment of an earlier run, and may be told to fail.
GH = """#!/usr/bin/env bash
printf '%s\\n' "$@" >> "$GH_LOG"
[ -z "${GH_FAILS:-}" ] || exit 1
case "$*" in *--paginate*) printf '%s' "${GH_EARLIER:-}" ;; esac
"""
# Makes the environment that `python3 -m venv` would, with a `pip` that only writes down.
PYTHON = """#!/usr/bin/env bash
case "$1" in
  -c) exec "$REAL_PYTHON" "$@" ;;
  -m) mkdir -p "$3/bin"
      printf '#!/usr/bin/env bash\\nprintf "%%s\\\\n" "$*" >> "$PIP_LOG"\\n' > "$3/bin/python"
      chmod +x "$3/bin/python" ;;
esac
"""


@dataclass
class Runner:
    """What a machine of GitHub gives the steps, and what they left."""

    repo: Repo
    folder: Path
    inputs: dict[str, str]
    environment: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    said: str = ""

    def run(self) -> dict[str, int]:
        """All steps, as a runner does: after a failure only those that say so."""
        failed = False
        for step in STEPS:
            condition = step.get("if", "")
            if failed and "!cancelled()" not in condition:
                continue
            if "inputs.comment" in condition and not self._wants_comment():
                continue
            if "inputs.sarif" in condition and self.inputs["sarif"] != "true":
                continue
            self.codes[step["name"]] = code = self._step(step)
            failed = failed or code != 0
        return self.codes

    def calls(self) -> str:
        """What `gh` was asked for."""
        log = self.folder / "gh.log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def _wants_comment(self) -> bool:
        return self.inputs["comment"] == "true" and bool(self.outputs.get("review"))

    def _step(self, step: Mapping[str, Any]) -> int:
        given = {name: self._value(text) for name, text in step.get("env", {}).items()}
        output = self.folder / "output"
        output.write_text("", encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.repo.path,
            env={**self.environment, **given, "GITHUB_OUTPUT": str(output)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += done.stdout + done.stderr
        for line in output.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.outputs[name] = value
        return done.returncode

    def _value(self, text: str) -> str:
        found = re.fullmatch(r"\$\{\{ (inputs|steps\.compare\.outputs)\.([\w-]+) \}\}", text)
        assert found, text
        return (self.inputs if found[1] == "inputs" else self.outputs).get(found[2], "")


@pytest.fixture
def runner(repo: Repo, tmp_path: Path) -> Runner:
    """A pull request against `main` that changes nothing yet."""
    for path in EXAMPLES.glob("*.yaml"):
        repo.write(f"policies/{path.name}", path.read_text(encoding="utf-8"))
    base = repo.commit()
    folder = tmp_path / "runner"
    tools = folder / "bin"
    tools.mkdir(parents=True)
    for name, text in (("gh", GH), ("python3", PYTHON)):
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    (tools / "wilkc").symlink_to(WILKC)
    inputs = {name: one.get("default", "") for name, one in ACTION["inputs"].items()}
    inputs |= {"base": base, "head": "HEAD", "pull-request": "7", "token": "not-a-token"}
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HOME": str(folder),
        "RUNNER_TEMP": str(folder),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_PATH": str(folder / "path"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_SHA": "0" * 40,
        "GH_LOG": str(folder / "gh.log"),
        "PIP_LOG": str(folder / "pip.log"),
        "REAL_PYTHON": sys.executable,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return Runner(repo, folder, inputs, environment)


def _widen(repo: Repo) -> None:
    path = repo.path / "policies" / "reviewer.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("- 'git diff'", "- 'git diff'\n      - 'git push *'"), "utf-8")
    repo.commit()


def test_a_widening_change_is_commented_on_and_refused(runner: Runner) -> None:
    _widen(runner.repo)
    assert runner.run() == {
        "Install Wilk": 0,
        "Check the policies": 0,
        "Compare with the base": 0,
        "Comment on the pull request": 0,
        "Ask the gate": 6,
    }, runner.said
    calls = runner.calls().splitlines()
    review = Path(runner.outputs["review"])
    assert calls[-7:] == [
        "api", "--silent", "--method", "POST", "repos/o/r/issues/7/comments", "--field",
        f"body=@{review}",
    ]  # fmt: skip
    text = review.read_text(encoding="utf-8")
    head = runner.repo.git("rev-parse", "HEAD")
    assert f"https://github.com/o/r/blob/{head}/policies/reviewer.yaml#L" in text
    assert (runner.folder / "summary.md").read_text(encoding="utf-8").endswith(text)
    assert runner.outputs["refused"] == "true"


def test_an_earlier_comment_is_replaced(runner: Runner) -> None:
    _widen(runner.repo)
    runner.environment["GH_EARLIER"] = "4711\n4712\n"
    runner.run()
    calls = runner.calls().splitlines()
    assert "repos/o/r/issues/comments/4711" in calls
    assert "PATCH" in calls
    assert "POST" not in calls


def test_a_change_without_a_widening_passes(runner: Runner) -> None:
    path = runner.repo.path / "policies" / "reviewer.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("# Agent", "# An agent"), "utf-8")
    runner.repo.commit()
    assert set(runner.run().values()) == {0}, runner.said
    assert runner.outputs["refused"] == "false"


def test_findings_are_uploaded_where_that_is_wished(runner: Runner) -> None:
    runner.repo.write("policies/bad.yaml", "permissions: {fil: 1}\n")
    runner.repo.commit()
    runner.inputs |= {"sarif": "true", "comment": "false"}
    codes = runner.run()
    assert (codes["Check the policies"], codes["Upload the findings"]) == (3, 0)
    assert "::error file=policies/bad.yaml,line=1" in runner.said
    calls = runner.calls().splitlines()
    assert "repos/o/r/code-scanning/sarifs" in calls
    assert f"commit_sha={'0' * 40}" in calls
    assert "ref=refs/pull/7/merge" in calls
    packed = Path(calls[-1].removeprefix("sarif=@")).read_bytes()
    found = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert found["version"] == "2.1.0"
    assert "W108" in {one["ruleId"] for one in found["runs"][0]["results"]}


def test_findings_that_cannot_be_uploaded_are_a_warning(runner: Runner) -> None:
    runner.environment["GH_FAILS"] = "yes"
    runner.inputs |= {"sarif": "true", "comment": "false"}
    assert runner.run()["Upload the findings"] == 0
    assert "::warning::the findings could not be uploaded" in runner.said


def test_a_comment_that_cannot_be_written_is_a_warning(runner: Runner) -> None:
    _widen(runner.repo)
    runner.environment["GH_FAILS"] = "yes"
    codes = runner.run()
    assert codes["Comment on the pull request"] == 0
    assert "::warning::the review could not be written" in runner.said
    assert codes["Ask the gate"] == 6


def test_a_spec_with_errors_fails_the_check_and_the_gate(runner: Runner) -> None:
    runner.repo.write("policies/bad.yaml", "permissions: {fil: 1}\n")
    runner.repo.commit()
    codes = runner.run()
    assert codes["Check the policies"] == 3
    assert codes["Ask the gate"] == 6
    assert "W108" in Path(runner.outputs["review"]).read_text(encoding="utf-8")


@pytest.mark.parametrize("base", ["absent", "--upload-pack=touch pwned", "$(touch pwned)", ""])
def test_without_a_base_nothing_passes(runner: Runner, base: str) -> None:
    runner.inputs["base"] = base
    codes = runner.run()
    assert codes["Compare with the base"] != 0
    assert codes["Ask the gate"] == 1
    assert "Comment on the pull request" not in codes
    assert not (runner.repo.path / "pwned").exists()


def test_the_first_policies_are_compared_with_nothing(runner: Runner) -> None:
    runner.repo.write("rules/a.yaml", "permissions: {filesystem: {read: [./src/**]}}\n")
    runner.repo.commit()
    runner.inputs |= {"policies": "rules", "comment": "false"}
    codes = runner.run()
    assert codes["Ask the gate"] == 6
    assert "Comment on the pull request" not in codes
    assert "nothing" in Path(runner.outputs["review"]).read_text(encoding="utf-8")


@pytest.mark.parametrize(("fail_on", "code"), [("none", 0), ("risk:low", 6), ("any", 6)])
def test_the_gate_is_a_choice(runner: Runner, fail_on: str, code: int) -> None:
    _widen(runner.repo)
    runner.inputs["fail-on"] = fail_on
    assert runner.run()["Ask the gate"] == code


def test_wilk_is_installed_from_the_action_itself_with_pinned_hashes(runner: Runner) -> None:
    runner.run()
    log = (runner.folder / "pip.log").read_text(encoding="utf-8").splitlines()
    assert [line.partition(" install ")[2] for line in log] == [
        f"--require-hashes -r {ROOT}/requirements/run.txt",
        f"--no-deps --no-build-isolation --editable {ROOT}",
    ]
    assert (runner.folder / "path").read_text(encoding="utf-8") == f"{runner.folder}/wilk/bin\n"


def test_the_pins_of_the_action_are_those_of_the_tests() -> None:
    pins = []
    for name in ("dev", "run"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        pins.append(dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)))
    assert pins[1]
    assert pins[1].items() <= pins[0].items()


def test_no_expression_stands_in_a_script_and_no_other_action_is_used() -> None:
    assert all("uses" not in step and step["shell"] == "bash" for step in STEPS)
    assert all("${{" not in step["run"] for step in STEPS)
    assert all(one["description"] for one in ACTION["inputs"].values())
    assert json.dumps(ACTION).count("github.token") == 1
