"""A report as OSCAL assessment results. Layer: runtime. Pure.

Source: NIST OSCAL 1.2, assessment results model. Identifiers are UUIDv5 under the root of the
checkpoint, so that a rerun agrees.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.compliance.body import shown_period

if TYPE_CHECKING:
    from collections.abc import Mapping

OSCAL_VERSION: Final = "1.2.1"
_NOT_SATISFIED: Final = frozenset({"violated", "no_evidence"})
_OTHER: Final = re.compile(r"[^a-z0-9.]+")
_NAMESPACE: Final = "urn:wilk:audit-report"


def oscal(body: Mapping[str, Any]) -> dict[str, Any]:
    """The assessment results of a report."""
    names = _Names(body)
    start, end = body["period"]["from"], body["period"]["to"]
    standard = body["standard"]
    result: dict[str, Any] = {
        "uuid": names.uuid("result"),
        "title": f"{standard} {shown_period(body['period'])}",
        "description": body["meaning"],
        "start": start,
        "end": end,
        "props": [
            *(_prop(name, str(body["checkpoint"][name])) for name in ("origin", "root", "size")),
            _prop("covered", body["covered"] or "nothing"),
        ],
        "reviewed-controls": {
            "control-selections": [
                {
                    "include-controls": [
                        {"control-id": names.control(one)} for one in body["controls"]
                    ]
                }
            ]
        },
        "observations": [_observation(names, one, end) for one in body["controls"]],
    }
    findings = [_finding(names, one) for one in body["controls"] if one["state"] in _NOT_SATISFIED]
    if findings:
        result["findings"] = findings
    return {
        "assessment-results": {
            "uuid": names.uuid("results"),
            "metadata": {
                "title": f"{standard}: what the records evidence",
                "last-modified": end,
                "version": body["v"],
                "oscal-version": OSCAL_VERSION,
            },
            # No plan: what is assessed is the table of controls of this version of Wilk.
            "import-ap": {"href": "#" + names.uuid("plan")},
            "results": [result],
        }
    }


class _Names:
    """Identifiers of one report."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        period = body["period"]
        self._standard = body["standard"]
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, f"{_NAMESPACE}/{body['checkpoint']['root']}")
        self._about = f"{self._standard}/{period['from']}/{period['to']}"

    def uuid(self, what: str) -> str:
        return str(uuid.uuid5(self._space, f"{self._about}/{what}"))

    def control(self, control: Mapping[str, Any]) -> str:
        """The control's id as a token, which has no parentheses."""
        text = f"{self._standard}-{control['id']}".lower()
        return _OTHER.sub("-", text).strip("-")


def _observation(names: _Names, control: Mapping[str, Any], end: str) -> dict[str, Any]:
    cited = [
        {"description": f"{one['name']}: {one['count']}, records {_seqs(one['seqs'])}"}
        for one in control["evidence"]
        if one["count"]
    ]
    observation: dict[str, Any] = {
        "uuid": names.uuid(f"observation/{control['id']}"),
        "title": f"{control['id']} {control['title']}",
        "description": f"State: {control['state']}. Not in the log: {control['unseen']}.",
        "props": [_prop("state", control["state"])],
        "methods": ["EXAMINE"],
        "collected": end,
    }
    if cited:
        observation["relevant-evidence"] = cited
    return observation


def _finding(names: _Names, control: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "uuid": names.uuid(f"finding/{control['id']}"),
        "title": f"{control['id']} {control['title']}",
        "description": f"State: {control['state']}; {len(control['violations'])} listed violations",
        "target": {
            "type": "objective-id",
            "target-id": names.control(control),
            "status": {"state": "not-satisfied", "reason": "fail"},
        },
        "related-observations": [{"observation-uuid": names.uuid(f"observation/{control['id']}")}],
    }


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": _NAMESPACE, "value": value}


def _seqs(seqs: list[int]) -> str:
    return ", ".join(map(str, seqs))
