"""Records as log records of OpenTelemetry. Layer: runtime. Pure.

Source: https://opentelemetry.io/docs/specs/otlp/ "JSON Protobuf Encoding", and the file exporter's
format, one `ExportLogsServiceRequest` a line: member names in lowerCamelCase, 64-bit numbers as
texts, ids in hexadecimal. A lossy copy for other systems, never the record: what proves anything
is the text in `body`, whose leaf hash and signature stand among the attributes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wilkc import __version__
from wilkc.core.encoding import to_base64
from wilkc.runtime.audit.tree import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

SEVERITY: Final[Mapping[str, tuple[int, str]]] = {
    "low": (9, "INFO"),
    "medium": (13, "WARN"),
    "high": (17, "ERROR"),
    "critical": (21, "FATAL"),
}
"""Risk to the number and name of a severity, see the log data model, "Severity Fields"."""
_TRACE: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NO_TRACE: Final = "0" * 32
_NANOSECONDS: Final = 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def otlp_request(
    record: Mapping[str, Any], stored: bytes, signature: bytes | None
) -> dict[str, Any]:
    """One record as a request to a collector of logs.

    Args:
        record: its value.
        stored: its exact bytes.
        signature: of the record, or None in mode `checkpoint`.
    """
    number, text = SEVERITY[record["security"]["risk_level"]]
    since = datetime.fromisoformat(record["ts"]) - _EPOCH
    time = str(since // timedelta(microseconds=1) * _NANOSECONDS)
    log_record: dict[str, Any] = {
        "timeUnixNano": time,
        "observedTimeUnixNano": time,
        "severityNumber": number,
        "severityText": text,
        "eventName": f"wilk.{record['action']['type']}",
        "body": {"stringValue": stored.decode("utf-8")},
        "attributes": _attributes(_told(record, stored, signature)),
    }
    trace = record["context"]["trace_id"]
    # An id of another form would make the whole request invalid.
    if isinstance(trace, str) and _TRACE.fullmatch(trace) and trace != _NO_TRACE:
        log_record["traceId"] = trace
    scope = {"name": "wilk.audit", "version": __version__}
    resource = {"service.name": "wilk", "wilk.log": record["log"]}
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeLogs": [{"scope": scope, "logRecords": [log_record]}],
            }
        ]
    }


def _told(
    record: Mapping[str, Any], stored: bytes, signature: bytes | None
) -> dict[str, str | int | bool | None]:
    actor, action, result = record["actor"], record["action"], record["result"]
    decision = record["decision"] or {}
    return {
        "wilk.actor.id": actor["id"],
        "wilk.actor.type": actor["type"],
        "wilk.class": record["class"],
        "wilk.decision.allow": decision.get("allow"),
        "wilk.decision.detail": decision.get("detail"),
        "wilk.decision.reason": decision.get("reason"),
        "wilk.decision.revision": decision.get("revision"),
        "wilk.decision.rule": decision.get("rule"),
        "wilk.error": result["error"],
        "wilk.id": record["id"],
        "wilk.leaf": leaf_hash(stored).hex(),
        "wilk.phase": record["phase"],
        "wilk.ref": record["ref"],
        "wilk.resource": action["resource"],
        "wilk.seq": record["seq"],
        "wilk.signature": to_base64(signature) if signature else None,
        "wilk.status": result["status"],
        "wilk.subject": record["subject"],
    }


def _attributes(values: Mapping[str, str | int | bool | None]) -> list[dict[str, Any]]:
    """Key and value of each; what is unknown is left out."""
    return [
        {"key": name, "value": _value(value)} for name, value in values.items() if value is not None
    ]


def _value(value: str | int | bool) -> dict[str, Any]:  # noqa: FBT001  # a value like others
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"stringValue": value}
