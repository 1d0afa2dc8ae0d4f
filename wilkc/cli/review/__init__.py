"""A comparison as people and machines read it, and the gate. Room: cli."""

from wilkc.cli.review.as_json import as_json
from wilkc.cli.review.confirming import Confirmation, UnconfirmedError, confirm
from wilkc.cli.review.gate import GATES, refusals
from wilkc.cli.review.html import html
from wilkc.cli.review.links import Links
from wilkc.cli.review.markdown import MARKER, MAX_COMMENT, markdown
from wilkc.cli.review.model import Review, Side
from wilkc.cli.review.text import gate_line, text

__all__ = [
    "GATES",
    "MARKER",
    "MAX_COMMENT",
    "Confirmation",
    "Links",
    "Review",
    "Side",
    "UnconfirmedError",
    "as_json",
    "confirm",
    "gate_line",
    "html",
    "markdown",
    "refusals",
    "text",
]
