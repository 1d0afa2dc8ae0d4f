"""A spec's sandbox as text for a person. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.cli.decision_text import printable
from wilkc.cli.gaps import gap_text
from wilkc.core.sandbox_plan import SECRETS
from wilkc.runtime.sandbox.obeyed import (
    FROZEN_DIRECTORIES,
    FROZEN_FILES,
    HOME_DIRECTORIES,
    HOME_FILES,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.core.sandbox_plan import Environment, Limits, Quantity, SandboxPlan
    from wilkc.plan import SpecPlan

_HOW: Final = {"file": "the file", "tree": "all below", "each": "each file"}


def sandbox_text(spec: SpecPlan) -> str:
    """Network, mounts with their rules, what is hidden or read-only, gaps, limits, variables."""
    return "\n".join(map(printable, _lines(spec)))


def _lines(spec: SpecPlan) -> Iterator[str]:
    plan = spec.sandbox
    yield f"sandbox of {spec.name}: level {plan.level}, {plan.isolation} isolation, {plan.context}"
    yield from _rows("network", _network(spec))
    yield (
        f"files        {plan.filesystem}; where a mount is wider than a write rule: "
        f"{plan.write_gap}; on a violation: {plan.violation}"
    )
    yield from _rows("mounts", _mounts(plan))
    yield from _rows("hidden", (*_short(plan.hidden), f"always {', '.join(_short(SECRETS))}"))
    names = [*FROZEN_FILES, *(f"{name}/" for name in FROZEN_DIRECTORIES)]
    names += [f"~/{name}" for name in HOME_FILES]
    names += [f"~/{name}/" for name in HOME_DIRECTORIES]
    yield from _rows("read-only", (*_short(plan.frozen), f"always {', '.join(names)}"))
    yield from _rows("gaps", (gap_text(gap, spec) for gap in plan.gaps))
    yield from _rows("limits", _limits(plan.limits))
    yield from _rows("variables", _environment(plan.environment))
    yield from _rows("processes", _processes(plan))


def _rows(head: str, rows: Iterable[str]) -> Iterator[str]:
    """A section whose first row stands beside its head; `none` where it is empty."""
    held = list(rows) or ["none"]
    for number, row in enumerate(held):
        yield f"{head if number == 0 else '':<13}{row}"


def _mounts(plan: SandboxPlan) -> Iterator[str]:
    for mount in plan.mounts:
        check = "   checked after the run" if mount.postcheck else ""
        yield (
            f"{mount.access:<6}{mount.base}   {_HOW[mount.how]}, {mount.action} "
            f"'{mount.pattern}'   {mount.file}:{mount.line}{check}"
        )


def _network(spec: SpecPlan) -> Iterator[str]:
    plan = spec.sandbox
    sockets = ", unix sockets" if plan.unix_sockets else ""
    if plan.network == "none":
        yield f"none{sockets}"
        return
    yield f"{plan.network}{sockets}; policy decides each connection, by"
    for rule in spec.permissions.network.allow:
        ports = ", ".join(f"{low}" if low == high else f"{low}-{high}" for low, high in rule.ports)
        yield f"'{rule.text}'   port {ports}, {', '.join(sorted(rule.protocols))}"


def _short(patterns: Sequence[str]) -> tuple[str, ...]:
    """Patterns as one would write them: what holds at every root once, tails left out."""
    floating = {text.removeprefix(".") for text in patterns if text.startswith("./**/")}
    kept = [text for text in patterns if text.removeprefix("~") not in floating]
    shown = (text.removeprefix("./**/").removesuffix("/**") for text in kept)
    return tuple(dict.fromkeys(shown))


def _limits(limits: Limits) -> Iterator[str]:
    for name in ("cpu", "memory", "disk", "network"):
        yield _quantity(name, getattr(limits, name))
    cpu = "none" if limits.cpu_time_ms is None else f"{limits.cpu_time_ms} ms"
    size = "none" if limits.file_size is None else f"{limits.file_size} bytes"
    yield f"time {limits.wall_clock_ms} ms, processor time {cpu}, priority {limits.priority}"
    yield (
        f"processes {limits.pids}, open files {limits.open_files}, connections {limits.connections}"
    )
    yield f"file size {size}, output {limits.output} bytes"
    yield f"private /tmp {limits.tmp} bytes, /dev/shm {limits.shm} bytes"


def _quantity(name: str, held: Quantity) -> str:
    unit = held.unit.replace("_", " ")
    return f"{name} {held.max} {unit}, warning at {held.warning}, {held.enforcement}"


def _environment(environment: Environment) -> Iterator[str]:
    yield from (f"pass  {name}" for name in environment.allow)
    yield from (f"cut   {name}" for name in environment.block)
    yield from (f"set   {one.name}={one.value}" for one in environment.set)


def _processes(plan: SandboxPlan) -> Iterator[str]:
    yield f"{plan.process}; children {'may' if plan.run else 'may not'} be started"
    filters = {"seccomp": plan.seccomp, "apparmor": plan.apparmor, "selinux": plan.selinux}
    yield "filters: " + (", ".join(name for name, on in filters.items() if on) or "none")
    if plan.degraded:
        yield f"may be missing: {', '.join(plan.degraded)}"
    if plan.run_as:
        yield f"runs as {plan.run_as} when started by root"
    if plan.runtime_paths:
        yield f"programs also from {', '.join(plan.runtime_paths)}"
