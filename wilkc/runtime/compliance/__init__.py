"""What the records evidence: rules over them, and reports. Room: runtime."""

from wilkc.runtime.compliance.body import STATES, encode_body, shown_period
from wilkc.runtime.compliance.controls import STANDARDS, Standard
from wilkc.runtime.compliance.detect import detect
from wilkc.runtime.compliance.findings import ocsf_findings
from wilkc.runtime.compliance.gathering import Period
from wilkc.runtime.compliance.oscal import oscal
from wilkc.runtime.compliance.report import (
    UnverifiedLogError,
    Wanted,
    issued_event,
    make_report,
    open_report,
    read_period,
    sign_report,
)
from wilkc.runtime.compliance.reviewing import OUTCOMES, Opinion, record_review
from wilkc.runtime.compliance.rules import BY_ID as RULES_BY_ID

__all__ = [
    "OUTCOMES",
    "RULES_BY_ID",
    "STANDARDS",
    "STATES",
    "Opinion",
    "Period",
    "Standard",
    "UnverifiedLogError",
    "Wanted",
    "detect",
    "encode_body",
    "issued_event",
    "make_report",
    "ocsf_findings",
    "open_report",
    "oscal",
    "read_period",
    "record_review",
    "shown_period",
    "sign_report",
]
