"""Proving a bundle: the reference evaluator beside OPA, and what one spec costs.

The floor is the reference evaluator, which is asked the same requests in the same rounds.
"""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Row, side_by_side
from wilkc.analyze.boundary import boundary_requests
from wilkc.cli.building import build_bundle
from wilkc.cli.library import CAPABILITIES, read_library
from wilkc.cli.proving import prove
from wilkc.compiler import compile_sources
from wilkc.opa.evaluating import open_evaluator
from wilkc.opa.obtain import find_opa
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Request
    from wilkc.plan import Plan

REFERENCE = "boundary requests of the examples, reference"
EXAMPLES = Path(__file__).parents[1] / "policies" / "examples"
SMALL = {"small.yaml": b"agent: small\npermissions: {llm: {allowed_models: [gpt-4]}}\n"}
"""What stands for the examples where only the table's shape is wanted."""


def proving(rounds: int, *, small: bool = False) -> list[Row]:
    """Deciding all boundary requests of the examples, and proving the examples."""
    compiled = (
        compile_sources(SMALL, read_library()) if small else build_bundle([str(EXAMPLES)]).compiled
    )
    asked = list(boundary_requests(compiled.plan, "full"))
    peak = f"peak {_peak_kib(compiled.plan, asked):,} KiB"

    def reference() -> None:
        for request in asked:
            decide(compiled.plan, request)

    with open_evaluator(find_opa().path, compiled.files, CAPABILITIES) as evaluator:
        rows = side_by_side(
            (REFERENCE, reference),
            {
                "the same requests, one OPA process": lambda: evaluator.answers(asked),
                "proving the examples, full": lambda: prove(compiled, "full"),
                "proving the examples, sample": lambda: prove(compiled, "sample"),
            },
            rounds,
        )
    specs = len(compiled.plan.specs)
    return [
        _with_cost(row, specs, "spec")
        if row.name.startswith("proving")
        else _with_cost(row, len(asked), "decision", f", {peak}" if row.name == REFERENCE else "")
        for row in rows
    ]


def _with_cost(row: Row, count: int, one: str, more: str = "") -> Row:
    """The row with what one of so many took."""
    each = row.median_ms / count
    text = f"{each:,.0f} ms" if each > 1 else f"{each * 1000:,.0f} µs"
    return replace(row, also=f"{count:,} {one}s, {text} a {one}{more}")


def _peak_kib(plan: Plan, asked: Sequence[Request]) -> int:
    """The most that one decision after the other holds, beside plan and requests."""
    tracemalloc.start()
    for request in asked:
        decide(plan, request)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak // 1024
