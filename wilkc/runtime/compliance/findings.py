"""A report as OCSF compliance findings, one for each control. Layer: runtime. Pure.

Source: https://github.com/ocsf/ocsf-schema, version 1.9.0, class Compliance Finding (2003). As in
OSCAL, what is violated or without evidence is not satisfied; nothing is ever said to pass, since
evidence in a log is not all that a control asks for.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import canonical_json
from wilkc.runtime.compliance.body import NO_EVIDENCE, NOT_ASSESSABLE, VIOLATED, shown_period

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = "1.9.0"
FINDINGS, COMPLIANCE_FINDING, CREATE = 2, 2003, 1
_STATUS: Final[Mapping[str, int]] = {NOT_ASSESSABLE: 0, VIOLATED: 3, NO_EVIDENCE: 3}
"""State to OCSF's unknown or fail; all others are said by their own name."""
_OTHER: Final = 99
_SEVERITY: Final[Mapping[str, int]] = {"medium": 3, "high": 4, "critical": 5}
_INFORMATIONAL: Final = 1
_THOUSAND: Final = 1000
_NAMESPACE: Final = "urn:wilk:audit-report"


def ocsf_findings(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings of a report, in the order of its standard's controls."""
    return [_finding(body, control) for control in body["controls"]]


def _finding(body: Mapping[str, Any], control: Mapping[str, Any]) -> dict[str, Any]:
    period, standard, checkpoint = body["period"], body["standard"], body["checkpoint"]
    start, end = (_milliseconds(period[name]) for name in ("from", "to"))
    named = f"{_NAMESPACE}/{checkpoint['root']}/{standard}/{period['from']}/{period['to']}"
    return {
        "activity_id": CREATE,
        "category_uid": FINDINGS,
        "class_uid": COMPLIANCE_FINDING,
        "compliance": {
            "control": control["id"],
            "desc": control["title"],
            "standards": [standard],
            "status": control["state"],
            "status_details": [
                f"{one['name']}: {one['count']}, records {', '.join(map(str, one['seqs']))}"
                for one in control["evidence"]
                if one["count"]
            ],
            "status_id": _STATUS.get(control["state"], _OTHER),
        },
        "end_time": end,
        "finding_info": {
            "desc": f"{body['meaning']} Not in the log: {control['unseen']}.",
            "title": f"{standard} {control['id']}, {shown_period(period)}: {control['state']}",
            # Under the checkpoint's root, so that a rerun agrees.
            "uid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{named}/{control['id']}")),
        },
        "message": control["title"],
        "metadata": {
            "log_name": checkpoint["origin"],
            "product": {"name": "Wilk", "vendor_name": "Wilk"},
            "version": VERSION,
        },
        "raw_data": canonical_json(dict(control)).decode("utf-8"),
        "severity_id": _severity(body, control),
        "start_time": start,
        "time": end,
        "type_uid": COMPLIANCE_FINDING * 100 + CREATE,
        "unmapped": {
            "wilk.checkpoint.root": checkpoint["root"],
            "wilk.checkpoint.size": checkpoint["size"],
            "wilk.report.covered": body["covered"],
        },
    }


def _severity(body: Mapping[str, Any], control: Mapping[str, Any]) -> int:
    """That of the gravest listed violation of the control."""
    broken = set(control["violations"])
    grave = (_SEVERITY[one["severity"]] for one in body["violations"] if one["id"] in broken)
    return max(grave, default=_INFORMATIONAL)


def _milliseconds(ts: str) -> int:
    return int(datetime.fromisoformat(ts).timestamp()) * _THOUSAND
