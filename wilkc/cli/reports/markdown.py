"""A report as Markdown. Layer: cli. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from wilkc.cli.reports import views

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>()#|~!&])")


def markdown(body: Mapping[str, Any]) -> str:
    """The report."""
    return "\n".join(_lines(body)) + "\n"


def _lines(body: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {_plain(views.title(body))}"
    yield ""
    yield f"{_plain(body['meaning'])}"
    yield ""
    yield f"- Score: {_plain(views.score(body))}"
    yield f"- Bound to: {_plain(views.bound_to(body))}"
    yield f"- Covers: {_plain(views.covers(body))}"
    yield f"- Levels of risk: {_plain(body['summary']['risk_profile'])}"
    yield ""
    yield from _table(("count", "of"), ((f"{count:,}", word) for word, count in views.counts(body)))
    yield "## Controls"
    yield ""
    yield from _table(
        ("control", "asks for", "state", "evidence", "violations", "not in the log"),
        (
            (
                one.id, one.title, f"{one.word} {one.declared}".strip(),
                "; ".join(one.evidence), str(one.violations), one.unseen,
            )
            for one in views.controls(body)
        ),
    )  # fmt: skip
    yield "## Violations"
    yield ""
    yield from _table(
        ("rule", "severity", "what", "record", "at", "controls", "resolved"),
        (
            (
                one.rule, one.severity, one.text, str(one.record), one.at, one.controls,
                one.resolved,
            )
            for one in views.violations(body)
        ),
    )  # fmt: skip
    if more := views.not_listed(body):
        yield _plain(more)
        yield ""
    yield "## Recommendations"
    yield ""
    for text in views.recommendations(body) or ["none"]:
        yield f"- {_plain(text)}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    listed = list(rows)
    if not listed:
        yield "none"
        yield ""
        return
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in listed:
        yield f"| {' | '.join(map(_plain, row))} |"
    yield ""


def _plain(text: str) -> str:
    """The text with nothing that Markdown or HTML acts on."""
    return _ACTIVE.sub(r"\\\1", text)
