"""`wilkc prove` on real policies: what holds, what is broken, and by which line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.conftest import wilkc as wilkc  # noqa: PLC0414 - a fixture
from tests.unit.cli.versions.conftest import repo as repo  # noqa: PLC0414 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran
    from tests.unit.cli.versions.conftest import Repo

KEYS = "file:**/*.pem read"
READER = "permissions: {filesystem: {read: [./src/*.ts]}}\n"
KEEPER = "permissions: {filesystem: {read: [./src/*.ts, ./keys/*]}}\n"


@pytest.fixture
def policies(repo: Repo) -> Repo:
    """Two agents; one of them may read keys."""
    repo.write("policies/reader.yaml", READER)
    repo.write("policies/keeper.yaml", KEEPER)
    repo.commit()
    return repo


def test_a_guardrail_that_holds_for_one_agent_and_not_for_another(
    policies: Repo, wilkc: Callable[..., Ran]
) -> None:
    ran = wilkc("prove", "--never", KEYS)
    assert ran.code == 6
    assert f"holds        {KEYS}   reader" in ran.out
    assert f"BROKEN       {KEYS}   keeper" in ran.out
    assert "policies/keeper.yaml:1  './keys/*'" in ran.out
    assert "1 guardrail for 2 agents: 1 not proved" in ran.out
    policies.write("policies/keeper.yaml", KEEPER.replace("./keys/*", "./keys/*.pub"))
    ran = wilkc("prove", "--never", KEYS)
    assert ran.code == 0
    assert "1 guardrail for 2 agents: proved; no example to confirm" in ran.out


def test_guardrails_of_the_policy_are_proved(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    stated = f"security_policy: {{guardrails: {{never: ['{KEYS}', 'shell:rm * execute']}}}}\n"
    policies.write("policies/policy.yaml", stated)
    ran = wilkc("prove", "policies", "-f", "json")
    assert ran.code == 6
    found = json.loads(ran.out)
    outcomes = {(one["guardrail"], one["agent"]): one["outcome"] for one in found["verdicts"]}
    assert outcomes == {
        (KEYS, "keeper"): "broken",
        (KEYS, "reader"): "holds",
        ("shell:rm * execute", "keeper"): "holds",
        ("shell:rm * execute", "reader"): "holds",
    }
    broken = next(one for one in found["verdicts"] if one["outcome"] == "broken")
    assert broken["at"]["file"] == "policies/policy.yaml"
    assert broken["witness"]["resource"]["id"].endswith(".pem")
    assert broken["rule"]["text"] == "./keys/*"


def test_every_agent_stays_within_a_spec(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    bound = "agents: []\npermissions: {filesystem: {read: [./src/**]}}\n"
    policies.write("policies/bound.yaml", bound)
    policies.write("policies/policy.yaml", "security_policy: {guardrails: {within: bound}}\n")
    ran = wilkc("prove")
    assert ran.code == 6
    assert "BROKEN" in ran.out
    assert "'./keys/*'" in ran.out
    policies.write("policies/bound.yaml", bound.replace("./src/**", "./src/**, ./keys/**"))
    assert wilkc("prove").code == 0


def test_no_new_access(policies: Repo, wilkc: Callable[..., Ran]) -> None:
    policies.write("policies/reader.yaml", READER.replace("*.ts", "*.tsx"))
    ran = wilkc("prove", "--no-new-access", "git:main")
    assert ran.code == 6
    assert "BROKEN       no new access since git:main:policies" in ran.out
    assert "'./src/*.tsx'" in ran.out
    policies.write("policies/reader.yaml", f"# less\n{READER.replace('/*', '/a*')}")
    ran = wilkc("prove", "--no-new-access", "git:main")
    assert ran.code == 0
    assert "2 agents: proved" in ran.out


def test_a_new_agent_is_new_access_unless_it_is_granted_nothing(
    policies: Repo, wilkc: Callable[..., Ran]
) -> None:
    policies.write("policies/new.yaml", "permissions: {}\n")
    assert wilkc("prove", "--no-new-access", "git:main").code == 0
    policies.write("policies/new.yaml", READER)
    assert wilkc("prove", "--no-new-access", "git:main").code == 6


def test_what_is_not_known_of_the_base_is_not_proved(
    policies: Repo, wilkc: Callable[..., Ran]
) -> None:
    policies.write("policies/new.yaml", "permissions: {fil: 1}\n")
    (policies.path / "policies" / "link.yaml").symlink_to("reader.yaml")
    policies.commit()
    (policies.path / "policies" / "link.yaml").unlink()
    policies.write("policies/new.yaml", "permissions: {}\n")
    ran = wilkc("prove", "--no-new-access", "git:main")
    assert ran.code == 6
    assert ran.out.count("NOT DECIDED") >= 1
    assert "BROKEN" not in ran.out
    assert "not compared: policies/link.yaml of the old version: a symbolic link" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "nothing to prove"),
        (["--never", "file:a"], 2, "`--never`"),
        (["--never", KEYS, "absent"], 2, "there is no file or folder"),
        (["--never", KEYS, "bad"], 3, "W108"),
        (["--no-new-access", "git:absent"], 2, "there is no revision"),
    ],
)
def test_what_cannot_be_proved_says_why(
    policies: Repo, wilkc: Callable[..., Ran], arguments: list[str], code: int, message: str
) -> None:
    policies.write("bad/bad.yaml", "permissions: {fil: 1}\n")
    ran = wilkc("prove", *arguments)
    assert ran.code == code
    assert message in ran.err
    assert ran.out == ""
