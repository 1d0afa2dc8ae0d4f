"""`wilkc diff` on real Git repositories: what it says, and what its gate refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.conftest import wilkc as wilkc  # noqa: PLC0414 - a fixture
from tests.unit.cli.versions.conftest import repo as repo  # noqa: PLC0414 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran
    from tests.unit.cli.versions.conftest import Repo

EXAMPLES = Path(__file__).parents[3] / "policies" / "examples"
GATE = ("--fail-on", "widening")


@pytest.fixture
def policies(repo: Repo) -> Repo:
    """The examples, committed on `main`."""
    for path in EXAMPLES.glob("*.yaml"):
        repo.write(f"policies/{path.name}", path.read_text(encoding="utf-8"))
    repo.commit()
    return repo


def _edit(repo: Repo, name: str, old: str, new: str) -> None:
    path = repo.path / "policies" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _widen(repo: Repo) -> None:
    _edit(repo, "reviewer.yaml", "- './package.json'\n", "- './package.json'\n      - '**/*.pem'\n")
    _edit(repo, "reviewer.yaml", "- 'git diff'\n", "- 'git diff'\n      - 'git push *'\n")


def test_a_widening_branch_is_refused(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    policies.git("switch", "--quiet", "-c", "feature")
    _widen(policies)
    policies.commit()
    for old, new in (("git:main", "git:feature"), ("git:main", None), ("git:main:policies", None)):
        names = [old, *([new] if new else [])]
        ran = wilkc("diff", *names, *GATE)
        assert ran.code == 6
        assert "WIDER" in ran.out
        assert "'**/*.pem'" in ran.out
        assert "'git push *'" in ran.out
        assert ran.out.endswith("gate: --fail-on widening → refused, exit 6: 1 agent wider\n")
    assert wilkc("diff", "git:feature", "git:main", *GATE).code == 0
    assert wilkc("diff", "git:feature", "git:main", "--fail-on", "any").code == 6
    assert wilkc("diff", "git:main", "git:feature").code == 0


def test_a_pure_refactoring_passes(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    folder = policies.path / "policies"
    text = (folder / "reviewer.yaml").read_text(encoding="utf-8")
    (folder / "reviewer.yaml").unlink()
    # Renamed, commented, reordered, one part moved into a base of its own.
    llm = text[text.index("  llm:") : text.index("  data:")]
    reads = re.search(r"    read:\n(.*?)    write:", text, re.DOTALL)
    assert reads
    lines = reads[1].splitlines(keepends=True)
    changed = text.replace(llm, "").replace(reads[1], "".join(reversed(lines)))
    head = "# Moved.\nagent: reviewer\nextends: [review-models]\n"
    policies.write("policies/team/code-review.yaml", head + changed)
    policies.write("policies/team/review-models.yaml", f"agents: []\npermissions:\n{llm}")
    policies.commit()
    for gate in ("widening", "any", "risk:low"):
        ran = wilkc("diff", "git:HEAD~1", "git:HEAD", "--fail-on", gate)
        assert ran.code == 0, ran.out
        assert "→ passed" in ran.out
    assert "none wider, none narrower" in ran.out


def test_every_example_is_confirmed_by_both(
    policies: Repo, wilkc: Callable[..., Ran], opa: Path
) -> None:
    del opa
    _widen(policies)
    ran = wilkc("diff", "git:main")
    found = re.search(r"all (\d+) examples confirmed by the evaluator and by OPA on both", ran.out)
    assert found
    printed = json.loads(wilkc("diff", "git:main", "-f", "json").out)
    changes = [one for agent in printed["agents"] for one in agent["changes"]]
    assert printed["confirmed"] == {"examples": int(found[1]), "by": ["evaluator", "opa"]}
    assert sum(one["witness"] is not None for one in changes) == int(found[1])
    assert {agent["agent"] for agent in printed["agents"]} == {"builder", "researcher", "reviewer"}


def test_a_file_that_is_wrong_is_left_out_and_the_gate_refuses(
    policies: Repo, wilkc: Callable[..., Ran]
) -> None:
    reviewer = (policies.path / "policies" / "reviewer.yaml").read_text(encoding="utf-8")
    policies.write("policies/reviewer.yaml", f"<<<<<<< a\n{reviewer}=======\n>>>>>>> b\n")
    policies.commit()
    ran = wilkc("diff", "git:HEAD~1", "git:HEAD")
    assert ran.code == 0
    assert "2 agents compared" in ran.out
    assert "a merge was not finished" in ran.out
    assert "not compared: reviewer, which may be in what was left out" in ran.out
    assert "removed" not in ran.out
    ran = wilkc("diff", "git:HEAD~1", "git:HEAD", *GATE)
    assert ran.code == 6
    assert "1 file of the new version not compared" in ran.out
    # On the old side the agent seems to be new, and the gate knows that it may not be.
    ran = wilkc("diff", "git:HEAD", "git:HEAD~1", *GATE)
    assert ran.code == 6
    assert "may have been in what was left out" in ran.out


def test_a_broken_policy_leaves_nothing_to_compare(
    policies: Repo, wilkc: Callable[..., Ran]
) -> None:
    _edit(policies, "security-policy.yaml", "agent_defaults", "agent_defualts")
    ran = wilkc("diff", "git:main")
    assert ran.code == 3
    assert "error[W108]" in ran.err
    assert ran.out == ""


def test_a_circle_is_left_out(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    for one, other in (("one", "two"), ("two", "one")):
        policies.write(f"policies/{one}.yaml", f"extends: [{other}]\npermissions: {{}}\n")
    ran = wilkc("diff", "git:main")
    assert ran.code == 0
    assert ran.out.count("not compared: policies/") == 2
    assert "extends itself" in ran.out


def test_nothing_compared_is_an_error(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    policies.write("rules/a.yaml", "permissions: {fil: 1}\n")
    policies.commit()
    policies.write("rules/a.yaml", "permissions: {fil: 2}\n")
    ran = wilkc("diff", "git:main:rules")
    assert ran.code == 3
    assert ran.err.count("error[W108]") == 2
    assert ran.err.count(": rules/a.yaml:1:15") == 2


def test_errors_that_leave_nobody_of_the_new_version_are_told(
    policies: Repo, wilkc: Callable[..., Ran]
) -> None:
    policies.write("rules/a.yaml", "permissions: {}\n")
    policies.commit()
    policies.write("rules/a.yaml", "permissions: {fil: 2}\n")
    ran = wilkc("diff", "git:main:rules", *GATE)
    assert ran.code == 3
    assert ran.err.count("error[W108]") == 1
    policies.write("rules/a.yaml", "bindings: {roles: {}}\n")
    policies.commit()
    ran = wilkc("diff", "git:main:rules")
    assert ran.code == 2
    assert "nothing compared: there is no agent" in ran.err


@pytest.mark.usefixtures("policies")
def test_where_the_policies_begin(wilkc: Callable[..., Ran]) -> None:
    ran = wilkc("diff", "nothing:", "policies", *GATE)
    assert ran.code == 6
    assert "reviewer" in ran.out
    assert "not in the old version" in ran.out


def test_one_agent_may_be_looked_at_alone(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    _widen(policies)
    ran = wilkc("diff", "git:main", "--agent", "builder")
    assert "reviewer" not in ran.out
    assert wilkc("diff", "git:main", "--agent", "nobody").code == 2
    assert wilkc("diff", "git:main", "--agent", "builder", *GATE).code == 2


def test_output_goes_to_a_file_as_a_whole(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    _widen(policies)
    target = policies.path / "review.html"
    ran = wilkc("diff", "git:main", "-f", "html", "-o", target, *GATE)
    assert (ran.code, ran.out) == (6, "")
    assert ran.err == "gate: --fail-on widening → refused, exit 6: 1 agent wider\n"
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert wilkc("diff", "git:main", "-o", policies.path / "none" / "x").code == 2


def test_bundles_are_compared_by_their_sources(
    policies: Repo, wilkc: Callable[..., Ran], tmp_path: Path
) -> None:
    old, new = tmp_path / "old.tar.gz", tmp_path / "new.tar.gz"
    assert wilkc("build", "policies", "-o", old, "--prove", "none").code == 0
    _widen(policies)
    assert wilkc("build", "policies", "-o", new, "--prove", "none").code == 0
    assert wilkc("diff", old, new, *GATE).code == 6
    assert wilkc("diff", new, old, *GATE).code == 0
    assert wilkc("diff", old, "git:main", *GATE).code == 0
    assert wilkc("diff", "git:main", new, *GATE).code == 6


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["git:absent"], 2, "there is no revision `absent`"),
        (["git:main:absent"], 2, "there is no `absent` in the revision"),
        (["absent"], 2, "there is no file or folder `absent`"),
        (["policies"], 2, "compared with itself"),
        (["git:main", "--fail-on", "risk:none"], 2, "Invalid value"),
        (["git:main", "--link-base", "x"], 2, "is no web address"),
        (["git:main", "--budget", "0"], 2, "Invalid value"),
    ],
)
def test_what_cannot_be_compared_says_why(
    policies: Repo, wilkc: Callable[..., Ran], arguments: list[str], code: int, message: str
) -> None:
    _widen(policies)
    ran = wilkc("diff", *arguments)
    assert ran.code == code
    assert message in ran.err
    assert ran.out == ""
