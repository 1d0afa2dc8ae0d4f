"""Records are filled into a text: byte for byte what the encoder of the subset makes of them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from wilkc.core.subset import encode_subset
from wilkc.runtime.audit.encode import encode_event
from wilkc.runtime.audit.record import CONTEXT_MEMBERS, FORMAT, Actor, Draft, Stamp, check_event
from wilkc.runtime.audit.sealing import bound_to_place

SEED = 20_261_129
ROUNDS = 400
TEXTS = [
    "", "a", '"', "\\", "\n", "\x00", "\x1f", "\x7f", "/", "\u00e9", "\u2028", "\U0001f600",
    '","sig":null}', '"}', "{", "}", "null", "%s{0}", "s" * 300,
]  # fmt: skip
ENVELOPE = {"alg": "A256GCM", "blob": None, "ct": "AA==", "kid": "0" * 32, "n": "A" * 16}
DECISION = {
    "allow": True, "conditions": [], "decision_id": None, "detail": "allowed", "latency_us": 1,
    "reason": "PERMISSION_GRANTED", "revision": None, "rule": None,
}  # fmt: skip
DRAFT = Draft(
    id="01972000-0000-7000-8000-000000000000",
    phase="intent",
    record_class="access",
    actor=Actor("agent", "one"),
    type="file.read",
    resource="file:a",
    status="success",
    risk="low",
    decision=DECISION,
)
STAMP = Stamp(
    log="example.org/test/log", seq=7, prev="0" * 64, ts="2026-11-29T10:00:00.000000Z",
    mono_us=1, boot="0" * 32, kid="0" * 8,
)  # fmt: skip


def _event(draft: Draft, stamp: Stamp) -> dict[str, Any]:
    """The record as a value, member by member, as the format says."""
    return {
        "v": FORMAT, "log": stamp.log, "seq": stamp.seq, "id": draft.id, "ts": stamp.ts,
        "mono_us": stamp.mono_us, "boot": stamp.boot, "prev": stamp.prev, "phase": draft.phase,
        "ref": draft.ref, "class": draft.record_class, "actor": draft.actor.as_json(),
        "action": {
            "details": dict(draft.details), "resource": draft.resource, "type": draft.type,
        },
        "context": {name: draft.context.get(name) for name in CONTEXT_MEMBERS},
        "decision": None if draft.decision is None else dict(draft.decision),
        "result": {"error": draft.error, "message": draft.message, "status": draft.status},
        "security": {
            "compliance_tags": list(draft.tags), "kid": stamp.kid, "risk_level": draft.risk,
        },
        "subject": draft.subject, "sealed": dict(draft.sealed),
    }  # fmt: skip


def test_a_record_is_encoded_as_the_subset_says() -> None:
    check_event(_event(DRAFT, STAMP))
    assert encode_event(DRAFT, STAMP) == encode_subset(_event(DRAFT, STAMP))


def test_any_record_is_encoded_as_the_subset_says() -> None:
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    for _ in range(ROUNDS):
        draft, stamp = _draft(chosen), _stamp(chosen)
        assert encode_event(draft, stamp) == encode_subset(_event(draft, stamp))


def _draft(chosen: random.Random) -> Draft:
    def text() -> str:
        return "".join(chosen.choices(TEXTS, k=chosen.randrange(4)))

    def maybe() -> str | None:
        return chosen.choice([None, text()])

    decision = {
        "allow": chosen.choice([True, False]), "conditions": [text() for _ in range(3)],
        "decision_id": maybe(), "detail": text(), "latency_us": chosen.choice([None, 0, 2**53 - 1]),
        "reason": text(), "revision": maybe(), "rule": maybe(),
    }  # fmt: skip
    details: dict[str, Any] = {
        "owner": {"pid": 1, "start": 2},
        "a": [text(), None, True, -1, {}],
        "b": {},
    }
    return DRAFT._replace(
        actor=Actor("user", text(), maybe()),
        resource=text(),
        ref=maybe(),
        details=chosen.choice([{}, details]),
        context={name: maybe() for name in CONTEXT_MEMBERS if chosen.randrange(2)},
        decision=chosen.choice([None, decision]),
        error=maybe(),
        message=maybe(),
        tags=tuple(text() for _ in range(chosen.randrange(3))),
        subject=maybe(),
        sealed=chosen.choice(
            [
                {},
                {"input": {**ENVELOPE, "ct": maybe(), "blob": maybe()}, "action.details": ENVELOPE},
            ]
        ),
    )


def _stamp(chosen: random.Random) -> Stamp:
    numbers = [0, 1, 2**53 - 1]
    return STAMP._replace(seq=chosen.choice(numbers), mono_us=chosen.choice(numbers))


@pytest.mark.parametrize(
    "change",
    [
        {"resource": "\ud800"},
        {"resource": 1},
        {"resource": None},
        {"actor": Actor("agent", None)},  # type: ignore[arg-type]  # that is what is refused
        {"tags": (1,)},
        {"details": {"A": 1}},
        {"details": {"a": 1.5}},
        {"details": {"a": 2**53}},
        {"decision": {**DECISION, "allow": 1}},
        {"decision": {**DECISION, "allow": None}},
        {"decision": {**DECISION, "latency_us": 2**53}},
        {"decision": {**DECISION, "latency_us": 1.0}},
        {"decision": {**DECISION, "latency_us": True}},
        {"decision": {**DECISION, "conditions": [1]}},
        {"decision": {**DECISION, "more": 1}},
        {"decision": {"allow": True}},
        {"sealed": {"input": {**ENVELOPE, "more": None}}},
        {"sealed": {"input": {"ct": "AA=="}}},
        {"sealed": {"Input": ENVELOPE}},
        {"sealed": {'a":1,"b': ENVELOPE}},
        {"sealed": {"input": {**ENVELOPE, "ct": 1}}},
    ],
)
def test_what_no_record_may_hold_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode_event(DRAFT._replace(**change), STAMP)


@pytest.mark.parametrize("levels", [13, 14])
def test_details_are_as_deep_as_a_line_may_be(levels: int) -> None:
    details: dict[str, Any] = {"a": 1}
    for _ in range(levels - 1):
        details = {"a": details}
    draft = DRAFT._replace(details=details)
    assert encode_event(draft, STAMP) == encode_subset(_event(draft, STAMP))
    if levels == 14:
        with pytest.raises(ValueError, match="deeper"):
            encode_event(DRAFT._replace(details={"a": details}), STAMP)


def test_a_sealed_member_is_bound_as_the_subset_says() -> None:
    for path in ("input", 'odd "path"\\', "\n"):
        value = {"id": "1", "kid": "2", "log": "example.org/a", "path": path, "v": FORMAT}
        assert bound_to_place("1", "2", "example.org/a", path) == encode_subset(value)
