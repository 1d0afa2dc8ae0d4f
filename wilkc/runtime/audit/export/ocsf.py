"""Records as events of the Open Cybersecurity Schema Framework. Layer: runtime. Pure.

Source: https://github.com/ocsf/ocsf-schema, version 1.9.0. A lossy copy for other systems,
never the record: what proves anything is the text in `raw_data`, whose leaf hash and signature
stand in `unmapped`. The profile `record_integrity` is not used, as its attestations are over
the copy and not over the record.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import sha256_hex
from wilkc.core.encoding import to_base64
from wilkc.runtime.audit.tree import leaf_hash

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION: Final = "1.9.0"
API, FILE, PROCESS, LOGON, GRANT = 6003, 1001, 1007, 3002, 3005
VIOLATION, DETECTION, LOG = 2003, 2004, 1008
_OTHER: Final = 99
_CLASSES: Final[Mapping[str, tuple[int, int]]] = {
    "file.read": (FILE, 2),
    "file.write": (FILE, 3),
    "file.delete": (FILE, 4),
    "file.execute": (PROCESS, 1),
    "shell.execute": (PROCESS, 1),
    "shell.complete": (PROCESS, 2),
    "auth.login": (LOGON, 1),
    "auth.logout": (LOGON, 2),
    "auth.failure": (LOGON, 1),
    "permission.grant": (GRANT, 1),
    "permission.revoke": (GRANT, 2),
    "compliance.violation": (VIOLATION, 1),
    "alert.raised": (DETECTION, 1),
    "alert.acknowledged": (DETECTION, 2),
    "sandbox.violation": (DETECTION, 1),
    "system.header": (LOG, 6),
    "system.seal": (LOG, 5),
    "system.pruned": (LOG, 2),
}
_ROOMS: Final[Mapping[str, int]] = {
    "alert": DETECTION, "system": LOG, "key": LOG, "verify": LOG, "hold": LOG, "erasure": LOG,
    "review": LOG, "report": LOG,
}  # fmt: skip
"""First part of a type to the class of those that have none of their own."""
_VERBS: Final[Mapping[str, int]] = {
    "create": 1, "publish": 1, "read": 2, "access": 2, "download": 2, "modify": 3, "delete": 4,
}  # fmt: skip
_SEVERITY: Final[Mapping[str, int]] = {"low": 1, "medium": 3, "high": 4, "critical": 5}
_RISK_LEVEL: Final[Mapping[str, int]] = {"low": 1, "medium": 2, "high": 3, "critical": 4}
_STATUS: Final[Mapping[str, int]] = {"success": 1, "failure": 2}
_ALLOWED, _DENIED = 1, 2
_HASH_SHA256: Final = 3
_THOUSAND: Final = 1000


def ocsf_event(record: Mapping[str, Any], stored: bytes, signature: bytes | None) -> dict[str, Any]:
    """A record as an OCSF event.

    Args:
        record: its value.
        stored: its exact bytes.
        signature: of the record, or None in mode `checkpoint`.
    """
    kind, security = record["action"]["type"], record["security"]
    class_uid, activity = _class_of(kind)
    leaf = leaf_hash(stored)
    event: dict[str, Any] = {
        "activity_id": activity,
        "category_uid": class_uid // _THOUSAND,
        "class_uid": class_uid,
        "message": record["result"]["message"] or kind,
        "metadata": _metadata(record),
        "raw_data": stored.decode("utf-8"),
        "raw_data_hash": {"algorithm_id": _HASH_SHA256, "value": sha256_hex(stored)},
        "risk_level_id": _RISK_LEVEL[security["risk_level"]],
        "severity_id": _SEVERITY[security["risk_level"]],
        "status_id": _STATUS.get(record["result"]["status"], _OTHER),
        "time": int(datetime.fromisoformat(record["ts"]).timestamp() * _THOUSAND),
        "type_uid": class_uid * 100 + activity,
        "unmapped": {
            "wilk.leaf": leaf.hex(),
            "wilk.phase": record["phase"],
            "wilk.seq": record["seq"],
            "wilk.signature": to_base64(signature) if signature else None,
            "wilk.type": kind,
        },
    }
    if record["result"]["error"]:
        event["status_code"] = record["result"]["error"]
    return {**event, **_answer(record), **_parts(class_uid, record)}


def _class_of(kind: str) -> tuple[int, int]:
    found = _CLASSES.get(kind)
    if found is not None:
        return found
    room, _, verb = kind.partition(".")
    return (_ROOMS[room], _OTHER) if room in _ROOMS else (API, _VERBS.get(verb, _OTHER))


def _metadata(record: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {
        "log_name": record["log"],
        "product": {"name": "Wilk", "vendor_name": "Wilk"},
        "profiles": ["security_control"],
        "sequence": record["seq"],
        "uid": record["id"],
        "version": VERSION,
    }
    labels = record["security"]["compliance_tags"]
    if labels:
        metadata["labels"] = labels
    if record["ref"]:
        metadata["correlation_uid"] = record["ref"]
    return metadata


def _answer(record: Mapping[str, Any]) -> dict[str, Any]:
    decision = record["decision"]
    if decision is None:
        return {}
    policy = {"name": decision["rule"] or decision["detail"]}
    if decision["revision"]:
        policy["version"] = decision["revision"]
    outcome = _ALLOWED if decision["allow"] else _DENIED
    return {
        "action_id": outcome,
        "disposition_id": outcome,
        "policy": policy,
        "status_detail": f"{decision['reason']}: {decision['detail']}",
    }


def _parts(class_uid: int, record: Mapping[str, Any]) -> dict[str, Any]:
    """What a class requires beside what all have."""
    actor, resource = _actor(record), record["action"]["resource"]
    device = {"name": record["log"], "type_id": 0}
    parts: Mapping[int, dict[str, Any]] = {
        API: {
            "actor": actor,
            "api": {"operation": record["action"]["type"]},
            "resources": [{"name": resource}],
            "src_endpoint": {"name": record["actor"]["id"]},
        },
        FILE: {"actor": actor, "device": device, "file": {"name": resource, "type_id": 1}},
        PROCESS: {"actor": actor, "device": device, "process": {"uid": resource, "name": resource}},
        LOGON: {"user": actor["user"], "service": {"name": resource}},
        GRANT: {"user": actor["user"], "resource": {"name": resource}, "privileges": [resource]},
        VIOLATION: {
            "finding_info": {"uid": record["id"], "title": record["action"]["type"]},
            "compliance": {"control": resource, "status_id": 3},
        },
        DETECTION: {"finding_info": {"uid": record["id"], "title": record["action"]["type"]}},
        LOG: {"actor": actor, "log_name": record["log"]},
    }
    return parts[class_uid]


def _actor(record: Mapping[str, Any]) -> dict[str, Any]:
    user = {"type_id": 0, "uid": record["actor"]["id"]}
    return {"app_name": record["actor"]["type"], "user": user}
