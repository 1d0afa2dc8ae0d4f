"""What is proved of mounts: shortest witnesses, and no proof where there was no time for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.plan.test_sandbox import accepted, codes, lower
from wilkc.plan.sandbox import agreement

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import SandboxPlan

MODERATE: dict[str, Any] = {"isolation": {"level": "moderate"}}


def plan(sandbox: dict[str, Any], block: Any = (), **files: Any) -> SandboxPlan:
    metadata = {"blocked_paths": list(block)}
    if "extensions" in files:
        metadata["allowed_extensions"] = files.pop("extensions")
    rules = {**files, "metadata": metadata}
    return accepted(json.dumps({"sandbox": sandbox, "permissions": {"filesystem": rules}}))


def gaps(held: SandboxPlan, action: str) -> list[tuple[str, str, bool]]:
    return [(one.base, one.witness, one.postcheck) for one in held.gaps if one.action == action]


def test_a_tree_that_policy_allows_has_no_gap() -> None:
    everything = {"read": ["./out/**"], "write": ["./out/**"], "delete": ["./out/**"]}
    assert plan({}, **everything).gaps == ()


@pytest.mark.parametrize(
    ("write", "witness"),
    [
        (["./out/*.md"], "./out/a"),
        (["./out/**/*.md"], "./out/a"),
        (["./out/[ab]*"], "./out/c"),
        (["./out/?"], "./out/aa"),
        (["./out/*"], "./out/a/a"),
        (["./out/*/**"], None),
        (["./out/**/*"], None),
        (["./out/*", "./out/*/**"], None),
        (["./out/[!a]*", "./out/[a]*", "./out/*/**"], None),
        (["./out/a*", "./**"], None),
    ],
)
def test_the_witness_is_a_shortest_one(write: list[str], witness: str | None) -> None:
    found = {name for base, name, _ in gaps(plan(MODERATE, write=write), "write")}
    assert found == (set() if witness is None else {witness})


def test_proved_patterns_are_mounted_whole_under_strict() -> None:
    held = plan({}, read=["./src/**/*"], write=["./out/*/**"])
    assert [one.how for one in held.mounts] == ["tree", "tree"]
    held = plan({}, read=["./src/**/*.ts"], write=["./out/*.md"])
    assert [one.how for one in held.mounts] == ["each", "each"]


def test_extensions_narrow_every_tree() -> None:
    held = plan(MODERATE, write=["./out/**"], extensions=[".md"])
    assert gaps(held, "write") == [("./out", "./out/a", True)]
    assert [one.how for one in plan({}, write=["./out/**"], extensions=[".md"]).mounts] == ["each"]


def test_what_a_block_masks_already_is_no_gap_and_what_it_cannot_mask_is() -> None:
    held = plan({}, ("./out/kept", ".env*", "./src/*.key", "**/a/*b"), write=["./out/**"])
    assert [one[1] for one in gaps(held, "write")] == ["./out/.env", "./out/a/b"]
    assert [one.rule for one in held.gaps if one.action == "write"] == ["fs.block.1", "fs.block.3"]
    assert held.mounts[0].postcheck
    assert gaps(plan({}, (), write=["./out/**"]), "write") == []


def test_what_is_blocked_anyway_is_no_witness() -> None:
    blocks = ("./docs/[!a]*", "./docs/?*?*")
    held = plan(MODERATE, blocks, read=["./docs/*.md", "./docs/**/*b"])
    assert gaps(held, "read") == [("./docs", "./docs/a", False)]
    held = plan(MODERATE, (*blocks, "./docs/a/?*?*"), read=["./docs/?", "./docs/a/?"])
    assert {witness for _, witness, _ in gaps(held, "read")} == {"./docs/a/a/a"}
    held = plan(MODERATE, (*blocks, "./docs/a/?*"), read=["./docs/?"])
    assert held.gaps == ()


def test_a_rule_mounts_nothing_only_if_it_grants_nothing() -> None:
    """No easy name is left of the pattern, but some are."""
    blocks = [f"./docs/{name}*" for name in ("a", "b", "z", "A", "_")]
    rules: dict[str, Any] = {"read": ["./docs/**"], "metadata": {"blocked_paths": blocks}}
    text = json.dumps({"permissions": {"filesystem": rules}})
    assert [one.sample for one in accepted(text).mounts] == ["./docs/c"]
    blocks.append("./docs/[!az]*")
    text = json.dumps({"permissions": {"filesystem": rules}})
    assert (accepted(text).mounts, codes(text)) == ((), ["W183"])


def test_what_can_be_run_can_be_read() -> None:
    held = plan({}, execute=["./scripts/**"])
    assert gaps(held, "read") == [("./scripts", "./scripts/a", False)]
    assert gaps(plan({}, execute=["./scripts/**"], read=["./scripts/*/**"]), "read") == []


def test_what_can_be_written_can_be_unlinked() -> None:
    held = plan({}, read=["./out/**"], write=["./out/**"])
    assert held.gaps[0].action == "delete"
    assert gaps(held, "delete") == [("./out", "./out/a", False)]
    assert plan({}, read=["./a"], write=["./a"]).gaps == ()


def test_a_witness_is_one_of_the_files_that_are_mounted() -> None:
    assert gaps(plan({}, execute=["./x*/*/**"]), "read") == [(".", "./x/a", False)]


def test_a_mount_is_of_one_case_and_rules_may_be_of_both() -> None:
    rules = {"read": ["./SRC/**"], "execute": ["./src/**"]}
    text = json.dumps({"case": "insensitive", "permissions": {"filesystem": rules}})
    assert accepted(text).gaps == ()
    assert len(plan({}, **rules).gaps) == 1


def test_a_sample_of_a_rule_of_both_cases_is_granted() -> None:
    """`[!a]` takes no `A` either where case is ignored."""
    blocks = [f"./docs/{name}*" for name in ("b", "z", "_")]
    rules = {"read": ["./docs/[!a]*"], "metadata": {"blocked_paths": blocks}}
    text = json.dumps({"case": "insensitive", "permissions": {"filesystem": rules}})
    (mount,) = accepted(text).mounts
    assert mount.sample.lower() not in {"./docs/a", "./docs/b"}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "BUDGET", 0)


SLOW: dict[str, Any] = {"write": ["./out/?/**", "./out/?*?/**"]}
"""Together all below the folder, which takes a search to see."""


def test_with_a_proof_both_are_mounted_whole() -> None:
    assert {one.how for one in plan({}, **SLOW).mounts} == {"tree"}


@pytest.mark.usefixtures("hurried")
def test_without_a_proof_nothing_is_mounted_wider() -> None:
    held = plan({}, **SLOW)
    assert {one.how for one in held.mounts} == {"each"}
    held = plan(MODERATE, **SLOW)
    assert {(one.how, one.postcheck) for one in held.mounts} == {("tree", True)}
    assert gaps(held, "write") == [("./out", agreement.UNPROVED, True)] * 2


@pytest.mark.usefixtures("hurried")
def test_without_a_proof_refuse_refuses() -> None:
    text = json.dumps({"sandbox": {"write_gap": "refuse"}, "permissions": {"filesystem": SLOW}})
    assert codes(text) == ["W180"] * 2
    assert "nobody could prove" in lower(text)[1][0].message


def test_refuse_names_the_witness() -> None:
    text = json.dumps(
        {
            "sandbox": {"write_gap": "refuse"},
            "permissions": {"filesystem": {"write": ["./out/*.md"]}},
        }
    )
    (problem,) = lower(text)[1]
    assert (problem.code, "`./out/a` would be writable as well" in problem.message) == (
        "W180",
        True,
    )


@pytest.mark.parametrize("said", [True, False])
def test_an_organisation_may_want_no_sampling(said: bool) -> None:
    policy = (
        "---\nsecurity_policy:\n  version: '1.0'\n  global_settings:\n"
        f"    sandbox: {{resource_monitoring: {str(said).lower()}}}\n"
    )
    assert accepted("permissions: {}\n" + policy).monitoring is said


def test_the_network_of_a_plan_is_that_of_its_rules() -> None:
    """The plan lists no host: whether there is a route at all follows from the rules."""
    hosts = "permissions: {network: {allowed_hosts: [a.example]}}\n"
    assert accepted(hosts).network == "restricted"
    assert accepted("permissions: {network: {allowed_hosts: []}}\n").network == "none"
    assert accepted("sandbox: {permissions: {deny: [net]}}\n" + hosts).network == "none"
    nobody = "sandbox: {resources: {network: {allowedHosts: []}}}\n"
    assert accepted(nobody + hosts).network == "none"
    assert accepted("sandbox: {isolation: {network: none}}\n" + hosts).network == "none"
    assert "a.example" not in json.dumps(accepted(hosts).as_json())
