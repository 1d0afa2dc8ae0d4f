"""Shredding: what is gone is gone for good, and the log verifies as before."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.keeping.conftest import DAY_US
from wilkc.core.errors import GateError, UnavailableError, UsageError, VerificationError
from wilkc.runtime.audit import Actor, Event
from wilkc.runtime.audit.keeping import (
    confirm_destroyed,
    copies,
    export_copy,
    keep_keys,
    pending_erasures,
    rotate,
    settle_erasures,
    shred,
)
from wilkc.runtime.audit.keeping.ledger import read_ledger
from wilkc.runtime.audit.note import parse_note, require_one
from wilkc.runtime.audit.retention import Selector, confirm_clock, place_hold, release_hold
from wilkc.runtime.audit.sealing import open_member
from wilkc.runtime.keys import export_keys, parse_verifier_key

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.runtime.audit.keeping.conftest import Kept
    from wilkc.core.contract import Decision, Request
    from wilkc.runtime.audit import AuditLogger

ALICE = "alice@example.org"
BOB = "bob@example.org"
PASSPHRASE = b"four random words here"


def _login(logger: AuditLogger, person: str) -> None:
    name = person.partition("@")[0].title()
    logger.system(Event("auth.login", "session:1", Actor("user", person, name)))


@pytest.fixture
def told(kept: Kept, request_: Request, allow: Decision) -> Kept:
    """A log about two persons."""
    with kept.open() as logger:
        _login(logger, ALICE)
        _login(logger, BOB)
        logger.intent(request_, allow, person=ALICE).outcome("success", details={"x": "y"})
        _login(logger, ALICE)
    return kept


def _about(kept: Kept, subject: str | None) -> list[dict[str, Any]]:
    return [one for one in kept.log.records() if one["subject"] == subject and one["sealed"]]


def _open_all(kept: Kept, records: list[dict[str, Any]]) -> list[bytes]:
    keys = kept.log.keys()
    place = kept.log.directory
    return [open_member(one, path, keys, place) for one in records for path in one["sealed"]]


def _tokens(kept: Kept) -> tuple[str, str]:
    logins = kept.of_type("auth.login")
    return logins[0]["subject"], logins[1]["subject"]


def test_persons_are_tokens(told: Kept) -> None:
    alice, bob = _tokens(told)
    logins = told.of_type("auth.login")
    assert [one["actor"] for one in logins] == [
        {"id": token, "name": None, "type": "user"} for token in (alice, bob, alice)
    ]
    assert len(alice) == 34
    assert alice != bob
    assert all("gdpr" in one["security"]["compliance_tags"] for one in logins)
    assert b"Alice" in _open_all(told, _about(told, alice))
    assert len(_about(told, alice)) == 4
    files = [path for path in told.log.directory.parent.rglob("*") if path.is_file()]
    assert all(
        word not in path.read_bytes() for path in files for word in (ALICE.encode(), b"Alice")
    )


def test_a_shredded_person_opens_never_again(told: Kept) -> None:
    alice, bob = _tokens(told)
    before = told.log.checkpoint
    with told.open() as logger:
        pending = shred(logger, ALICE, "asked by letter of 3 May")
    assert pending.subject == alice
    for record in _about(told, alice):
        with pytest.raises(VerificationError, match="there is no data key"):
            _open_all(told, [record])
    assert b"Bob" in _open_all(told, _about(told, bob))
    assert told.log.verify(before).verdict == "OK"
    requested, destroyed = told.of_type("erasure.requested", "key.destroyed")
    assert destroyed["action"]["details"]["state"] == "pending"
    assert destroyed["action"]["details"]["kids"] == sorted(requested["action"]["details"]["kids"])
    assert "letter" not in str(requested)
    sealed = open_member(requested, "action.details", told.log.keys(), told.log.directory)
    assert sealed == b'{"reason": "asked by letter of 3 May"}'


def test_the_token_links_to_nobody_afterwards(told: Kept) -> None:
    alice, _ = _tokens(told)
    with told.open() as logger:
        shred(logger, ALICE, "asked")
        with pytest.raises(UsageError, match="nothing is kept"):
            shred(logger, ALICE, "asked")
        _login(logger, ALICE)
    newest = told.of_type("auth.login")[-1]
    assert newest["subject"] not in {None, alice}
    assert alice.encode() not in (told.log.places.keys / "deks.jsonl").read_bytes()


def test_an_outcome_about_an_erased_person_keeps_nothing(
    told: Kept, request_: Request, allow: Decision
) -> None:
    with told.open() as logger:
        intent = logger.intent(request_, allow, person=ALICE)
        shred(logger, ALICE, "asked")
        intent.outcome("success", details={"found": "Alice's file"})
    outcome = told.log.records()[-1]
    assert (outcome["ref"], outcome["sealed"]) == (intent.id, {})
    assert told.log.verify().verdict == "OK_UNANCHORED"


def test_a_restored_backup_of_the_wraps_does_not_open(told: Kept) -> None:
    keys, backup = told.log.places.keys, told.log.directory.parent / "backup"
    provider = told.log.places.provider
    shutil.copytree(keys, backup)
    with told.open() as logger:
        shred(logger, ALICE, "asked")
        told.clock.days = 31
        rotate(logger)
        assert settle_erasures(logger)
    newest = (keys / "deks.jsonl").read_bytes()
    (keys / "deks.jsonl").write_bytes((backup / "deks.jsonl").read_bytes())
    with pytest.raises(VerificationError, match="which the key ring lacks"):
        told.log.keys()
    (keys / "deks.jsonl").write_bytes(newest)
    assert told.log.keys().data.keys
    shutil.rmtree(keys)
    shutil.copytree(backup, keys)
    with pytest.raises(VerificationError, match="wrapped this key"):
        told.log.keys()  # the provider's old key is gone as well
    assert provider.stat().st_size == 32


def test_an_old_copy_within_the_overlap_brings_nobody_back(told: Kept) -> None:
    alice, _ = _tokens(told)
    wraps = told.log.places.keys / "deks.jsonl"
    old = wraps.read_bytes()
    with told.open() as logger:
        shred(logger, ALICE, "asked")
    wraps.write_bytes(old)
    with told.open() as logger:
        rotate(logger, force=True)
    assert alice.encode() not in wraps.read_bytes()


def test_complete_only_when_nothing_opens_it(told: Kept, tmp_path: Path) -> None:
    with told.open() as logger:
        kept = export_copy(logger, tmp_path / "a", PASSPHRASE, days=400)
        export_copy(logger, tmp_path / "b", PASSPHRASE, days=10)
        pending = shred(logger, ALICE, "asked")
        assert len(pending.keys) == 2
        assert len(pending.exports) == 2
        later = export_copy(logger, tmp_path / "c", PASSPHRASE, days=400)
        assert settle_erasures(logger) == ()
        told.clock.days = 31
        rotate(logger)
        assert settle_erasures(logger) == ()
        assert pending_erasures(logger)[0].keys == ()
        assert pending_erasures(logger)[0].exports == (kept,)
        confirm_destroyed(logger, kept)
        assert settle_erasures(logger) == (pending.id,)
        assert pending_erasures(logger) == ()
        assert settle_erasures(logger) == ()
        with pytest.raises(UsageError, match="no copy"):
            confirm_destroyed(logger, kept)
        confirm_destroyed(logger, later)
    _check_certificate(told, pending.subject)


def test_no_copy_of_the_keys_expires_by_a_clock_that_was_set(
    told: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told.open() as logger:
        export_copy(logger, tmp_path / "a", PASSPHRASE, days=60)
        pending = shred(logger, ALICE, "asked")
        told.clock.days = 31
        rotate(logger)
        assert settle_erasures(logger) == ()
        right = told.clock.wall_us
        monkeypatch.setattr(told.clock, "wall_us", lambda: right() + 40 * DAY_US)
        with pytest.raises(GateError, match="the clock went forward by 40 days"):
            settle_erasures(logger)
        assert "the clock went forward" in keep_keys(logger).stopped[-1]
        confirm_clock(logger)
        assert settle_erasures(logger) == (pending.id,)


def _check_certificate(kept: Kept, subject: str) -> None:
    last = [one for one in kept.of_type("key.destroyed")
            if one["action"]["details"].get("state") == "complete"][-1]  # fmt: skip
    note = parse_note(last["action"]["details"]["certificate"])
    created = next(one for one in kept.of_type("key.created")
                   if one["action"]["details"]["use"] == "report")  # fmt: skip
    public = parse_verifier_key(created["action"]["details"]["public"])
    require_one(note, [public])
    lines = note.text.splitlines()
    assert lines[:2] == ["wilk.erasure/v1", kept.log.keys().origin]
    assert lines[3] == subject
    kids = last["action"]["details"]["kids"]
    assert lines[4].split(",") == kids
    assert kept.log.verify().verdict == "OK_UNANCHORED"


@pytest.mark.parametrize(
    "selector", [Selector(first=0), Selector(agent="reviewer"), Selector(subject="")]
)
def test_a_hold_forbids_it(told: Kept, selector: Selector) -> None:
    alice, _ = _tokens(told)
    if selector.subject == "":
        selector = Selector(subject=alice)
    with told.open() as logger:
        name, _ = place_hold(logger, told.log.directory, selector)
        with pytest.raises(VerificationError, match=f"held by `{name}`"):
            shred(logger, ALICE, "asked")
        assert told.of_type("erasure.requested") == []
        assert _open_all(told, _about(told, alice))
        release_hold(logger, told.log.directory, name)
        shred(logger, ALICE, "asked")
        place_hold(logger, told.log.directory, Selector(subject=_tokens(told)[1]))
    assert len(told.of_type("erasure.requested")) == 1


def test_a_crash_at_any_call_ends_in_the_same_state(told: Kept, dying: Any) -> None:
    alice, bob = _tokens(told)
    begun = survived = 0
    for left in range(0, 200, 2):
        place = told.log.directory.parent / f"copy {left}"
        one = type(told)(told.log.copy(place))
        disk = dying(10**6)
        logger = one.open(disk)
        disk.left = left
        try:
            shred(logger, ALICE, "asked")
            survived += 1
        except (OSError, UnavailableError):
            begun += 1
        disk.left = 10**6
        logger._store._writer.abandon()
        with one.open() as again:
            done = one.of_type("key.destroyed") != []
            with pytest.raises(UsageError) if done else nullcontext():
                shred(again, ALICE, "asked")
            rotate(again)
        _check_shredded(one, alice, bob)
        shutil.rmtree(place)
        if survived:
            break
    assert survived == 1
    assert begun > 5


def _check_shredded(one: Kept, alice: str, bob: str) -> None:
    states = [record["action"]["details"].get("state")
              for record in one.of_type("key.destroyed")]  # fmt: skip
    assert states == ["pending"]
    assert len(one.of_type("erasure.requested")) == 1
    with pytest.raises(VerificationError, match="no data key"):
        _open_all(one, _about(one, alice))
    assert b"Bob" in _open_all(one, _about(one, bob))
    assert one.log.verify().verdict == "OK_UNANCHORED"


def test_a_copy_is_read_only_after_its_record(
    told: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an erasure between the two would not wait for a copy that holds its keys."""

    def late(keys: Any, name: str, passphrase: bytes) -> bytes:
        assert name in read_ledger(told.log.directory).exports
        return export_keys(keys, name, passphrase)

    monkeypatch.setattr(copies, "export_keys", late)
    with told.open() as logger:
        name = export_copy(logger, tmp_path / "a", PASSPHRASE, days=1)
        with pytest.raises(UsageError, match="shorter"):
            export_copy(logger, tmp_path / "b", b"short", days=1)
    assert set(read_ledger(told.log.directory).exports) == {name}
