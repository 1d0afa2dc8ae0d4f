"""Exported log records keep to the JSON encoding of OpenTelemetry's protocol."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from wilkc.runtime.audit import verify
from wilkc.runtime.audit.export.otlp import otlp_request
from wilkc.runtime.audit.tree import leaf_hash

KINDS = {"stringValue": str, "boolValue": bool, "intValue": str}


@pytest.fixture
def seen(full: Any) -> list[Any]:
    """The records of a log, verified."""
    found: list[Any] = []
    assert verify(full.directory, full.root, observer=found.append).ok
    return found


def _log_record(request: dict[str, Any]) -> dict[str, Any]:
    assert set(request) == {"resourceLogs"}
    (resource_logs,) = request["resourceLogs"]
    assert set(resource_logs) == {"resource", "scopeLogs"}
    names = [one["key"] for one in resource_logs["resource"]["attributes"]]
    assert "service.name" in names
    (scope_logs,) = resource_logs["scopeLogs"]
    assert set(scope_logs) == {"scope", "logRecords"}
    (record,) = scope_logs["logRecords"]
    return dict(record)


def _attributes(record: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for one in record["attributes"]:
        assert set(one) == {"key", "value"}
        ((kind, value),) = one["value"].items()
        assert type(value) is KINDS[kind]
        assert one["key"] not in found
        found[one["key"]] = value
    return found


def test_every_record_has_the_form_of_the_protocol(seen: list[Any]) -> None:
    assert seen
    for one in seen:
        record = _log_record(json.loads(json.dumps(
            otlp_request(one.record, one.stored, one.signature)
        )))  # fmt: skip
        assert set(record) - {"traceId"} == {
            "timeUnixNano", "observedTimeUnixNano", "severityNumber", "severityText",
            "eventName", "body", "attributes",
        }  # fmt: skip
        assert re.fullmatch(r"[0-9]{19}", record["timeUnixNano"])
        assert record["severityNumber"] in {9, 13, 17, 21}
        assert record["eventName"] == f"wilk.{one.record['action']['type']}"
        assert record["body"]["stringValue"].encode() == one.stored
        told = _attributes(record)
        assert told["wilk.leaf"] == leaf_hash(one.stored).hex()
        assert int(told["wilk.seq"]) == one.record["seq"]


def test_time_and_severity_are_those_of_the_record(seen: list[Any]) -> None:
    one = seen[0]
    changed = {
        **one.record,
        "ts": "2026-11-29T12:00:00.000001Z",
        "security": {**one.record["security"], "risk_level": "critical"},
    }
    record = _log_record(otlp_request(changed, one.stored, None))
    assert record["timeUnixNano"] == "1795953600000001000"
    assert (record["severityNumber"], record["severityText"]) == (21, "FATAL")
    assert "wilk.signature" not in _attributes(record)


@pytest.mark.parametrize(
    ("trace", "kept"),
    [("0af7651916cd43dd8448eb211c80319c", True), ("0" * 32, False), ("x", False), (None, False),
     ("0AF7651916CD43DD8448EB211C80319C", False)],
)  # fmt: skip
def test_only_an_id_of_the_right_form_is_a_trace(
    seen: list[Any], trace: str | None, *, kept: bool
) -> None:
    one = seen[0]
    changed = {**one.record, "context": {**one.record["context"], "trace_id": trace}}
    record = _log_record(otlp_request(changed, one.stored, None))
    assert record.get("traceId") == (trace if kept else None)
