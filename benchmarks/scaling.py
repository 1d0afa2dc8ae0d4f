"""Decisions at many sizes of policy and fleet, and putting a large fleet in force.

Each world is served by an OPA of its own, and each decision is held against a constant rule on
the same server, asked in the same rounds. Processor time is what the kernel counts for OPA.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.deciding import library_with_constant, sidecar_of, verified
from benchmarks.fleet import FIRST, SIZES, SMALL, fleet
from benchmarks.measure import side_by_side
from benchmarks.process import cpu_ms, memory_mb, opa_of
from wilkc.bundle import generate_key
from wilkc.core.contract import Request
from wilkc.language.requests import canonical_request, parse_short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.measure import Row
    from wilkc.bundle import PrivateKey, VerifiedBundle
    from wilkc.opa import Sidecar

FLEETS = (len(SIZES), 1_000, 100_000)
"""Agents of each world; the smallest has one of each size."""
SMALL_FLEET = 10
"""The most agents where only the table's shape is wanted."""
CONSTANT = Request("agent-0", "read", "constant", "x")
ASKED = (
    ("file", f"file:./src{FIRST}/part0/app.ts", "read"),
    ("host", f"network:https://api0.n{FIRST}.example.com", "connect"),
    ("command", "shell:git status", "execute"),
    ("wrapped command", "shell:timeout 5 git status", "execute"),
)
ACTIVATIONS = 1
"""After one of each that only warms up."""


def scaling(rounds: int, *, small: bool = False) -> list[Row]:
    """Every kind of decision at every size of list and fleet, then activation."""
    key, library = generate_key(), library_with_constant()
    specs, most = (fleet(SMALL), SMALL_FLEET) if small else (fleet(SIZES), FLEETS[-1])
    worlds = {agents: verified(specs.bound(min(agents, most), library), key) for agents in FLEETS}
    rows: list[Row] = []
    held: dict[int, str] = {}
    for agents, bundle in worlds.items():
        with sidecar_of(bundle, key) as sidecar:
            held[agents] = _memory(opa_of(sidecar))
            rows.extend(_world(sidecar, agents, rounds))
    few, many = FLEETS[0], FLEETS[-1]
    putting = _activation(worlds[few], worlds[many], key)
    for row, agents in zip(putting, (few, many), strict=True):
        rows.append(replace(row, also=held[agents]))
    return rows


def _world(sidecar: Sidecar, agents: int, rounds: int) -> Iterator[Row]:
    floor = f"a constant rule, {agents:,} agents"
    constant = partial(sidecar.point.decide, CONSTANT)
    measured: dict[str, Callable[[], object]] = {}
    for place, size in enumerate(sorted(SIZES)):
        for kind, resource, action in ASKED:
            request = canonical_request(parse_short(f"agent-{place}", resource, action))
            answer = sidecar.point.decide(request)
            if not answer.allow:
                raise ValueError(f"{kind}, {size} entries: {answer.detail}")
            name = f"{kind}, {size} entries, {agents:,} agents"
            measured[name] = partial(sidecar.point.decide, request)
    opa = opa_of(sidecar)
    actions: dict[str, Callable[[], object]] = {floor: constant, **measured}
    rows = side_by_side((floor, constant), measured, rounds)
    for row in rows:
        yield replace(row, also=f"OPA's processor {_cpu_ms(opa, actions[row.name], rounds):.2f} ms")


def _cpu_ms(opa: Path, action: Callable[[], object], rounds: int) -> float:
    """OPA's processor time for one decision; the kernel counts in steps of 10 ms."""
    before = cpu_ms(opa)
    for _ in range(rounds):
        action()
    return (cpu_ms(opa) - before) / rounds


def _activation(small: VerifiedBundle, large: VerifiedBundle, key: PrivateKey) -> list[Row]:
    """Each bundle replaces the other; time runs until the new one answers."""
    with sidecar_of(small, key) as sidecar:
        floor = (f"putting {FLEETS[0]:,} agents in force", partial(sidecar.publish, small))
        other = {f"putting {FLEETS[-1]:,} agents in force": partial(sidecar.publish, large)}
        return side_by_side(floor, other, ACTIVATIONS)


def _memory(opa: Path) -> str:
    """Memory once the first bundle is in force, before anything was asked."""
    rest, peak = memory_mb(opa, "VmRSS"), memory_mb(opa, "VmHWM")
    return f"first start: {rest:.0f} MB held, {peak:.0f} MB at the peak"
