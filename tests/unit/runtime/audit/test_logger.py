"""What records say, what they seal, and what callers can rely on."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.contract import Condition, Decision, Request, RuleRef
from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit import (
    Actor,
    Asked,
    AuditSettings,
    Circumstances,
    Event,
    Places,
    as_seed_event,
    create_log,
    unrecorded,
)
from wilkc.runtime.audit.clock import record_id, start_of, timestamp
from wilkc.runtime.audit.record import check_event, is_record_id
from wilkc.runtime.audit.sealing import open_member

if TYPE_CHECKING:
    from pathlib import Path

SMALL = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
CANARY = "c4n4ry-value"
SEED = 5


def _last(log: Any) -> dict[str, Any]:
    record: dict[str, Any] = log.records()[-1]
    return record


def test_an_intent_has_every_member(log: Any, request_: Any, allow: Any) -> None:
    conditions = (Condition("fs.limits.max_file_size", "max_bytes", {"bytes": 5}),)
    with log.open() as logger:
        logger.intent(
            request_,
            replace(allow, conditions=conditions),
            latency_us=900,
            decision_id="d-1",
            circumstances=Circumstances(request_id="r-1", ip_address="192.0.2.1"),
        )
    record = _last(log)
    assert len(record) == 19
    assert record["decision"] == {
        "allow": True,
        "conditions": ["fs.limits.max_file_size"],
        "decision_id": "d-1",
        "detail": "allowed",
        "latency_us": 900,
        "reason": "PERMISSION_GRANTED",
        "revision": "r1",
        "rule": "fs.read.allow.0",
    }
    assert record["action"]["type"] == "file.read"
    assert record["action"]["resource"] == "file:./src/a.ts"
    assert set(record["action"]["details"]) == {"owner"}
    assert record["context"]["request_id"] == "r-1"
    assert record["context"]["ip_address"] is None
    assert sorted(record["sealed"]) == ["context.ip_address", "input"]
    assert record["actor"] == {"id": "reviewer", "name": None, "type": "agent"}
    assert record["result"] == {"error": None, "message": "allowed", "status": "success"}
    assert record["class"] == "access"


def test_an_outcome_names_its_intent(log: Any, allow: Any) -> None:
    request = Request("builder", "execute", "shell", "git push", {"argv": ["git", "push"]})
    with log.open() as logger:
        intent = logger.intent(request, allow)
        receipt = intent.outcome(
            "failure", error="exit", error_text=CANARY, details={"exit_code": 3, "output": CANARY}
        )
    record = _last(log)
    assert record["id"] == receipt.id
    assert record["ref"] == intent.id
    assert record["action"]["type"] == "shell.complete"
    assert record["action"]["resource"] == "shell:git"
    assert record["action"]["details"] == {"exit_code": 3}
    assert record["result"]["error"] == "exit"
    opened = open_member(record, "action.details", log.keys(), log.directory)
    assert json.loads(opened) == {"output": CANARY}
    assert open_member(record, "result.error", log.keys(), log.directory) == CANARY.encode()


def test_the_input_is_kept_sealed_to_the_byte(log: Any, request_: Any, deny: Any) -> None:
    given = b'{"subject": {"x": 1.50}}'
    with log.open() as logger:
        logger.intent(request_, deny, input_bytes=given)
        logger.intent(request_, deny)
    one, two = log.records()[-2:]
    assert open_member(one, "input", log.keys(), log.directory) == given
    assert json.loads(open_member(two, "input", log.keys(), log.directory)) == request_.as_input()
    moved = {**two, "sealed": one["sealed"]}
    with pytest.raises(VerificationError, match="does not open"):
        open_member(moved, "input", log.keys(), log.directory)
    with pytest.raises(VerificationError, match="no sealed"):
        open_member(one, "action.details", log.keys(), log.directory)


def test_large_content_goes_to_blobs(log: Any, request_: Any, deny: Any) -> None:
    with log.open() as logger:
        logger.intent(request_, deny, details={"output": "x" * 50_000}, input_bytes=b"y" * 40_000)
    record = _last(log)
    assert all(one["ct"] is None and one["blob"] for one in record["sealed"].values())
    assert open_member(record, "input", log.keys(), log.directory) == b"y" * 40_000
    for path in log.directory.glob("blobs/*/*"):
        path.write_bytes(b"x")
    with pytest.raises(VerificationError, match="was changed"):
        open_member(record, "input", log.keys(), log.directory)


def test_nothing_secret_stands_in_clear(log: Any, allow: Any) -> None:
    """Canary values searched in all files."""
    request = Request(
        "builder",
        "execute",
        "shell",
        f"curl -H {CANARY}",
        {"argv": ["curl", "-H", CANARY]},
        {"session_id": "s-1"},
    )
    url = Request(
        "builder", "connect", "network", f"https://u:{CANARY}@api.x.org/p?k={CANARY}#{CANARY}"
    )
    with log.open() as logger:
        for one in (request, url):
            logger.intent(
                one,
                allow,
                circumstances=Circumstances(ip_address=CANARY, user_agent=CANARY),
                details={"note": CANARY, "bytes": CANARY * 100},
            ).outcome("failure", error=f"{CANARY} {CANARY}", details={"stdout": CANARY})
        logger.system(
            Event("auth.login", "user:1", Actor("user", "u1", CANARY), details={"form": CANARY})
        )
    files = [path for path in log.directory.rglob("*") if path.is_file()]
    assert all(CANARY.encode() not in path.read_bytes() for path in files)
    assert log.records()[3]["action"]["resource"] == "network:https://api.x.org/p"


def test_denied_and_unenforced_intents_have_no_outcome(
    log: Any, request_: Any, allow: Any, deny: Any
) -> None:
    with log.open() as logger:
        denied = logger.intent(request_, deny)
        asked = logger.intent(request_, allow, enforced=False)
        for intent in (denied, asked):
            with pytest.raises(ValueError, match="no outcome"):
                intent.outcome("success")
    record = _last(log)
    assert record["action"]["type"] == "permission.check"
    assert record["action"]["details"] == {"action": "file.read", "enforced": False}
    assert record["class"] == "security"


def test_several_at_once(log: Any, request_: Any, allow: Any, deny: Any) -> None:
    asked = [Asked(request_, allow if n % 2 else deny, enforced=False) for n in range(600)]
    with log.open(shared=True) as logger:
        log.disk.calls.clear()
        intents = logger.intents(asked)
    assert [intent.seq for intent in intents] == list(range(1, 601))
    assert log.disk.calls.count("datasync") == 3
    assert log.verify(log.checkpoint).verdict == "OK"


def test_threads_share_a_logger(log: Any, request_: Any, deny: Any) -> None:
    seen: list[int] = []
    with log.open(replace(SMALL, wait_ms=20_000)) as logger:

        def work() -> None:
            for _ in range(20):
                seen.append(logger.intent(request_, deny).seq)  # noqa: PERF401  # order matters

        threads = [threading.Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(seen) == list(range(1, 101))
    assert log.verify(log.checkpoint).verdict == "OK"


def test_the_calls_of_the_permission_model(log: Any) -> None:
    with log.open() as logger:
        logger.log_permission_grant(
            "a1", "file:./x", "read", duration_ms=5, permission_source="role"
        )
        logger.log_security_violation(
            "a1",
            action_type="file.write",
            resource="file:./x",
            violation_type="escape",
            attempted_action="write",
            security_policy="p",
            text=CANARY,
        )
        logger.log_event(Event("config.modify", "config:x", Actor("user", "u1")))
    grant, violation, change = log.records()[-3:]
    assert grant["action"]["details"] == {
        "action": "read", "duration_us": 5000, "permission_source": "role",
    }  # fmt: skip
    assert grant["class"] == "security"
    assert violation["security"]["risk_level"] == "high"
    assert "security_violation" in violation["security"]["compliance_tags"]
    assert violation["action"]["details"] == {"security_policy": "p", "violation_type": "escape"}
    assert change["security"]["risk_level"] == "medium"
    seed = as_seed_event(violation, "c2ln")
    assert set(seed) == {"id", "timestamp", "actor", "action", "context", "result", "security"}
    assert seed["security"]["signature"] == "c2ln"
    assert set(seed["context"]) == {"session_id", "ip_address", "user_agent", "request_id"}


def test_hostile_requests_are_recorded_and_verify(log: Any, deny: Any) -> None:
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    parts = ['"', "\\", "\n", "\x00", "\u2028", "\ud800", "..", "{", "}", "é", "\u202e", "x" * 3000]
    with log.open() as logger:
        for _ in range(60):
            texts = ["".join(chosen.choices(parts, k=chosen.randrange(1, 9))) for _ in range(6)]
            request = Request(
                texts[0], texts[1], chosen.choice(["file", "shell", "network", texts[2]]), texts[3],
                {"argv": [texts[4]], "classification": [texts[5]]}, {"session_id": texts[5]},
            )  # fmt: skip
            logger.intent(request, deny, details={texts[0]: {1.5: object()}, "bytes": texts[1]})
    assert log.verify(log.checkpoint).verdict == "OK"
    for record in log.records():
        check_event(record)


def test_sealed_resources(log: Any, request_: Any, deny: Any) -> None:
    with log.open(replace(SMALL, seal_resources=True)) as logger:
        logger.intent(request_, deny)
    record = _last(log)
    assert record["action"]["resource"] == "file"
    opened = open_member(record, "action.resource", log.keys(), log.directory)
    assert opened == b"file:./src/a.ts"


def test_dead_owners_of_a_shared_log_are_closed(
    log: Any, request_: Any, allow: Any, deny: Any
) -> None:
    with log.open(shared=True) as logger:
        alive = logger.intent(request_, allow)
        logger._owner = replace(logger._owner, pid=2**22 + 1)
        dead = logger.intent(request_, allow)
        logger.intent(request_, deny)
        logger.intent(request_, deny)
    outcomes = [one for one in log.records() if one["phase"] == "outcome"]
    assert [one["ref"] for one in outcomes] == [dead.id]
    assert outcomes[0]["result"]["error"] == "outcome_unknown"
    assert outcomes[0]["security"]["risk_level"] == "high"
    assert alive.id != dead.id
    assert log.verify(log.checkpoint).verdict == "OK"


def test_an_answer_that_cannot_be_recorded_is_a_denial(allow: Any) -> None:
    answer = unrecorded(allow)
    assert (answer.allow, answer.detail) == (False, "audit_unavailable")
    assert (answer.reason, answer.revision) == ("VALIDATION_ERROR", "r1")


def test_ids_and_times() -> None:
    first, second = record_id(1_700_000_000_000_000), record_id(1_700_000_000_001_000)
    assert is_record_id(first)
    assert first < second
    assert timestamp(1_700_000_000_000_001) == "2023-11-14T22:13:20.000001Z"
    assert start_of(2**22 + 1) is None


@pytest.mark.parametrize("origin", ["demo", "Example.org/x", "wilk.audit.event/v1", ""])
def test_malformed_origins_make_no_log(tmp_path: Path, origin: str) -> None:
    places = Places(tmp_path / "log", tmp_path / "keys", tmp_path / "p", tmp_path / "root")
    with pytest.raises(UsageError, match="cannot name a log"):
        create_log(places, origin)
    assert list(tmp_path.iterdir()) == []


def test_places_of_a_new_log_are_apart(tmp_path: Path) -> None:
    log, keys, root = tmp_path / "log", tmp_path / "keys", tmp_path / "root"
    for places in (
        Places(log, log / "keys", tmp_path / "p", root),
        Places(log, keys, keys / "p", root),
        Places(log, keys, tmp_path / "p", log / "root"),
        Places(keys / "log", keys, tmp_path / "p", root),
    ):
        with pytest.raises(UsageError, match="must"):
            create_log(places, "example.org/x")


def test_rules_are_named_by_id(log: Any, request_: Any) -> None:
    decision = Decision(
        allow=False, reason="PERMISSION_DENIED", detail="blocked", message="m",
        rule=RuleRef("fs.block.1", "x.yaml", 1, 1, "secret*"), revision="",
    )  # fmt: skip
    with log.open() as logger:
        logger.intent(request_, decision)
    record = _last(log)
    assert record["decision"]["rule"] == "fs.block.1"
    assert record["decision"]["revision"] is None
