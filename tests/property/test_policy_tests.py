"""Recorded answers, coverage and mutants of generated worlds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.conftest import Judged
from tests.property.worlds import Maker
from wilkc.analyze.cases import Case, matrix_cases, plan_of, run_case
from wilkc.analyze.coverage import coverage, list_entries
from wilkc.analyze.mutation import mutation
from wilkc.analyze.witnesses import witness_rows
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources, understand
from wilkc.core.spans import Span
from wilkc.spec import matrix_text, read_matrix

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.analyze.cases import Outcome
    from wilkc.plan import Plan

PLACE = Span("m.yaml", 1, 1, 1, 1)
WORLDS = 1
ENTRIES = 20
"""Entries of a world that are changed."""


def _recorded(plan: Plan, file: str) -> list[Outcome]:
    """What is recorded, written, read back and asked."""
    rows = witness_rows(plan)
    back, problems = read_matrix(matrix_text(rows, file).encode(), file)
    assert problems == ()
    assert tuple(row for row, _ in back) == rows
    return [run_case(plan, case) for case in matrix_cases(back)]


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_recorded_answers_are_read_back_and_opa_gives_the_same(
    opa: Path, tmp_path: Path, seed: int, effort: int, hostile: bool
) -> None:
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}/{hostile}")
        compiled = compile_sources(
            Maker(rng, hostile=hostile).world(specs=5).sources, read_library()
        )
        outcomes = _recorded(compiled.plan, rng.choice(["m.yaml", "m.csv"]))
        assert [one.problem for one in outcomes if one.problem] == []
        assert {one.decision.allow for one in outcomes} == {True, False}
        requests = [one.request for one in outcomes if one.request is not None]
        assert len(requests) == len(outcomes)
        assert Judged(opa, tmp_path / str(place)).differences(compiled, requests) == []


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_every_survivor_would_be_noticed_by_a_test_of_its_witness(
    seed: int, effort: int, hostile: bool
) -> None:
    found = 0
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}/{hostile}")
        plan = understand(Maker(rng, hostile=hostile).world(specs=4).sources).plan
        entries = list_entries(plan)
        some = rng.sample(entries, min(ENTRIES, len(entries)))
        before = mutation(plan, some, ())
        assert before.noticed == 0
        cases = [
            Case(
                *one.witness,
                not one.allowed,
                PLACE,
                specs=(one.entry.uses[0].spec,),
                context=dict(one.context),
            )
            for one in before.survivors
            if one.witness is not None
        ]
        outcomes = [run_case(plan, case) for case in cases]
        assert [one for one in outcomes if one.problem] == []
        after = mutation(plan, some, outcomes)
        told = sum(one.witness is not None for one in before.survivors)
        assert after.noticed >= told
        # A test may also notice a mutant that no request at an edge told apart before.
        assert after.equivalent <= before.equivalent
        assert after.counted + after.equivalent == before.counted + before.equivalent
        touched = {entry.span for entry in coverage(plan, outcomes).touched}
        assert touched <= {entry.span for entry in entries}
        assert all(plan_of(plan, case).agents[case.agent] == case.specs for case in cases)
        found += told
    assert found > 0
