"""Exported events are valid by the published schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wilkc.runtime.audit import verify
from wilkc.runtime.audit.export.ocsf import ocsf_event

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "data" / "ocsf" / "schema.json").read_text(encoding="utf-8")
)
CLASSES = {one["class_uid"]: one for one in SCHEMA["classes"].values()}
TEXTS = {
    "string_t", "uuid_t", "datetime_t", "hostname_t", "ip_t", "file_name_t", "file_path_t",
    "file_hash_t", "username_t", "email_t", "url_t", "resource_uid_t", "process_name_t",
    "bytestring_t", "mac_t", "subnet_t", "json_t",
}  # fmt: skip
NUMBERS = {"integer_t", "long_t", "timestamp_t", "port_t"}


def _problems(value: dict[str, Any], kind: dict[str, Any], place: str) -> list[str]:
    """What the schema says against a value: members, requirements, constraints, kinds, enums."""
    known = kind["attributes"]
    found = [f"{place}.{name} is unknown" for name in value if name not in known]
    found += [
        f"{place}.{name} is missing"
        for name, one in known.items()
        if one["requirement"] == "required" and "profile" not in one and name not in value
    ]
    for name in (kind.get("constraints") or {}).get("at_least_one", []):
        if name in value:
            break
    else:
        if kind.get("constraints"):
            found.append(f"{place} has none of {kind['constraints']}")
    for name, one in known.items():
        if name in value:
            held = value[name] if one.get("is_array") else [value[name]]
            if not isinstance(held, list):
                found.append(f"{place}.{name} is no array")
                continue
            for item in held:
                found += _of_kind(item, one, f"{place}.{name}")
    return found


def _of_kind(item: Any, one: dict[str, Any], place: str) -> list[str]:
    kind = one["type"]
    if kind in SCHEMA["objects"]:
        if not isinstance(item, dict):
            return [f"{place} is no object"]
        return _problems(item, SCHEMA["objects"][kind], place)
    fits = (
        isinstance(item, str)
        if kind in TEXTS
        else isinstance(item, bool)
        if kind == "boolean_t"
        else isinstance(item, int) and not isinstance(item, bool)
        if kind in NUMBERS
        else kind == "object" and isinstance(item, dict)
    )
    wrong = [] if fits else [f"{place} is no {kind}"]
    if "enum" in one and str(item) not in one["enum"]:
        wrong.append(f"{place}: {item} is not in the enum")
    return wrong


def _check(event: dict[str, Any]) -> list[str]:
    return _problems(event, CLASSES[event["class_uid"]], "event")


def test_every_record_of_a_log_is_valid(full: Any) -> None:
    seen: list[Any] = []
    assert verify(full.directory, full.root, observer=seen.append).ok
    events = [ocsf_event(one.record, one.stored, one.signature) for one in seen]
    assert [_check(event) for event in events] == [[]] * len(seen)
    assert [event["raw_data"].encode() for event in events] == [one.stored for one in seen]
    assert {event["class_uid"] for event in events} == {1001, 1008}
    denied = [event for event in events if event.get("action_id") == 2]
    assert all(event["status_detail"].startswith("PERMISSION_DENIED") for event in denied)
    assert denied


SEEDS = (
    "agent.create", "agent.modify", "agent.delete", "agent.execute", "permission.grant",
    "permission.revoke", "permission.check", "file.read", "file.write", "file.delete",
    "file.execute", "network.request", "network.response", "shell.execute", "shell.complete",
    "llm.request", "llm.response", "auth.login", "auth.logout", "auth.failure", "config.modify",
    "config.access", "registry.publish", "registry.install", "registry.download",
)  # fmt: skip
OWN = (
    "key.rotated", "alert.raised", "alert.failed", "compliance.violation", "sandbox.violation",
    "system.pruned", "policy.activated", "verify.done", "report.issued",
)  # fmt: skip


@pytest.mark.parametrize("kind", [*SEEDS, *OWN])
def test_every_type_has_a_valid_event(full: Any, kind: str) -> None:
    record = full.records()[2]
    record["action"]["type"] = kind
    event = ocsf_event(record, b"{}", None)
    assert _check(event) == []
    json.dumps(event)


def test_the_check_itself_refuses(full: Any) -> None:
    event = ocsf_event(full.records()[2], b"{}", None)
    changes: list[dict[str, Any]] = [
        {"extra": 1},
        {"severity_id": 77},
        {"time": "now"},
        {"actor": {}},
        {"actor": 5},
        {"class_uid": 1007},
    ]
    for change in changes:
        assert _check({**event, **change})
    for name in ("metadata", "file", "type_uid"):
        assert _check({key: value for key, value in event.items() if key != name})
