"""A report of tests as text and as JSON. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.cli.decision_text import printable
from wilkc.cli.diagnostics import block

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wilkc.analyze.cases import Outcome
    from wilkc.analyze.coverage import ListEntry
    from wilkc.analyze.mutation import Mutation, Survivor
    from wilkc.cli.testing import Report

MOST_LINES: Final = 40
"""Lines of one list in the text; JSON has all."""
_OPA: Final = {
    "agrees": "OPA gives the same answers",
    "absent": "OPA was not asked: there is none",
    "not asked": "OPA was not asked",
}


def percentage(part: int, whole: int) -> float:
    """Percent, rounded down to a tenth; all of nothing is everything."""
    return 100.0 if whole == 0 else part * 1000 // whole / 10


def report_text(report: Report, sources: Mapping[str, bytes], *, colour: bool) -> str:
    """Failing tests with their source, counts, and what no test touches or notices."""
    problems = [block(one, sources, colour=colour) for one in report.failures]
    return "\n\n".join([*problems, "\n".join(map(printable, _summary(report)))])


def _summary(report: Report) -> Iterator[str]:
    total, failed = len(report.outcomes), report.failed
    yield f"{total} tests: {total - failed} hold, {failed} fail   ({_OPA[report.opa]})"
    found = report.coverage
    part, whole = len(found.touched), len(found.entries)
    yield f"coverage  {part} of {whole} entries decided a test ({percentage(part, whole)} %)"
    if report.mutation is not None:
        yield _mutation_line(report.mutation)
    yield from _list("no test touches", [_entry_line(entry) for entry in found.untouched])
    if report.mutation is not None:
        lines = [_survivor_line(one) for one in report.mutation.survivors]
        yield from _list("no test notices", lines)


def _mutation_line(found: Mutation) -> str:
    share = percentage(found.noticed, found.counted)
    equivalent = (
        f"; {found.equivalent} more set aside: no request tells them apart"
        if found.equivalent
        else ""
    )
    return f"mutation  {found.noticed} of {found.counted} changes noticed ({share} %){equivalent}"


def _list(head: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield head
        yield from (f"  {line}" for line in lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        yield f"  and {len(lines) - MOST_LINES} more; `--format json` has all"


def _entry_line(entry: ListEntry) -> str:
    return f"{entry.span.file}:{entry.span.line}   '{entry.text}'"


def _survivor_line(one: Survivor) -> str:
    change = one.mutant.change
    made = f"{change} to '{one.mutant.text}'" if one.mutant.text else change
    answer = "allows" if one.allowed else "denies"
    time = f"  at {one.context['time']}" if "time" in one.context else ""
    witness = f"   then it {answer}  {' '.join(one.witness)}{time}" if one.witness else ""
    return f"{_entry_line(one.entry)} {made}{witness}"


def report_json(report: Report) -> dict[str, Any]:
    """The stable JSON form of a report."""
    found, changed = report.coverage, report.mutation
    part, whole = len(found.touched), len(found.entries)
    return {
        "tests": {
            "total": len(report.outcomes),
            "failed": report.failed,
            "cases": [_case_json(one) for one in report.outcomes],
        },
        "opa": report.opa,
        "coverage": {
            "entries": whole,
            "touched": part,
            "percent": percentage(part, whole),
            "untouched": [_entry_json(entry) for entry in found.untouched],
        },
        "mutation": None if changed is None else _mutation_json(changed),
    }


def _case_json(outcome: Outcome) -> dict[str, Any]:
    case, decision = outcome.case, outcome.decision
    return {
        "file": case.span.file,
        "line": case.span.line,
        "name": case.name or None,
        "agent": case.agent,
        "request": case.text,
        "expect": "allow" if case.allow else "deny",
        "holds": not outcome.problem,
        "problem": outcome.problem or None,
        "decision": decision.allow,
        "reason": decision.reason,
        "detail": decision.detail,
        "rule": decision.rule.as_json() if decision.rule else None,
    }


def _mutation_json(found: Mutation) -> dict[str, Any]:
    return {
        "noticed": found.noticed,
        "counted": found.counted,
        "percent": percentage(found.noticed, found.counted),
        "equivalent": found.equivalent,
        "survivors": [
            {
                **_entry_json(one.entry),
                "change": one.mutant.change,
                "becomes": one.mutant.text or None,
                "agent": one.witness[0] if one.witness else None,
                "request": one.witness[1] if one.witness else None,
                "context": dict(one.context),
                "then": "allow" if one.allowed else "deny",
            }
            for one in found.survivors
        ],
    }


def _entry_json(entry: ListEntry) -> dict[str, Any]:
    span = entry.span
    return {"file": span.file, "line": span.line, "column": span.column, "text": entry.text}
