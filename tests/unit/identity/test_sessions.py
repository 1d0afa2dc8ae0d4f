"""Sessions: ended by time, channel, logout and revocation; never begun by an id from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.errors import UsageError
from wilkc.identity import AuthenticationError, Identity, Principal

if TYPE_CHECKING:
    from tests.unit.identity.conftest import StillClock


@pytest.fixture
def shown(identity: Identity) -> Principal:
    _, text = identity.api_keys.create("a", ["file:read"])
    return identity.api_keys.authenticate(text)


def _refused(identity: Identity, text: str, detail: str, channel: str = "web") -> None:
    with pytest.raises(AuthenticationError) as raised:
        identity.sessions.authenticate(text, channel)
    assert raised.value.detail == detail


def test_a_session_stands_for_who_began_it(identity: Identity, shown: Principal) -> None:
    text = identity.sessions.login(shown, "web")
    found = identity.authenticate(text, channel="web", source="here")
    assert (found.id, found.method, found.scope) == ("a", "session", ("file:read",))


@pytest.mark.parametrize(
    "more", [{"scope": ("file:x *:*",)}, {"acts_for": ("b *",)}, {"scope": ("file:read", "")}]
)
def test_what_would_be_read_as_another_is_not_kept(
    identity: Identity, shown: Principal, more: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="blank"):
        identity.sessions.login(replace(shown, **more), "web")
    assert identity.sessions.listed() == []


def test_it_ends_when_it_is_idle(identity: Identity, shown: Principal, clock: StillClock) -> None:
    text = identity.sessions.login(shown, "web")
    for _ in range(5):
        clock.passes(899)
        identity.sessions.authenticate(text, "web")
    clock.passes(900)
    _refused(identity, text, "credential_expired")


def test_it_ends_at_its_limit_however_busy(
    identity: Identity, shown: Principal, clock: StillClock
) -> None:
    text = identity.sessions.login(shown, "web")
    for _ in range(12 * 6 - 1):
        clock.passes(600)
        identity.sessions.authenticate(text, "web")
    clock.passes(600)
    _refused(identity, text, "credential_expired")


def test_it_belongs_to_its_channel(identity: Identity, shown: Principal) -> None:
    text = identity.sessions.login(shown, "web")
    _refused(identity, text, "credential_misdirected", "mail")
    assert identity.sessions.authenticate(text, "web").id == "a"


def test_an_id_from_outside_never_becomes_a_session(identity: Identity, shown: Principal) -> None:
    planted = "ws_0123456789abcdef_" + "A" * 43
    _refused(identity, planted, "credential_unknown")
    text = identity.sessions.login(shown, "web", old=planted)
    assert text != planted
    _refused(identity, planted, "credential_unknown")


def test_a_login_ends_the_session_that_was_there(identity: Identity, shown: Principal) -> None:
    old = identity.sessions.login(shown, "web")
    new = identity.sessions.login(shown, "web", old=old)
    assert new != old
    _refused(identity, old, "credential_unknown")
    assert identity.sessions.authenticate(new, "web").id == "a"


def test_logout_needs_the_whole_session(identity: Identity, shown: Principal) -> None:
    text = identity.sessions.login(shown, "web")
    identity.sessions.logout(text[:-1] + ("A" if text[-1] != "A" else "B"))
    assert identity.sessions.authenticate(text, "web").id == "a"
    identity.sessions.logout(text)
    _refused(identity, text, "credential_unknown")


@pytest.mark.parametrize("kind", ["session", "key", "principal", "agent"])
def test_it_ends_with_whatever_it_rests_on(identity: Identity, shown: Principal, kind: str) -> None:
    text = identity.sessions.login(shown, "web")
    name = {"session": text.split("_")[1], "key": shown.credential}.get(kind, "a")
    identity.revocations.revoke(kind, name)  # type: ignore[arg-type]
    _refused(identity, text, "credential_revoked")


def test_it_never_outlives_its_credential(identity: Identity, clock: StillClock) -> None:
    _, text = identity.api_keys.create("a", ["file:read"], days=1)
    clock.passes(86_400 - 100)
    session = identity.sessions.login(identity.api_keys.authenticate(text), "web")
    clock.passes(100)
    _refused(identity, session, "credential_expired")


def test_a_session_begins_no_session(identity: Identity, shown: Principal) -> None:
    text = identity.sessions.login(shown, "web")
    with pytest.raises(UsageError, match="not with a session"):
        identity.sessions.login(identity.sessions.authenticate(text, "web"), "web")


@pytest.mark.parametrize("text", ["ws_", "ws_0123456789abcdef_" + "A" * 44, "wk_x"])
def test_what_is_no_session_is_refused(identity: Identity, text: str) -> None:
    _refused(identity, text, "credential_malformed")
