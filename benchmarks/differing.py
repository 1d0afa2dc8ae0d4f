"""A pull request that touches few of a thousand agents, beside checking those few."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from benchmarks.distinct import specs
from benchmarks.measure import side_by_side
from wilkc.analyze.difference import compare
from wilkc.compiler import plan_what_compiles, review
from wilkc.language.automata import command_language, name_language, path_language
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    from benchmarks.measure import Row
    from wilkc.plan import Plan

AGENTS: Final = 1_000
TOUCHED: Final = 10


def differing(rounds: int, *, small: bool = False) -> list[Row]:
    """Comparing two versions that share what was not touched, and two that share nothing."""
    count = AGENTS // 50 if small else AGENTS
    sources = {name: text.encode() for name, text in specs(count)}
    touched = {
        name: text.replace(b"package", b"also", 1) for name, text in [*sources.items()][:TOUCHED]
    }
    old = plan_what_compiles(sources).plan
    changed = plan_what_compiles(touched).plan
    new = replace(old, specs={**old.specs, **changed.specs})
    apart = plan_what_compiles({**sources, **touched}).plan

    def forget() -> None:
        for cached in (path_language, name_language, command_language, parse_path_rule):
            cached.cache_clear()

    def checked() -> None:
        forget()
        review(touched)

    def compared(after: Plan) -> None:
        forget()
        if len(compare(old, after).changed) != TOUCHED:
            raise ValueError("other agents changed than were touched")

    return side_by_side(
        (f"checking {TOUCHED} specs that changed, lint included", checked),
        {
            "comparing versions of many agents, of which these changed": lambda: compared(new),
            "the same, where the versions share nothing": lambda: compared(apart),
        },
        rounds,
    )
