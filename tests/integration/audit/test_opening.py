"""Reading what is sealed: by who holds the keys, and on record before anything is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import run_wilkc
from wilkc.core.contract import Decision, Request
from wilkc.runtime.audit import (
    Actor,
    AuditLogger,
    AuditSettings,
    Event,
    Places,
    create_log,
    unverified_records,
)  # fmt: skip

if TYPE_CHECKING:
    from pathlib import Path

ALICE = "alice@example.org"
SMALL = AuditSettings(reserve_bytes=4096, min_free_bytes=0, wait_ms=10_000)
WHO = ("--by", "olga.auditor", "--reason", "case 4711, by letter")
ALLOW = Decision(
    allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", revision="r1"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with a sealed sign-in and a sealed input."""
    place = tmp_path / "log"
    keys = tmp_path / "log.keys"
    places = Places(place, keys, tmp_path / "log.keys.provider", tmp_path / "root")
    create_log(places, "example.org/opening/test", SMALL)
    with AuditLogger.open(place, keys, provider=places.provider) as logger:
        logger.system(Event("auth.login", "session:1", Actor("user", ALICE, "Alice")))
        logger.intent(Request("a", "read", "file", "./x"), ALLOW).outcome("success")
    return place


def _records(log: Path, kind: str) -> list[dict[str, Any]]:
    return [one for one in unverified_records(log) if one["action"]["type"] == kind]


def test_the_token_of_a_person_is_printed_and_the_question_is_on_record(log: Path) -> None:
    done = run_wilkc("audit", "subject", log, ALICE, *WHO)
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip()
    assert token == _records(log, "auth.login")[0]["subject"]
    (access,) = _records(log, "config.access")
    assert access["subject"] == token
    assert access["action"]["details"] == {"action": "subject.lookup", "count": 1}
    assert access["actor"]["type"] == "user"
    found = run_wilkc("audit", "query", log, "--subject", token, "-f", "json")
    assert len(found.stdout.splitlines()) == 2
    held = b"".join(path.read_bytes() for path in log.glob("seg-*"))
    for name in (ALICE, "olga.auditor", "case 4711"):
        assert name.encode() not in held


def test_an_unknown_person_gets_no_token_and_the_question_is_on_record(log: Path) -> None:
    done = run_wilkc("audit", "subject", log, "nobody@example.org", *WHO)
    assert (done.returncode, done.stdout) == (2, "")
    (access,) = _records(log, "config.access")
    assert access["action"]["details"] == {"action": "subject.lookup", "count": 0}
    again = run_wilkc("audit", "subject", log, "nobody@example.org", *WHO)
    assert again.returncode == 2


def test_who_does_not_say_who_and_why_learns_nothing(log: Path) -> None:
    for words in (("--by", "x"), ("--by", "x", "--reason", " "), ("--reason", "y")):
        done = run_wilkc("audit", "subject", log, ALICE, *words)
        assert (done.returncode, done.stdout) == (2, "")
        done = run_wilkc("audit", "query", log, "--open", "-f", "json", *words)
        assert (done.returncode, done.stdout) == (2, "")
    assert _records(log, "config.access") == []


def test_who_has_no_keys_learns_nothing(log: Path, tmp_path: Path) -> None:
    (tmp_path / "log.keys").rename(tmp_path / "elsewhere")
    done = run_wilkc("audit", "subject", log, ALICE, *WHO)
    assert done.returncode == 5
    assert done.stdout == ""
    done = run_wilkc("audit", "query", log, "--open", "-f", "json", *WHO)
    assert (done.returncode, done.stdout) == (5, "")


def test_nothing_is_shown_that_could_not_be_recorded(log: Path, tmp_path: Path) -> None:
    places = (log, tmp_path / "log.keys")
    with AuditLogger.open(*places, provider=tmp_path / "log.keys.provider"):
        for words in (("subject", log, ALICE), ("query", log, "--open", "-f", "json")):
            done = run_wilkc("audit", *words, *WHO)
            assert (done.returncode, done.stdout) == (7, "")


def test_sealed_content_is_shown_and_that_is_on_record_first(log: Path) -> None:
    done = run_wilkc("audit", "query", log, "--exhaustive", "--open", "-f", "json", *WHO)
    assert done.returncode == 0, done.stderr
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    login = next(one for one in shown if one["action"]["type"] == "auth.login")
    assert login["opened"]["actor.name"] == "Alice"
    intent = next(one for one in shown if one["phase"] == "intent")
    assert json.loads(intent["opened"]["input"])["resource"]["id"] == "./x"
    # Its own record is there, as it was durable before the first line.
    access = next(one for one in shown if one["action"]["type"] == "config.access")
    assert access["opened"]["action.details"]
    table = run_wilkc("audit", "query", log, "--open", *WHO)
    assert (table.returncode, table.stdout) == (2, "")
    assert len(_records(log, "config.access")) == 1


def test_what_was_shredded_does_not_open(log: Path) -> None:
    done = run_wilkc("audit", "shred", log, "--subject", ALICE, "--reason", "asked")
    assert done.returncode == 0, done.stderr
    done = run_wilkc("audit", "query", log, "--action", "auth.login", "--open", "-f", "json", *WHO)
    assert json.loads(done.stdout)["opened"] == {"actor.name": None}
