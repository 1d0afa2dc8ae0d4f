"""Coverage and mutation of small policies, and what is recorded of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.analyze.cases import Case, matrix_cases, run_case, spec_cases
from wilkc.analyze.coverage import coverage
from wilkc.analyze.mutation import Mutation, mutation
from wilkc.analyze.short_form import short_form
from wilkc.analyze.witnesses import MAX_EACH, witness_rows
from wilkc.compiler import Understood, understand
from wilkc.core.contract import Request
from wilkc.core.spans import Span
from wilkc.spec import matrix_text, read_matrix

if TYPE_CHECKING:
    from wilkc.analyze.coverage import Coverage

PLACE = Span("m.yaml", 1, 1, 1, 1)
SPEC = """\
agent: dev
permissions:
  filesystem:
    read: ['./src/*', './docs/*']
    metadata: {blocked_paths: ['*.pem']}
"""


def _held(text: str = SPEC) -> Understood:
    return understand({"p.yaml": text.encode()})


def _measured(held: Understood, *tests: tuple[str, bool]) -> tuple[Coverage, Mutation]:
    cases = [Case("dev", text, allow, PLACE) for text, allow in tests]
    outcomes = [run_case(held.plan, case) for case in cases]
    assert not any(one.problem for one in outcomes)
    found = coverage(held.plan, outcomes)
    return found, mutation(held.plan, found.entries, outcomes)


def test_the_entry_that_decides_is_touched_and_no_other() -> None:
    found, _ = _measured(_held(), ("file:./src/a read", True), ("file:./x read", False))
    assert [entry.text for entry in found.touched] == ["./src/*"]
    assert [entry.text for entry in found.untouched] == ["./docs/*", "*.pem"]


def test_no_tests_notice_nothing_and_every_survivor_has_a_witness() -> None:
    held = _held()
    _, changed = _measured(held)
    assert changed.noticed == 0
    dropped = {one.entry.text for one in changed.survivors if one.mutant.change == "dropped"}
    assert dropped == {"./src/*", "./docs/*", "*.pem"}
    for one in changed.survivors:
        assert one.witness is not None
        agent, text = one.witness
        assert run_case(held.plan, Case(agent, text, not one.allowed, PLACE)).problem == ""


@pytest.mark.parametrize(
    ("test", "noticed"),
    [
        (("file:./src/a read", True), {("./src/*", "dropped")}),
        (("file:./src/a/b read", False), {("./src/*", "widened to ./src/**")}),
        (("file:./x/a read", False), {
            ("./src/*", "widened to ./*/*"), ("./docs/*", "widened to ./*/*"),
        }),
        (("file:./src/k.pem read", False), {("*.pem", "dropped")}),
        (("file:./src/ab read", True), {("./src/*", "dropped"), ("*.pem", "widened to *")}),
    ],
)  # fmt: skip
def test_a_test_notices_what_it_speaks_of(
    test: tuple[str, bool], noticed: set[tuple[str, str]]
) -> None:
    held = _held()
    _, without = _measured(held)
    _, found = _measured(held, test)
    lost = {_name(one) for one in without.survivors} - {_name(one) for one in found.survivors}
    assert noticed <= lost
    assert found.noticed == len(lost)
    assert found.equivalent == without.equivalent


def _name(one: object) -> tuple[str, str]:
    entry, mutant = one.entry, one.mutant  # type: ignore[attr-defined]  # a survivor
    change = f"{mutant.change} to {mutant.text}" if mutant.text else mutant.change
    return entry.text, change


def test_an_entry_behind_a_wider_one_is_equivalent_when_dropped() -> None:
    held = _held("agent: dev\npermissions: {filesystem: {read: ['./src/**', './src/a']}}\n")
    _, changed = _measured(held)
    assert changed.equivalent >= 1
    lost = [one for one in changed.survivors if one.entry.text == "./src/a"]
    assert "dropped" not in [one.mutant.change for one in lost]


def test_an_inherited_entry_is_changed_in_every_spec_that_has_it() -> None:
    held = _held(
        "agent: base\npermissions: {llm: {allowed_models: [m]}}\n---\n"
        "agent: dev\nextends: [base]\npermissions: {}\n"
    )
    found, changed = _measured(held, ("llm:m request", True))
    assert [entry.text for entry in found.touched] == ["m"]
    assert len(found.entries) == 1
    assert changed.noticed == 1


def test_a_test_that_fails_notices_nothing() -> None:
    held = _held()
    outcome = run_case(held.plan, Case("dev", "file:./src/a read", allow=False, span=PLACE))
    assert outcome.problem == "the request is allowed"
    found = coverage(held.plan, [outcome])
    assert mutation(held.plan, found.entries, [outcome]).noticed == 0


@pytest.mark.parametrize(
    ("when", "asking"),
    [
        ("{subject.id: [worker]}", "worker"),
        ("{subject.id: {not: [dev]}}", "other"),
        ("{subject.roles: [release]}", "worker"),
        ("{subject.roles: [release], context.environment: [test]}", "worker"),
        ("{context.environment: [test]}", "dev"),
        # For an agent that nobody is: the mutants that differ are those that others notice.
        ("{subject.id: [nobody]}", "dev"),
    ],
)
def test_a_witness_asks_as_an_agent_for_whom_the_entry_counts(when: str, asking: str) -> None:
    spec = f"""\
agents: [dev, other]
permissions:
  tools:
    allowed: [search, {{tool: fetch, when: {when}}}]
"""
    # Who has a role has the specs of the role, here the same one.
    bindings = b"bindings: {roles: {release: [p]}}"
    fleet = b'{"agent": "worker", "roles": ["release"]}'
    given = {"p.yaml": spec.encode(), "b.yaml": bindings, "f.jsonl": fleet}
    held = understand(given)
    _, changed = _measured(held)
    conditional = [one for one in changed.survivors if one.entry.text == "fetch"]
    assert {one.witness[0] for one in conditional if one.witness} <= {asking}
    assert bool(conditional) == (when != "{subject.id: [nobody]}")
    for one in changed.survivors:
        assert one.witness is not None
        case = Case(*one.witness, not one.allowed, PLACE, context=dict(one.context))
        assert run_case(held.plan, case).problem == ""


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        (Case("nobody", "file:./a read", False, PLACE), "denied with NO_PERMISSIONS"),
        (Case("nobody", "file:./a read", False, PLACE, reason="NO_PERMISSIONS"), ""),
        (Case("dev", "file:./a/ read", False, PLACE), "denied with VALIDATION_ERROR"),
        (Case("dev", "file:./src/a read", True, PLACE, rule="fs.read.allow.0"), ""),
        (Case("dev", "file:./src/a read", True, PLACE, rule="fs.read.allow.1"), "decides, not"),
        (Case("dev", "nonsense", False, PLACE, reason="VALIDATION_ERROR"), ""),
    ],
)
def test_what_counts_as_expected(case: Case, problem: str) -> None:
    found = run_case(_held().plan, case).problem
    assert problem in found
    assert bool(problem) == bool(found)


def test_what_is_recorded_is_read_back_and_holds() -> None:
    held = _held()
    rows = witness_rows(held.plan)
    assert rows == witness_rows(held.plan)
    for file in ("m.yaml", "m.csv"):
        back, problems = read_matrix(matrix_text(rows, file).encode(), file)
        assert problems == ()
        assert tuple(row for row, _ in back) == rows
        outcomes = [run_case(held.plan, case) for case in matrix_cases(back)]
        assert {one.problem for one in outcomes} == {""}
        found = coverage(held.plan, outcomes)
        assert found.untouched == ()
    assert {row.expect for row in rows} == {"allow", "deny"}
    read = [row for row in rows if row.request.endswith(" read")]
    assert len(read) <= 4 * MAX_EACH


def test_survivors_are_recorded_so_that_a_test_notices_them() -> None:
    held = _held()
    _, changed = _measured(held)
    rows = witness_rows(held.plan, changed.survivors)
    cases = list(matrix_cases((row, PLACE) for row in rows))
    outcomes = [run_case(held.plan, case) for case in cases]
    after = mutation(held.plan, coverage(held.plan, outcomes).entries, outcomes)
    assert after.survivors == ()
    assert after.noticed == len(changed.survivors)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (Request("a", "read", "file", "./a b"), "file:./a b read"),
        (
            Request("a", "execute", "shell", "", {"argv": ["x", "it's", ""]}),
            r"shell:x 'it'\''s' '' execute",
        ),
        (
            Request("a", "connect", "network", "",
                    {"host": "::1", "port": 8443, "protocol": "wss"}),
            "network:wss://[::1]:8443 connect",
        ),
        (Request("a", "read", "file", "./a", {"size": 1}), None),
        (Request("a", "read", "file", "./a\nb"), None),
        (Request("a", "execute", "shell", "", {"argv": ["if"]}), None),
        (Request("a", "execute", "shell", "", {"argv": "x"}), None),
        (Request("a", "request", "llm", "m", {}, {"usage": {}}), "llm:m request"),
        (Request("a", "request", "llm", "m", {}, {"usage": {"a/llm": 1}}), None),
    ],
)  # fmt: skip
def test_the_short_form_says_all_or_nothing(request_: Request, text: str | None) -> None:
    wanted = None if request_.context else text
    assert short_form(request_) == wanted


def test_spec_tests_are_cases_of_their_spec() -> None:
    held = _held(SPEC + "tests:\n  - {deny: 'file:./a read', name: outside}\n")
    (case,) = spec_cases(held.plan, held.documents)
    assert (case.title, case.specs, case.span.line) == ("outside", ("dev",), 7)
