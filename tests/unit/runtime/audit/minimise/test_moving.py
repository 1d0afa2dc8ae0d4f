"""What was found goes under seal, whole, and the record says that something was found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wilkc.core.contract import Request
from wilkc.runtime.audit import Actor, AuditLogger, Circumstances, Event
from wilkc.runtime.audit.minimise import moving
from wilkc.runtime.audit.sealing import open_member

if TYPE_CHECKING:
    import pytest

    from wilkc.core.contract import Decision

MAIL = "ada@example.org"
TOKEN = "ghp_" + "Abcdefgh0123456789Abcdefgh0123456789"
CARD = "4111 1111 1111 1111"
RULE = "fs.read.allow.0"


def _fill(logger: AuditLogger, allow: Decision) -> None:
    request = Request("reviewer", "read", "file", f"./people/{MAIL}.txt")
    where = Circumstances(session_id=f"{MAIL}", request_id="r-1")
    intent = logger.intent(
        request, allow, circumstances=where, details={"violation_type": f"has {CARD}", "count": 3}
    )
    intent.outcome("failure", error="io", details={"permission_source": TOKEN, "limit": 7})
    event = Event("config.modify", f"config:{TOKEN}", Actor("agent", MAIL), details={"count": 1})
    logger.system(event)


def test_canaries_are_in_no_file(log: Any, allow: Decision) -> None:
    with log.open() as logger:
        _fill(logger, allow)
    files = [path for path in log.directory.parent.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        text = path.read_bytes()
        assert not any(canary.encode() in text for canary in (MAIL, TOKEN, CARD)), path


def test_the_rest_stays_clear_and_all_of_it_opens(log: Any, allow: Decision) -> None:
    with log.open() as logger:
        _fill(logger, allow)
    intent, outcome, event = log.records()[-3:]
    assert intent["action"] == {"details": {"count": 3} | _owner(intent), "resource": "file",
                                "type": "file.read"}  # fmt: skip
    assert intent["context"]["request_id"] == "r-1"
    assert intent["context"]["session_id"] is None
    assert outcome["action"]["details"] == {"limit": 7}
    assert event["actor"]["id"] == "?"
    assert event["action"]["resource"] == "config"
    tags = [set(one["security"]["compliance_tags"]) for one in (intent, outcome, event)]
    assert [sorted(one & {"gdpr", "secret"}) for one in tags] == [
        ["gdpr"], ["gdpr", "secret"], ["gdpr", "secret"],
    ]  # fmt: skip
    keys = log.keys()
    assert MAIL in open_member(intent, "action.resource", keys, log.directory).decode()
    assert open_member(event, "actor.id", keys, log.directory).decode() == MAIL
    details = json.loads(open_member(intent, "action.details", keys, log.directory))
    assert details == {"violation_type": f"has {CARD}"}
    assert log.verify().verdict == "OK_UNANCHORED"


def _owner(record: dict[str, Any]) -> dict[str, Any]:
    return {"owner": record["action"]["details"]["owner"]}


def test_classifier_error_seals_everything(
    log: Any, allow: Decision, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_text: str) -> set[str]:
        raise RuntimeError("broken")

    monkeypatch.setattr(moving, "kinds_in", broken)
    with log.open() as logger:
        logger.intent(
            request_, allow,
            circumstances=Circumstances(session_id="plain", request_id="plain too"),
            details={"violation_type": "plain"},
        )  # fmt: skip
    intent = log.records()[1]
    assert intent["action"]["resource"] == "?"
    assert intent["actor"]["id"] == "?"
    assert set(intent["action"]["details"]) == {"owner"}
    assert set(intent["context"].values()) == {None}
    assert {"gdpr", "secret"} <= set(intent["security"]["compliance_tags"])
    assert log.verify().verdict == "OK_UNANCHORED"


def test_audit_never_alters_decision(log: Any, allow: Decision) -> None:
    request = Request("reviewer", "read", "file", f"./people/{MAIL}.txt")
    with log.open() as logger:
        logger.intent(request, allow).outcome("success")
    assert request.id == f"./people/{MAIL}.txt"
    intent = log.records()[1]
    assert (intent["decision"]["allow"], intent["decision"]["rule"]) == (
        True,
        RULE,
    )
    kept = json.loads(open_member(intent, "input", log.keys(), log.directory))
    assert MAIL in json.dumps(kept)
