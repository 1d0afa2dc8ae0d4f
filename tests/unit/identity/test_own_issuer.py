"""An identity that issues tokens of its own believes them, and gives nobody more by them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.identity.tokens import issuer, write_issuers
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.files import replace_file
from wilkc.identity import (
    AuthenticationError,
    Failure,
    Identity,
    Issued,
    TokenIssuer,
    create_issuer,
    open_issuer,
    rotate_issuer,
)
from wilkc.identity.tokens import own as module

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.identity import Principal

OURS = "https://wilk.test"


def _private(folder: Path) -> Path:
    (found,) = (path for path in folder.glob("token-own*.pem") if ".pub" not in path.name)
    return found


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
    for name in (_private(folder).name, "own-issuer.json", "issuers.json"):
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
    _private(folder).chmod(0o644)
    with pytest.raises(VerificationError):
        open_issuer(identity)
    _private(folder).chmod(0o600)
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


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for: each test opens the identity anew where it matters."""
    monkeypatch.setattr(module, "FILE_SECONDS", 0)


def _shown(identity: Identity, text: str) -> str:
    """Whom a process that starts now takes a token for, or why not."""
    fresh = Identity(identity.folder, clock=identity.clock)
    try:
        return fresh.tokens.authenticate(text).id
    except AuthenticationError as error:
        return error.detail
    finally:
        fresh.close()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("at_once", "before"), [(False, "a"), (True, "credential_unknown")])
def test_a_new_key_signs_and_the_old_one_is_believed_or_not(
    identity: Identity, folder: Path, *, at_once: bool, before: str
) -> None:
    _, issued = _issued(identity)
    old = _private(folder)
    name = rotate_issuer(folder, at_once=at_once)
    assert _private(folder).name == f"{name}.pem" != old.name
    assert _shown(identity, issued.access) == before
    following = open_issuer(identity).refresh(issued.refresh)
    assert _shown(identity, following.access) == "a"


@pytest.mark.usefixtures("quick")
def test_the_key_before_the_last_one_is_gone(identity: Identity, folder: Path) -> None:
    _, issued = _issued(identity)
    rotate_issuer(folder)
    rotate_issuer(folder)
    assert _shown(identity, issued.access) == "credential_unknown"
    assert len(json.loads((folder / "token-keys.json").read_text())["keys"]) == 2


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("written", ["token-keys.json", "own-issuer.json"])
def test_a_rotation_that_is_cut_off_can_be_done_again(
    identity: Identity, folder: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    _, issued = _issued(identity)
    honest = replace_file

    def cut(path: Path, *rest: Any, **named: Any) -> None:
        if path.name == written:
            raise KeyboardInterrupt
        honest(path, *rest, **named)

    monkeypatch.setattr(module, "replace_file", cut)
    with pytest.raises(KeyboardInterrupt):
        rotate_issuer(folder)
    monkeypatch.setattr(module, "replace_file", honest)
    assert _shown(identity, issued.access) == "a"
    assert _shown(identity, open_issuer(identity).refresh(issued.refresh).access) == "a"
    rotate_issuer(folder)
    assert _shown(identity, open_issuer(identity).begin(_who(identity)).access) == "a"
    assert _private(folder)


def _who(identity: Identity) -> Principal:
    _, text = identity.api_keys.create("a", ["file:read"], days=1)
    return identity.api_keys.authenticate(text)


@pytest.mark.parametrize("written", ["token-keys.json", "own-issuer.json", "issuers.json"])
def test_an_issuer_that_was_cut_off_can_be_made_again(
    identity: Identity, folder: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    honest = replace_file

    def cut(path: Path, *rest: Any, **named: Any) -> None:
        if path.name == written:
            raise KeyboardInterrupt
        honest(path, *rest, **named)

    monkeypatch.setattr(module, "replace_file", cut)
    with pytest.raises(KeyboardInterrupt):
        create_issuer(folder, OURS, "wilk")
    monkeypatch.setattr(module, "replace_file", honest)
    create_issuer(folder, OURS, "wilk")
    assert _shown(identity, open_issuer(identity).begin(_who(identity)).access) == "a"


def test_an_issuer_of_before_is_opened_and_rotated(
    identity: Identity, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It named no key: there was one name for it."""
    monkeypatch.setattr(module, "FILE_SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr("wilkc.identity.tokens.own.secrets.token_hex", lambda _: "old")
        create_issuer(folder, OURS, "wilk")
    for suffix in (".pem", ".pub.pem"):
        (folder / f"token-own-old{suffix}").rename(folder / f"token-own{suffix}")
    text = (folder / "token-keys.json").read_text().replace("token-own-old", "token-own")
    (folder / "token-keys.json").write_text(text)
    (folder / "own-issuer.json").write_text(json.dumps({"issuer": OURS, "audience": "wilk"}))
    following = open_issuer(identity).begin(_who(identity))
    assert _shown(identity, following.access) == "a"
    rotate_issuer(folder)
    assert _shown(identity, following.access) == "a"
    assert _private(folder).name != "token-own.pem"


def test_without_an_issuer_there_is_nothing_to_rotate(folder: Path) -> None:
    with pytest.raises(UsageError, match="issues no tokens"):
        rotate_issuer(folder)
