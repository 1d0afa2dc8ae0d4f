"""An identity that issues tokens of its own believes them, and gives nobody more by them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.identity.tokens import issuer, write_issuers
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.identity import (
    AuthenticationError,
    Failure,
    Identity,
    Issued,
    TokenIssuer,
    create_issuer,
    open_issuer,
)

if TYPE_CHECKING:
    from pathlib import Path

OURS = "https://wilk.test"


def _issued(identity: Identity) -> tuple[TokenIssuer, Issued]:
    create_issuer(identity.folder, OURS, "wilk")
    _, text = identity.api_keys.create("a", ["file:read"], acts_for=["b"], days=1)
    opened = open_issuer(identity)
    return opened, opened.begin(identity.api_keys.authenticate(text))


def _refused(identity: Identity, text: str) -> str:
    with pytest.raises(AuthenticationError) as raised:
        identity.authenticate(text, channel="test", source="here")
    return raised.value.detail


def test_a_token_of_ours_is_believed_for_what_its_credential_was(identity: Identity) -> None:
    _, issued = _issued(identity)
    who = identity.authenticate(issued.access, channel="test", source="here")
    assert (who.id, who.scope, who.acts_for) == ("a", ("file:read",), ("b",))
    assert who.credential.startswith(f"{OURS} ")


def test_the_key_is_closed_and_its_public_half_holds_no_secret(
    identity: Identity, folder: Path
) -> None:
    create_issuer(folder, OURS, "wilk")
    for name in ("token-own.pem", "own-issuer.json", "issuers.json"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name
    (key,) = json.loads((folder / "token-keys.json").read_text())["keys"]
    assert sorted(key) == ["crv", "kid", "kty", "use", "x", "y"]
    assert open_issuer(identity)


def test_other_issuers_stay_and_none_is_taken_over(identity: Identity, folder: Path) -> None:
    write_issuers(folder, issuer())
    before = (folder / "issuers.json").read_bytes()
    with pytest.raises(UsageError, match="already"):
        create_issuer(folder, issuer()["issuer"], "wilk")
    assert (folder / "issuers.json").read_bytes() == before
    create_issuer(folder, OURS, "wilk")
    named = [one["issuer"] for one in json.loads((folder / "issuers.json").read_text())["issuers"]]
    assert named == [issuer()["issuer"], OURS]
    with pytest.raises(UsageError, match="already"):
        create_issuer(folder, "https://another.test", "wilk")
    assert identity


def test_without_an_issuer_or_with_an_open_key_nothing_is_issued(
    identity: Identity, folder: Path
) -> None:
    with pytest.raises(UsageError, match="issues no tokens"):
        open_issuer(identity)
    create_issuer(folder, OURS, "wilk")
    (folder / "token-own.pem").chmod(0o644)
    with pytest.raises(VerificationError):
        open_issuer(identity)
    (folder / "token-own.pem").chmod(0o600)
    (folder / "own-issuer.json").chmod(0o644)
    with pytest.raises(UnavailableError):
        open_issuer(identity)
    (folder / "own-issuer.json").chmod(0o600)
    (folder / "own-issuer.json").write_text("{}")
    with pytest.raises(UnavailableError):
        open_issuer(identity)


def test_whoever_holds_a_refresh_token_ends_its_family(identity: Identity) -> None:
    opened, issued = _issued(identity)
    following = opened.refresh(issued.refresh)
    # A used one will do, too: whoever had it may say so.
    assert opened.end(issued.refresh) == issued.family == following.family
    assert _refused(identity, following.access) == "credential_revoked"
    with pytest.raises(AuthenticationError):
        opened.refresh(following.refresh)


def test_nobody_ends_a_family_by_its_name_alone(identity: Identity) -> None:
    opened, issued = _issued(identity)
    for text in (f"wr_{issued.family}_{'A' * 43}", f"wr_{'0' * 16}_{'A' * 43}", issued.family):
        with pytest.raises(AuthenticationError):
            opened.end(text)
    assert identity.authenticate(issued.access, channel="test", source="here").id == "a"


def test_a_refresh_token_that_fails_is_told_and_counted(folder: Path, identity: Identity) -> None:
    opened, issued = _issued(identity)
    told: list[Failure] = []
    watched = Identity(folder, tell=told.append)
    try:
        watched.refresh(opened, issued.refresh, channel="token", source="uid 1")
        with pytest.raises(AuthenticationError):
            watched.refresh(opened, issued.refresh, channel="token", source="uid 1")
    finally:
        watched.close()
    assert [(one.detail, one.source) for one in told] == [("credential_reused", "uid 1")]


def test_sessions_are_listed_without_secrets_and_ended_by_who_shows_them(
    identity: Identity,
) -> None:
    _, text = identity.api_keys.create("a", ["file:read"], days=1)
    made = identity.sessions.login(identity.api_keys.authenticate(text), "console")
    (one,) = identity.sessions.listed()
    assert (one.principal, one.channel, one.id) == ("a", "console", made.split("_")[1])
    secret = made[-43:]
    assert secret not in repr(one)
    assert identity.sessions.logout(f"ws_{one.id}_{'A' * 43}") is None
    assert len(identity.sessions.listed()) == 1
    assert identity.sessions.logout(made) == one.id
    assert identity.sessions.listed() == []
