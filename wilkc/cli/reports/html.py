"""A report as one page that loads and runs nothing. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.cli.reports import views

if TYPE_CHECKING:
    from collections.abc import Mapping


def html(body: Mapping[str, Any]) -> str:
    """The page."""
    # Templates are loaded where a page is asked for: most reports are read by machines.
    from wilkc.render import render_page  # noqa: PLC0415

    page = render_page(
        "report.html.j2",
        style="report.css",
        title=views.title(body),
        meaning=body["meaning"],
        score=views.score(body),
        bound_to=views.bound_to(body),
        covers=views.covers(body),
        profile=body["summary"]["risk_profile"],
        counts=views.counts(body),
        controls=views.controls(body),
        violations=views.violations(body),
        not_listed=views.not_listed(body),
        recommendations=views.recommendations(body),
    )
    return page.rstrip("\n") + "\n"
