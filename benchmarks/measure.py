"""Measuring several things side by side, and showing ratios."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Row:
    """One thing measured beside its floor, in the same rounds.

    Attributes:
        name: what was measured.
        floor: what it is held against.
        ratio: median over the floor's median.
        median_ms: its own median, in milliseconds.
        tail_ms: its 99th percentile, in milliseconds.
        rounds: how many rounds.
        also: what else was measured, for example the memory; no part of the name.
    """

    name: str
    floor: str
    ratio: float
    median_ms: float
    tail_ms: float
    rounds: int
    also: str = ""


def side_by_side(
    floor: tuple[str, Callable[[], object]],
    measured: Mapping[str, Callable[[], object]],
    rounds: int,
) -> list[Row]:
    """Run the floor and everything else in turn, so that noise falls on all alike."""
    actions = {floor[0]: floor[1], **measured}
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for action in actions.values():
        action()
    for _ in range(rounds):
        for name, action in actions.items():
            started = time.perf_counter()
            action()
            taken[name].append((time.perf_counter() - started) * 1000)
    return beside(floor[0], taken, {})


def beside(floor: str, taken: Mapping[str, Sequence[float]], also: Mapping[str, str]) -> list[Row]:
    """The rows of what was measured in the same rounds.

    Args:
        floor: the name of the floor.
        taken: name to the milliseconds of each round, the floor's too.
        also: name to what else was measured.
    """
    base = statistics.median(taken[floor])
    return [
        Row(name, floor, statistics.median(times) / base, statistics.median(times),
            _percentile(times, 99), len(times), also.get(name, ""))
        for name, times in taken.items()
    ]  # fmt: skip


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| what | floor | ratio | median ms | p99 ms | rounds | also |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.floor} | {row.ratio:.2f} | {row.median_ms:.2f} | {row.tail_ms:.2f} "
        f"| {row.rounds} | {row.also} |"
        for row in rows
    ]
    return "\n".join(lines)


def _percentile(times: Sequence[float], share: int) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
