"""Our own tokens: short, renewed once each, and ended together."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.unit.identity.tokens import issuer, write_issuers, write_keys
from wilkc.bundle import PrivateKey, generate_key
from wilkc.core.errors import UsageError
from wilkc.identity import AuthenticationError, Identity, Issued, Signer, TokenIssuer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.identity.conftest import StillClock

OURS = "wilk.test"


@pytest.fixture
def key(folder: Path) -> PrivateKey:
    made = generate_key()
    public: Any = load_pem_public_key(made.public().pem)
    entry = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    write_keys(folder, {**entry, "kid": "own"}, name="token-keys.json")
    anybody: dict[str, Any] = {"principals": ["*"], "scope": ["*:*"], "acts_for": ["*"]}
    write_issuers(folder, issuer(issuer=OURS, keys="token-keys.json", **anybody))
    return made


@pytest.fixture
def issuing(identity: Identity, key: PrivateKey) -> TokenIssuer:
    return _issuer(identity, key)


def _issuer(identity: Identity, key: PrivateKey) -> TokenIssuer:
    signer = Signer(OURS, "wilk", "own", key)
    parts = (identity.database, identity.hash_key, identity.revocations, identity.clock)
    return TokenIssuer(signer, *parts)


def _begun(identity: Identity, issuing: TokenIssuer) -> tuple[str, Issued]:
    made, text = identity.api_keys.create("a", ["file:read"], acts_for=["b"], days=1)
    return made.id, issuing.begin(identity.api_keys.authenticate(text))


def _refused(issuing: TokenIssuer, text: str, detail: str) -> None:
    with pytest.raises(AuthenticationError) as raised:
        issuing.refresh(text)
    assert raised.value.detail == detail


def _dead(identity: Identity, text: str, detail: str = "credential_revoked") -> None:
    with pytest.raises(AuthenticationError) as raised:
        identity.tokens.authenticate(text)
    assert raised.value.detail == detail


def test_what_would_be_read_as_another_is_not_issued(
    identity: Identity, issuing: TokenIssuer
) -> None:
    _, text = identity.api_keys.create("a", ["file:read"])
    shown = identity.api_keys.authenticate(text)
    odd: list[dict[str, Any]] = [{"scope": ("file:x *:*",)}, {"acts_for": ("b *",)}]
    for more in odd:
        with pytest.raises(UsageError, match="blank"):
            issuing.begin(replace(shown, **more))
    assert issuing.begin(shown).seconds > 0


def test_an_access_token_stands_for_who_asked_and_is_short(
    identity: Identity, issuing: TokenIssuer, clock: StillClock
) -> None:
    _, issued = _begun(identity, issuing)
    found = identity.tokens.authenticate(issued.access)
    assert (found.id, found.scope, found.acts_for) == ("a", ("file:read",), ("b",))
    assert issued.seconds == 300
    clock.passes(310)
    _dead(identity, issued.access, "credential_expired")


def test_each_refresh_token_gives_one_pair(
    identity: Identity, issuing: TokenIssuer, clock: StillClock
) -> None:
    _, issued = _begun(identity, issuing)
    for _ in range(5):
        clock.passes(400)
        following = issuing.refresh(issued.refresh)
        assert following.refresh != issued.refresh
        assert identity.tokens.authenticate(following.access).scope == ("file:read",)
        issued = following


def test_a_refresh_token_used_again_ends_the_family(
    identity: Identity, issuing: TokenIssuer, opened: Callable[[], Identity]
) -> None:
    _, first = _begun(identity, issuing)
    second = issuing.refresh(first.refresh)
    third = issuing.refresh(second.refresh)
    _, apart = _begun(identity, issuing)
    _refused(issuing, first.refresh, "credential_reused")
    _refused(issuing, third.refresh, "credential_revoked")
    for access in (first.access, second.access, third.access):
        _dead(identity, access)
        _dead(opened(), access)
    assert identity.tokens.authenticate(issuing.refresh(apart.refresh).access).id == "a"


def test_of_two_at_once_one_gets_a_pair(
    opened: Callable[[], Identity], identity: Identity, key: PrivateKey
) -> None:
    _, first = _begun(identity, _issuer(identity, key))
    results: list[str] = []

    def use() -> None:
        one = opened()
        try:
            _issuer(one, key).refresh(first.refresh)
            results.append("pair")
        except AuthenticationError as error:
            results.append(error.detail)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["credential_reused"] * 3 + ["pair"]


def test_a_made_up_refresh_token_ends_nothing(identity: Identity, issuing: TokenIssuer) -> None:
    _, issued = _begun(identity, issuing)
    family = issued.refresh.split("_")[1]
    _refused(issuing, f"wr_{family}_{'A' * 43}", "credential_unknown")
    _refused(issuing, "wr_0123456789abcdef_" + "A" * 43, "credential_unknown")
    _refused(issuing, "wr_x", "credential_malformed")
    assert identity.tokens.authenticate(issuing.refresh(issued.refresh).access).id == "a"


@pytest.mark.parametrize("kind", ["key", "family", "principal"])
def test_it_ends_with_whatever_it_rests_on(
    identity: Identity, issuing: TokenIssuer, kind: str
) -> None:
    name, issued = _begun(identity, issuing)
    family = issued.refresh.split("_")[1]
    wanted = {"key": name, "family": family, "principal": "a"}[kind]
    identity.revocations.revoke(kind, wanted)  # type: ignore[arg-type]
    _refused(issuing, issued.refresh, "credential_revoked")
    _dead(identity, issued.access)


def test_a_family_never_outlives_its_key(
    identity: Identity, issuing: TokenIssuer, clock: StillClock
) -> None:
    _, issued = _begun(identity, issuing)
    clock.passes(86_400 - 100)
    issued = issuing.refresh(issued.refresh)
    assert issued.seconds == 100
    clock.passes(100)
    _refused(issuing, issued.refresh, "credential_expired")


def test_refresh_tokens_are_kept_as_hashes(
    identity: Identity, issuing: TokenIssuer, folder: Path
) -> None:
    _, issued = _begun(identity, issuing)
    issuing.refresh(issued.refresh)
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert issued.refresh[-43:].encode() not in kept
    assert issued.refresh not in repr(issued)


def test_long_access_tokens_are_not_issued(identity: Identity, key: PrivateKey) -> None:
    signer = Signer(OURS, "wilk", "own", key, access_seconds=3601)
    parts = (identity.database, identity.hash_key, identity.revocations, identity.clock)
    with pytest.raises(UsageError):
        TokenIssuer(signer, *parts)


def _chain(identity: Identity, issuing: TokenIssuer) -> tuple[str, Issued, Issued, str]:
    """A key's name, a pair got with it, a pair got with that one's token, and a session too."""
    name, first = _begun(identity, issuing)
    shown = identity.tokens.authenticate(first.access)
    return name, first, issuing.begin(shown), identity.sessions.login(shown, "console")


@pytest.mark.parametrize("kind", ["key", "token", "family", "reuse"])
def test_what_was_got_with_a_token_ends_with_all_that_the_token_rests_on(
    identity: Identity, issuing: TokenIssuer, kind: str
) -> None:
    name, first, second, session = _chain(identity, issuing)
    _, apart = _begun(identity, issuing)
    if kind == "reuse":
        issuing.refresh(first.refresh)
        _refused(issuing, first.refresh, "credential_reused")
    else:
        token = identity.tokens.authenticate(first.access).credential
        wanted = {"key": name, "token": token, "family": first.family}[kind]
        identity.revocations.revoke(kind, wanted)  # type: ignore[arg-type]
    _dead(identity, second.access)
    _refused(issuing, second.refresh, "credential_revoked")
    with pytest.raises(AuthenticationError, match="credential_revoked"):
        identity.sessions.authenticate(session, "console")
    assert identity.tokens.authenticate(apart.access).id == "a"


@pytest.mark.parametrize(("overlap", "over"), [(0, True), (3, False)])
def test_what_was_got_with_a_key_ends_with_its_overlap(
    identity: Identity, issuing: TokenIssuer, clock: StillClock, *, overlap: int, over: bool
) -> None:
    made, text = identity.api_keys.create("a", ["file:read"], days=30)
    shown = identity.api_keys.authenticate(text)
    first, session = issuing.begin(shown), identity.sessions.login(shown, "console")
    identity.api_keys.rotate(made.id, overlap_days=overlap)
    if over:
        _dead(identity, first.access)
        with pytest.raises(AuthenticationError):
            issuing.refresh(first.refresh)
        with pytest.raises(AuthenticationError):
            identity.sessions.authenticate(session, "console")
        return
    assert identity.tokens.authenticate(first.access).id == "a"
    assert identity.sessions.authenticate(session, "console").id == "a"
    following = issuing.refresh(first.refresh)
    clock.passes(3 * 86_400 - 400)
    following = issuing.refresh(following.refresh)
    clock.passes(300)
    following = issuing.refresh(following.refresh)
    clock.passes(100)
    # Long before the family's own end, and before the end that the key had.
    _refused(issuing, following.refresh, "credential_expired")
    with pytest.raises(AuthenticationError):
        identity.sessions.authenticate(session, "console")


def test_what_was_got_before_origins_were_told_whole_still_ends_with_its_own(
    identity: Identity, issuing: TokenIssuer
) -> None:
    name, issued = _begun(identity, issuing)
    with identity.database.change() as change:
        change.execute("UPDATE families SET origin = ?", (f"key {name}",))
    following = issuing.refresh(issued.refresh)
    assert identity.tokens.authenticate(following.access).id == "a"
    identity.revocations.revoke("key", name)
    _refused(issuing, following.refresh, "credential_revoked")
    _dead(identity, following.access)


def test_a_chain_of_tokens_comes_to_an_end(identity: Identity, issuing: TokenIssuer) -> None:
    _, issued = _begun(identity, issuing)
    for _ in range(3):
        issued = issuing.begin(identity.tokens.authenticate(issued.access))
    last = identity.tokens.authenticate(issued.access)
    with pytest.raises(UsageError, match="too often"):
        issuing.begin(last)
