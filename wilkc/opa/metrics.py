"""Measurements of a sidecar in Prometheus' text format. Layer: opa (pure).

Format: Prometheus documentation, "Exposition formats", "Text-based format", version 0.0.4.
OPA counts requests by their HTTP status; whether a decision was yes or no it does not count,
and the record of each enforcement point does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.opa.condition import Condition
    from wilkc.opa.upkeep import Upkeep

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OUTCOMES: Final = {"2": "answered", "4": "refused", "5": "failed"}
"""First digit of the HTTP status to what became of a question."""
_SAMPLE: Final = re.compile(
    r'http_request_duration_seconds_(bucket|sum|count)\{code="(\d)\d\d",'
    r'handler="v1/data",method="post"(?:,le="([^"]+)")?\} (\S+)',
    re.ASCII,
)


def metrics_page(condition: Condition, opa_page: str | None) -> str:
    """The page.

    Args:
        condition: how the sidecar fares.
        opa_page: OPA's own page of measurements; None where it gave none.
    """
    lines = [*_own(condition, up=opa_page is not None)]
    if condition.upkeep is not None:
        lines += _of_upkeep(condition.upkeep)
    if opa_page is not None:
        lines += _decisions(opa_page)
    return "\n".join(lines) + "\n"


def _own(condition: Condition, *, up: bool) -> Iterator[str]:
    labels = {
        "revision": condition.revision,
        "key_id": condition.key_id,
        "scope": condition.scope,
    }
    yield from _metric("wilk_bundle_info", "gauge", "The bundle in force.", 1, labels)
    for name, kind, about, value in (
        ("bundle_sequence", "gauge", "Sequence of the bundle in force.", condition.sequence),
        ("bundle_age_seconds", "gauge", "Time since it came into force here.",
         round(condition.age_seconds, 3)),
        ("bundle_refused", "gauge", "Bundles refused and still offered.",
         len(condition.refusals)),
        ("bundle_refusals_total", "counter", "Bundles refused since the start.",
         condition.refused),
        ("source_up", "gauge", "Whether the place of bundles can be looked at.",
         int(not condition.source_problem)),
        ("opa_up", "gauge", "Whether OPA answers by the bundle in force.",
         int(up and not condition.sidecar_problem)),
        ("opa_restarts_total", "counter", "Ends of OPA that nobody asked for.",
         condition.restarts),
    ):  # fmt: skip
        yield from _metric(f"wilk_{name}", kind, about, value)


def _of_upkeep(upkeep: Upkeep) -> Iterator[str]:
    up, restarts = int(not upkeep.problem), upkeep.restarts
    yield from _metric("wilk_upkeep_up", "gauge", "Whether the log is looked after.", up)
    about = "Ends of its process that nobody asked for."
    yield from _metric("wilk_upkeep_restarts_total", "counter", about, restarts)
    chores = sorted(upkeep.chores.items())
    for name, kind, about in (
        ("wilk_upkeep_ok", "gauge", "Whether work on the audit log did not fail last."),
        (
            "wilk_upkeep_runs_total",
            "counter",
            "How often it was done or tried since its process started.",
        ),
        ("wilk_upkeep_failures_total", "counter", "How often it failed since its process started."),
        ("wilk_upkeep_age_seconds", "gauge", "Time since it was done; -1 where it never was."),
    ):
        yield from _head(name, kind, about)
        for chore, found in chores:
            value = {
                "wilk_upkeep_ok": int(not found.problem),
                "wilk_upkeep_runs_total": found.runs,
                "wilk_upkeep_failures_total": found.failures,
                "wilk_upkeep_age_seconds": found.age_seconds,
            }[name]
            yield f'{name}{{chore="{_escaped(chore)}"}} {value}'


def _decisions(page: str) -> Iterator[str]:
    counts: dict[str, float] = dict.fromkeys(OUTCOMES.values(), 0)
    buckets: dict[str, float] = defaultdict(float)
    total = 0.0
    for kind, digit, bound, value in _SAMPLE.findall(page):
        if kind == "bucket":
            buckets[bound] += float(value)
        elif kind == "sum":
            total += float(value)
        elif digit in OUTCOMES:
            counts[OUTCOMES[digit]] += float(value)
    name = "wilk_decisions_total"
    yield from _head(name, "counter", "Questions to OPA since its start, by what became of them.")
    yield from (f'{name}{{outcome="{outcome}"}} {count:g}' for outcome, count in counts.items())
    name = "wilk_decision_duration_seconds"
    yield from _head(name, "histogram", "Time that OPA took for a question.")
    # No question yet, no bucket: a histogram has at least the last one.
    for bound in sorted(buckets or {"+Inf": 0}, key=float):
        yield f'{name}_bucket{{le="{bound}"}} {buckets[bound]:.17g}'
    yield f"{name}_sum {total:.17g}"
    yield f"{name}_count {buckets['+Inf']:.17g}"


def _metric(
    name: str, kind: str, about: str, value: float, labels: Mapping[str, str] | None = None
) -> Iterator[str]:
    yield from _head(name, kind, about)
    pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in (labels or {}).items())
    yield f"{name}{{{pairs}}} {value}" if pairs else f"{name} {value}"


def _head(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
