"""Examples are asked of both versions, and a comparison that is wrong is found."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.unit.cli.review.conftest import asks, rule
from wilkc.analyze.boundary import boundary_requests
from wilkc.analyze.difference import AgentGroup, Change, Comparison
from wilkc.cli.library import CAPABILITIES, read_library
from wilkc.cli.review import UnconfirmedError, confirm
from wilkc.compiler import DATA_FILE, assemble, plan_what_compiles
from wilkc.core.errors import UnavailableError
from wilkc.opa.evaluating import EXCHANGED, OTHER_FILE, open_evaluator
from wilkc.plan import NarrowSpec

if TYPE_CHECKING:
    from wilkc.analyze.difference import Kind
    from wilkc.core.contract import Request
    from wilkc.plan import Plan, SpecPlan

EXAMPLE: Final = (Path(__file__).parents[4] / "policies/examples/reviewer.yaml").read_bytes()
SMALL: Final = b"permissions: {filesystem: {read: ['./**'], metadata: {max_file_size: 1MB}}}"


def _plan(*read: str, size: str = "1MB", blocked: str = "") -> Plan:
    entries = ", ".join(f"'{one}'" for one in read)
    metadata = f"{{max_file_size: {size}, blocked_paths: [{blocked and repr(blocked)}]}}"
    text = f"permissions: {{filesystem: {{read: [{entries}], metadata: {metadata}}}}}\n"
    return plan_what_compiles({"reviewer.yaml": text.encode()}).plan


def _comparison(kind: Kind, path: str) -> Comparison:
    change = Change(kind, "file", "read", asks(path), None, rule(path, 1))
    return Comparison(1, (AgentGroup(("reviewer",), "changed", (), (), (), (change,)),))


def test_what_is_true_is_confirmed_by_both(opa: Path) -> None:
    del opa
    old, new = _plan("./src/**"), _plan("./src/**", "**/*.pem")
    for kind, before, after in (("newly_allowed", old, new), ("newly_denied", new, old)):
        confirmed = confirm(_comparison(kind, "./.pem"), before, after)  # type: ignore[arg-type]
        assert str(confirmed) == (
            "the one example confirmed by the evaluator and by OPA on both versions"
        )


def test_a_new_agent_has_no_old_version(opa: Path) -> None:
    del opa
    nothing = plan_what_compiles({}).plan
    assert confirm(_comparison("newly_allowed", "./src/a"), nothing, _plan("./src/**")).by_opa


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("newly_allowed", "./src/a"),
        ("newly_allowed", "./docs/a"),
        ("newly_denied", "./.pem"),
        ("looser", "./docs/a"),
    ],
)
def test_what_is_not_true_is_a_defect(kind: Kind, path: str) -> None:
    old, new = _plan("./src/**"), _plan("./src/**", "**/*.pem")
    with pytest.raises(UnconfirmedError) as found:
        confirm(_comparison(kind, path), old, new)
    assert f'"id": "{path}"' in found.value.message
    assert "by the evaluator" in found.value.message


def test_a_looser_condition_shows_in_the_conditions(opa: Path) -> None:
    del opa
    old, new = _plan("./src/**"), _plan("./src/**", size="2MB")
    assert confirm(_comparison("looser", "./src/a"), old, new).examples == 1


def _without_opa(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise UnavailableError("there is no OPA on this machine")

    monkeypatch.delenv("WILK_OPA", raising=False)
    monkeypatch.setattr("wilkc.cli.review.confirming.find_opa", absent)


@pytest.mark.parametrize("with_opa", [True, False])
def test_a_block_that_narrowing_loses_is_found(
    opa: Path, monkeypatch: pytest.MonkeyPatch, with_opa: bool
) -> None:
    """No example is confirmed by the entries alone that narrowing leaves."""
    del opa
    wrong = _comparison("newly_allowed", "./src/a.pem")
    old = _plan("./docs/**", blocked="**/*.pem")
    new = _plan("./docs/**", "./src/**", blocked="**/*.pem")
    near = NarrowSpec.near

    def losing(self: NarrowSpec, request: Request) -> SpecPlan:
        spec = near(self, request)
        held = replace(spec.permissions.file, block=())
        return replace(spec, permissions=replace(spec.permissions, file=held))

    monkeypatch.setattr(NarrowSpec, "near", losing)
    if not with_opa:
        _without_opa(monkeypatch)
    with pytest.raises(UnconfirmedError) as found:
        confirm(wrong, old, new)
    assert f"by {'OPA' if with_opa else 'the evaluator'}: " in found.value.message
    right = _comparison("newly_allowed", "./src/a")
    assert confirm(right, old, new).by_opa is with_opa


def test_one_process_answers_for_two_versions_as_two_do(opa: Path) -> None:
    """An answer is its own version's down to the rule, its place and the revision."""
    old, new = (
        replace(
            plan_what_compiles({"reviewer.yaml": text, "small.yaml": SMALL}).plan,
            agents={"several": ("reviewer", "small"), own: ("reviewer",)},
        )
        for text, own in (
            (EXAMPLE, "only-old"),
            (EXAMPLE.replace(b"package.json", b"also.json", 1), "only-new"),
        )
    )
    requests = [
        replace(request, agent=agent)
        for plan in (old, new)
        for request in islice(boundary_requests(plan, "sample"), 0, None, 9)
        for agent in ("only-old", "only-new", "several")
    ]
    (first, _), (other, _) = (assemble(plan, read_library()) for plan in (old, new))
    apart = []
    for files in (first, other):
        with open_evaluator(opa, files, CAPABILITIES) as evaluator:
            apart.append(evaluator.answers(requests))
    both = {**first, OTHER_FILE: other[DATA_FILE]}
    with open_evaluator(opa, both, CAPABILITIES) as evaluator:
        assert evaluator.answers_of_both(requests) == (apart[0], apart[1])
    given = [{answer["decision"] for answer in answers} for answers in apart]
    assert given == [{True, False}, {True, False}]
    assert apart[0] != apart[1]


def test_all_that_two_versions_have_for_themselves_is_exchanged() -> None:
    data = json.loads(assemble(_plan("./src/**"), read_library())[0][DATA_FILE])
    assert {*data} == {*EXCHANGED, "messages", "tables", "unreadable"}


def test_nothing_to_ask_is_said() -> None:
    plan = _plan("./src/**")
    assert str(confirm(Comparison(0, ()), plan, plan)) == "no example to confirm"


def test_without_opa_the_evaluator_alone_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _without_opa(monkeypatch)
    old, new = _plan("./src/**"), _plan("./src/**", "**/*.pem")
    confirmed = confirm(_comparison("newly_allowed", "./.pem"), old, new)
    assert "there is no OPA here" in str(confirmed)
    monkeypatch.setenv("WILK_OPA", str(tmp_path / "opa"))
    with pytest.raises(UnavailableError):
        confirm(_comparison("newly_allowed", "./.pem"), old, new)
