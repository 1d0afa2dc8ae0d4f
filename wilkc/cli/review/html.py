"""A review as one page that loads nothing. Layer: cli.

The page works without its script, which only filters: `details` open and close by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.cli.review.text import gate_line
from wilkc.cli.review.views import changed_groups, remarks, summary, unchanged, verdict

if TYPE_CHECKING:
    from wilkc.cli.review.links import Links
    from wilkc.cli.review.model import Review


def html(review: Review, links: Links) -> str:
    """The page."""
    # Templates are loaded where a page is asked for: most reviews are read as text.
    from wilkc.render import render_page  # noqa: PLC0415

    return render_page(
        "review.html.j2",
        style="review.css",
        script="review.js",
        verdict=verdict(review),
        old=review.old.version.label,
        new=review.new.version.label,
        gate=gate_line(review) if review.fail_on else "",
        refused=bool(review.refusals),
        groups=changed_groups(review, links),
        unchanged=unchanged(review),
        summary=summary(review),
        remarks=remarks(review),
        command=review.command,
    )
