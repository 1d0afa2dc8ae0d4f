"""A secret that is shown once is not lost where the record, or the fleet, cannot be told of it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from wilkc.cli.commands.identity.keys import create_key, rotate
from wilkc.cli.commands.identity.session import open_session
from wilkc.cli.commands.identity.token import issue, refresh
from wilkc.cli.main import cli
from wilkc.core.errors import UnavailableError
from wilkc.identity import Identity, create_identity, create_issuer, open_issuer
from wilkc.identity.revocation import Revocations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from wilkc.runtime.audit.drafts import Event


@dataclass
class Record:
    """Keeps what is put on record, or cannot."""

    broken: bool = False
    noted: list[str] = field(default_factory=list)

    def system(self, event: Event) -> None:
        if self.broken:
            raise UnavailableError("the record is full")
        self.noted.append(str(event.details["action"]))


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Record:
    made = Record()

    @contextmanager
    def opened(*given: object) -> Iterator[Record]:
        assert given
        yield made

    monkeypatch.setattr("wilkc.cli.identities.open_recorder", opened)
    monkeypatch.setattr("wilkc.cli.identities.failure_recorder", lambda _: lambda _: None)
    return made


@pytest.fixture
def identity(tmp_path: Path) -> Iterator[Identity]:
    create_identity(tmp_path / "who")
    made = Identity(tmp_path / "who")
    yield made
    made.close()


def _run(command: Any, identity: Identity, *words: str, given: str = "") -> Result:
    named = [str(identity.folder), *words, "--audit", "log", "--by", "anna"]
    # Alone, as its errors are looked at; with the program's settings, which a command keeps.
    return CliRunner().invoke(command, named, input=given, **cli.context_settings)


@pytest.mark.parametrize("days", ["7", "0"])
def test_a_rotation_that_cannot_be_recorded_leaves_the_key_as_it_was(
    identity: Identity, record: Record, days: str
) -> None:
    key, text = identity.api_keys.create("a", ["file:read"])
    before = identity.api_keys.listed()
    record.broken = True
    failed = _run(rotate, identity, key.id, "--overlap-days", days)
    assert (str(failed.exception), failed.stdout) == ("the record is full", "")
    assert identity.api_keys.listed() == before
    assert identity.api_keys.authenticate(text).id == "a"
    record.broken = False
    done = _run(rotate, identity, key.id, "--overlap-days", days)
    assert done.exit_code == 0
    old, new = done.stdout.split()
    assert (old, record.noted) == (key.id, ["rotate-key"])
    assert identity.api_keys.authenticate(new).id == "a"


def test_a_successor_is_shown_although_the_fleet_cannot_be_told(
    identity: Identity, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = identity.api_keys.create("a", ["file:read"])

    def unheard(*given: object, **named: object) -> None:
        raise UnavailableError(f"the server is gone: {bool(given or named)}")

    monkeypatch.setattr(Revocations, "revoke", unheard)
    done = _run(rotate, identity, key.id, "--overlap-days", "0")
    assert "the server is gone" in str(done.exception)
    old, new = done.stdout.split()
    assert (old, record.noted) == (key.id, ["rotate-key"])
    assert new not in str(done.exception)
    assert identity.api_keys.authenticate(new).id == "a"


def test_a_refresh_that_cannot_be_recorded_spends_nothing(
    identity: Identity, record: Record
) -> None:
    create_issuer(identity.folder, "https://wilk.test", "wilk")
    _, text = identity.api_keys.create("a", ["file:read"])
    issued = open_issuer(identity).begin(identity.api_keys.authenticate(text))
    record.broken = True
    for _ in range(2):
        failed = _run(refresh, identity, "--from", "-", given=f"{issued.refresh}\n")
        assert (str(failed.exception), failed.stdout) == ("the record is full", "")
    record.broken = False
    done = _run(refresh, identity, "--from", "-", given=f"{issued.refresh}\n")
    assert done.exit_code == 0
    assert record.noted == ["refresh-token"]
    found = json.loads(done.stdout)["access_token"]
    assert identity.authenticate(found, channel="test", source="here").id == "a"
    # Its twin: once it was shown, the one before is spent.
    failed = _run(refresh, identity, "--from", "-", given=f"{issued.refresh}\n")
    assert "used again" in str(failed.exception)


def test_a_key_that_cannot_be_recorded_is_none(identity: Identity, record: Record) -> None:
    record.broken = True
    failed = _run(create_key, identity, "a", "--scope", "file:read")
    assert (str(failed.exception), failed.stdout) == ("the record is full", "")
    assert identity.api_keys.listed() == []
    record.broken = False
    done = _run(create_key, identity, "a", "--scope", "file:read")
    assert record.noted == ["create-key"]
    assert identity.api_keys.authenticate(done.stdout.strip()).id == "a"


def test_a_session_that_cannot_be_recorded_is_none(identity: Identity, record: Record) -> None:
    _, text = identity.api_keys.create("a", ["file:read"])
    record.broken = True
    failed = _run(open_session, identity, "--channel", "web", "--from", "-", given=text)
    assert (str(failed.exception), failed.stdout) == ("the record is full", "")
    assert identity.sessions.listed() == []
    record.broken = False
    done = _run(open_session, identity, "--channel", "web", "--from", "-", given=text)
    assert record.noted == ["open-session"]
    assert identity.sessions.authenticate(done.stdout.strip(), "web").id == "a"


def test_tokens_that_cannot_be_recorded_are_none(identity: Identity, record: Record) -> None:
    create_issuer(identity.folder, "https://wilk.test", "wilk")
    _, text = identity.api_keys.create("a", ["file:read"])
    record.broken = True
    failed = _run(issue, identity, "--from", "-", given=text)
    assert (str(failed.exception), failed.stdout) == ("the record is full", "")
    assert identity.database.all("SELECT id FROM families") == []
    record.broken = False
    done = _run(issue, identity, "--from", "-", given=text)
    assert record.noted == ["issue-token"]
    found = json.loads(done.stdout)["access_token"]
    assert identity.authenticate(found, channel="test", source="here").id == "a"


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("command", ["create", "open", "issue"])
def test_what_is_put_on_record_is_not_in_force_yet(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    create_issuer(identity.folder, "https://wilk.test", "wilk")
    _, text = identity.api_keys.create("a", ["file:read"])
    seen: list[tuple[int, ...]] = []

    def system(_: Record, event: Event) -> None:
        assert event.type == "config.modify"
        seen.append(counts())

    def counts() -> tuple[int, ...]:
        tables = ("api_keys", "sessions", "families")
        asked = [identity.database.one(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608
        return tuple(row[0] for row in asked if row)

    monkeypatch.setattr(Record, "system", system)
    before = counts()
    if command == "create":
        _run(create_key, identity, "a", "--scope", "file:read")
    elif command == "open":
        _run(open_session, identity, "--channel", "web", "--from", "-", given=text)
    else:
        _run(issue, identity, "--from", "-", given=text)
    assert seen == [before]
    assert sum(counts()) == sum(before) + 1
