"""What the records evidence: rules over them, and reports. Room: runtime."""

from wilkc.runtime.compliance.body import STATES, encode_body
from wilkc.runtime.compliance.controls import STANDARDS, Standard
from wilkc.runtime.compliance.detect import detect
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

__all__ = [
    "STANDARDS",
    "STATES",
    "Standard",
    "UnverifiedLogError",
    "Wanted",
    "detect",
    "encode_body",
    "issued_event",
    "make_report",
    "open_report",
    "oscal",
    "read_period",
    "sign_report",
]
