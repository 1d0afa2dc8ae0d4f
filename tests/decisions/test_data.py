"""Labelled data that is processed, stored or exported, by the reference evaluator and by OPA."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wilkc.core.contract import Request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

DEMANDS = {"encryption_required": True, "pii_detection": True}
SPECS: dict[str, dict[str, Any]] = {
    "free": {},
    "sealed": {"encryption_required": True},
    "private": {"pii_detection": True},
    "both": DEMANDS,
}
CASES = [
    # action, encrypted, personal, and the agents to whom it is granted
    ("process", None, None, "free sealed private both"),
    ("process", False, True, "free sealed private both"),
    ("store", None, None, "free private"),
    ("store", False, False, "free private"),
    ("store", True, None, "free sealed private both"),
    ("store", False, True, "free"),
    ("store", True, True, "free sealed private both"),
    ("export", None, None, "free private"),
    ("export", True, None, "free sealed private both"),
    ("export", True, False, "free sealed private both"),
    ("export", False, True, "free"),
    ("export", True, True, "free sealed"),
    ("burn", True, False, ""),
]


def test_what_leaves_is_sealed_and_not_personal(judged: Judged) -> None:
    specs = {
        name: json.dumps(
            {"agent": name, "permissions": {"data": {"data_classification": ["public"], **held}}}
        )
        for name, held in SPECS.items()
    }
    compiled = judged.compiled(**specs)
    asked = []
    for action, encrypted, personal, granted in CASES:
        flags = {"encrypted": encrypted, "pii": personal}
        properties = {name: value for name, value in flags.items() if value is not None}
        for label in ("public", "secret"):
            given = {"classification": label, **properties}
            requests = [Request(agent, action, "data", "x", given) for agent in SPECS]
            allowed = [one.agent for one in requests if decide(compiled.plan, one).allow]
            assert allowed == (granted.split() if label == "public" else []), (action, flags)
            asked += requests
    assert judged.differences(compiled, asked) == []
