"""Records as lines for a person, a spreadsheet or a program. Layer: cli.

Records hold what agents asked for, so they may hold anything. A terminal gets no control and
no bidirectional character, a spreadsheet gets no formula, a program gets ASCII.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.cli.audit_text import record_text
from wilkc.cli.decision_text import printable
from wilkc.runtime.audit.risk import level_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wilkc.core.audit_settings import RiskProfile

Form = Literal["table", "json", "csv"]
COLUMNS: Final = (
    "seq", "ts", "id", "phase", "class", "actor_type", "actor", "action", "resource", "allow",
    "reason", "detail", "rule", "status", "error", "risk", "tags", "subject", "ref",
)  # fmt: skip
_FORMULA: Final = re.compile(r"(^|;)([\s'\"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a formula may begin: in a cell, and after the `;` that divides cells where `,` does not, in
the wide forms that East Asian spreadsheets take for the narrow ones, too (OWASP, CSV injection)."""


def record_lines(
    records: Iterable[Mapping[str, Any]], form: Form, profile: RiskProfile | None = None
) -> Iterator[str]:
    """One line for each record, without its end; CSV has a line of names before.

    Args:
        records: what is shown.
        form: as what.
        profile: by which a CSV's levels of risk are computed; None shows those on record.
    """
    if form == "csv":
        yield csv_line(COLUMNS)
    for record in records:
        if form == "table":
            yield record_text(record)
        elif form == "json":
            yield json.dumps(record)
        else:
            yield csv_line(_cells(record, profile))


def csv_line(cells: Iterable[object]) -> str:
    """A line of CSV (RFC 4180) that no spreadsheet takes for anything but text."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([_safe(cell) for cell in cells])
    return line.getvalue()


def _cells(record: Mapping[str, Any], profile: RiskProfile | None) -> list[object]:
    actor, action, decision = record["actor"], record["action"], record["decision"] or {}
    result, security = record["result"], record["security"]
    return [
        record["seq"],
        record["ts"],
        record["id"],
        record["phase"],
        record["class"],
        actor["type"],
        actor["id"],
        action["type"],
        action["resource"],
        {True: "yes", False: "no", None: ""}[decision.get("allow")],
        decision.get("reason"),
        decision.get("detail"),
        decision.get("rule"),
        result["status"],
        result["error"],
        level_of(record, profile),
        " ".join(security["compliance_tags"]),
        record["subject"],
        record["ref"],
    ]


def _safe(cell: object) -> str:
    if cell is None or isinstance(cell, int):
        return "" if cell is None else str(cell)
    return _FORMULA.sub(r"\1'\2", printable(str(cell)))
