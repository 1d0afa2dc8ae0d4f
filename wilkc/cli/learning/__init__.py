"""From an audit log to a proposal, and how it is shown. Room: cli."""

from wilkc.cli.learning.forms import proposal_json, report_lines
from wilkc.cli.learning.gathering import ORIGINS, Gathered, Log, Origin, Wanted, gather
from wilkc.cli.learning.texts import Learnt, learn, proposed_text

__all__ = [
    "ORIGINS",
    "Gathered",
    "Learnt",
    "Log",
    "Origin",
    "Wanted",
    "gather",
    "learn",
    "proposal_json",
    "proposed_text",
    "report_lines",
]
