"""`docs/compliance.md`: its rules are those of the code, and its report is made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.runtime.compliance.conftest import ORIGIN, Records
from wilkc.cli.reports import markdown
from wilkc.runtime.audit.note import Checkpoint
from wilkc.runtime.compliance.body import STATES, report_body
from wilkc.runtime.compliance.gathering import Gathered
from wilkc.runtime.compliance.report import read_period
from wilkc.runtime.compliance.rules import BY_ID

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")
HEADING = "\n#"
DEEPER = "\n###"


def rules() -> str:
    """The table of rules, without its head."""
    return "\n".join(f"| {one.id} | {one.severity} | {one.title} |" for one in BY_ID.values())


def report() -> str:
    """The report of a small log, its headings below those of the page."""
    records = Records()
    made = [
        records.make("system.header", details={"settings": "0" * 64}),
        records.make("policy.activated", details={
            "approver": "ann", "key_id": "release", "requester": "bob", "sequence": 1,
        }),
        records.make("file.read", allow=True),
        records.make("file.read", allow=False, detail="no_rule_matches", risk="medium"),
        records.make("file.write", allow=True, rule=None),
        records.make("alert.raised", details={"alert": "a", "agent": "reviewer", "seqs": [4]}),
        records.make("alert.delivered", details={"alert": "a"}),
    ]  # fmt: skip
    gathered = Gathered("SOC2", read_period("2026-11-30", "2026-11-30"), len(made))
    for record in made:
        gathered.take(record)
    body = report_body(gathered, Checkpoint(ORIGIN, len(made), bytes(range(32))))
    return markdown(body).rstrip("\n").replace(HEADING, DEEPER).replace("# SOC2", "### SOC2", 1)


@pytest.mark.parametrize("part", [rules, report])
def test_the_page_shows_what_the_code_says(part: object) -> None:
    assert callable(part)
    assert part() in PAGE


def test_the_page_names_every_state() -> None:
    for state in STATES:
        assert f"| {state.removesuffix('_here').replace('_', ' ')}" in PAGE
    assert "compliant" not in PAGE.lower()
