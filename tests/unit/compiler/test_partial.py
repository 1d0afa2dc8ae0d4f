"""What is understood of a version in which some files are wrong."""

from __future__ import annotations

import pytest

from wilkc.compiler import Partial, plan_what_compiles
from wilkc.core.errors import SpecError

GOOD = "permissions: {filesystem: {read: [./src/**]}}\n"
BAD = "permissions: {filesystem: {raed: [./src/**]}}\n"
CONFLICT = f"<<<<<<< ours\n{GOOD}=======\n{BAD}>>>>>>> theirs\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"


def _planned(**files: str) -> Partial:
    return plan_what_compiles({f"{name}.yaml": text.encode() for name, text in files.items()})


def _outcome(**files: str) -> tuple[list[str], list[str]]:
    found = _planned(**files)
    return sorted(found.plan.agents), [one.file for one in found.left_out]


def test_good_specs_are_all_there() -> None:
    assert _outcome(a=GOOD, b=GOOD) == (["a", "b"], [])


def test_a_file_with_an_error_is_left_out() -> None:
    found = _planned(a=GOOD, b=BAD)
    assert sorted(found.plan.agents) == ["a"]
    (left,) = found.left_out
    assert left.file == "b.yaml"
    assert left.why.startswith("W108 on line 1: unknown key `raed`")
    assert not left.opaque


def test_what_rests_on_it_is_left_out_with_it() -> None:
    middle = f"extends: [b]\n{GOOD}"
    top = f"extends: [middle]\n{GOOD}"
    assert _outcome(a=GOOD, b=BAD, middle=middle, top=top) == (
        ["a"], ["b.yaml", "middle.yaml", "top.yaml"],
    )  # fmt: skip


def test_a_circle_is_left_out_and_what_rests_on_it() -> None:
    circle = {"x": f"extends: [y]\n{GOOD}", "y": f"extends: [x]\n{GOOD}"}
    on_it = f"extends: [x]\n{GOOD}"
    assert _outcome(a=GOOD, on_it=on_it, **circle) == (["a"], ["on_it.yaml", "x.yaml", "y.yaml"])


def test_of_two_files_that_claim_the_same_both_are_left_out() -> None:
    claim = f"agent: same\n{GOOD}"
    assert _outcome(a=GOOD, b=claim, c=claim) == (["a"], ["b.yaml", "c.yaml"])
    listed = f"agents: [same]\n{GOOD}"
    assert _outcome(a=GOOD, b=listed, c=listed) == (["a"], ["b.yaml", "c.yaml"])


def test_an_unfinished_merge_is_said_in_its_own_words() -> None:
    (left,) = _planned(a=GOOD, b=CONFLICT).left_out
    assert left.why == ("W013 on line 1: a merge was not finished: the file holds conflict markers")


def test_nothing_is_known_of_what_a_pointer_stands_for() -> None:
    (left,) = _planned(a=GOOD, b=POINTER).left_out
    assert left.why.startswith("W014")
    assert left.opaque


@pytest.mark.parametrize(
    "policy",
    [
        "security_policy: {versoin: '1.0'}\n",
        "{security_policy: {versoin: '1.0'}}\n",
        "'security_policy': {versoin: '1.0'}\n",
        "core: {netwrok: {}}\n",
        "permissions:\n  core: {netwrok: {}}\n",
        "permissions: {runtime: {executoin: {}}}\n",
        "<<<<<<< ours\nsecurity_policy: {version: '1.0'}\n=======\n>>>>>>> theirs\n",
    ],
)
def test_without_the_policy_nothing_is_understood(policy: str) -> None:
    with pytest.raises(SpecError) as refused:
        _planned(a=GOOD, policy=policy)
    assert {found.span.file for found in refused.value.diagnostics} == {"policy.yaml"}


def test_of_two_policies_none_holds() -> None:
    policy = "security_policy: {version: '1.0'}\n"
    with pytest.raises(SpecError):
        _planned(a=GOOD, one=policy, two=policy)


def test_a_failing_test_changes_no_meaning() -> None:
    failing = f"tests: [{{allow: 'file:./other read'}}]\n{GOOD}"
    assert _outcome(a=failing) == (["a"], [])


def test_nothing_right_is_an_empty_plan() -> None:
    assert _outcome(a=BAD, b=CONFLICT) == ([], ["a.yaml", "b.yaml"])
