"""Records as rules see them."""

from __future__ import annotations

from typing import Any

import pytest

from wilkc.runtime.audit.clock import timestamp
from wilkc.runtime.audit.record import check_event

ORIGIN = "example.org/test/log"
START_US = 1_796_000_000_000_000
DAY_US = 86_400_000_000
NO_CONTEXT = dict.fromkeys(
    ("ip_address", "request_id", "session_id", "trace_id", "user_agent"), None
)  # fmt: skip


class Records:
    """Makes the records of one log, in order."""

    def __init__(self) -> None:
        self.seq = 0
        self.us = START_US

    def later(self, days: float) -> Records:
        """Let time pass."""
        self.us += int(days * DAY_US)
        return self

    def make(self, kind: str, **given: Any) -> dict[str, Any]:
        """A record of a type; `allow` makes an intent of it."""
        digits = f"{self.us // 1000:012x}7{self.seq & 0xFFF:03x}8{self.seq:015x}"
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        allow = given.get("allow")
        phase = given.get("phase", "system" if allow is None else "intent")
        record = {
            "v": "wilk.audit/v1", "log": ORIGIN, "seq": self.seq, "id": "-".join(parts),
            "ts": timestamp(self.us), "mono_us": self.seq, "boot": "0" * 32, "prev": "0" * 64,
            "phase": phase, "ref": given.get("ref"), "class": "security",
            "actor": {
                "id": given.get("actor", "reviewer"), "name": given.get("name"),
                "type": given.get("actor_type", "agent"),
            },
            "action": {
                "details": given.get("details", {}),
                "resource": given.get("resource", "file:./src/a.ts"), "type": kind,
            },
            "context": {**NO_CONTEXT, **given.get("context", {})},
            "decision": None if allow is None else {
                "allow": allow, "conditions": given.get("conditions", []), "decision_id": None,
                "detail": given.get("detail", "allowed"), "latency_us": None,
                "reason": given.get("reason", "PERMISSION_GRANTED"),
                "revision": given.get("revision", "r1"), "rule": given.get("rule", "fs.0"),
            },
            "result": {
                "error": given.get("error"), "message": None,
                "status": given.get("status", "success"),
            },
            "security": {
                "compliance_tags": sorted(given.get("tags", [])), "kid": "0" * 8,
                "risk_level": given.get("risk", "low"),
            },
            "subject": given.get("subject"), "sealed": {},
        }  # fmt: skip
        check_event(record)
        self.seq += 1
        self.us += 1
        return record


@pytest.fixture
def records() -> Records:
    """A maker of records."""
    return Records()
