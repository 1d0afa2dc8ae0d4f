"""Issuers are put on the list and taken off it while processes run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tests.unit.identity.tokens import ISSUER, KEYS, issuer, public_jwk, signed, write_issuers
from tests.unit.identity.tokens import write_keys as write_key_file
from wilkc.core.errors import UnavailableError
from wilkc.identity import AuthenticationError, Identity
from wilkc.identity.tokens import trusted as module
from wilkc.identity.tokens.keyset import open_keyset
from wilkc.identity.tokens.trusted import LOOK_SECONDS, TrustedTokens

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.identity.conftest import StillClock
    from wilkc.identity import Issuer
    from wilkc.identity.tokens.keyset import KeySet

OTHER = "https://other.example"


class Watch:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def tokens(identity: Identity, folder: Path, clock: StillClock, watch: Watch) -> TrustedTokens:
    write_key_file(folder, public_jwk(KEYS["ES256"], "key-1", "ES256"))
    return TrustedTokens(folder, _nowhere, identity.revocations, clock, watch)


def _nowhere(address: str) -> NoReturn:
    raise AssertionError(address)


def _token(clock: StillClock, named: str = ISSUER) -> str:
    claims = {
        "iss": named, "aud": "wilk", "sub": "researcher", "jti": "t", "iat": clock.now(),
        "exp": clock.now() + 300,
    }  # fmt: skip
    return signed({"alg": "ES256", "kid": "key-1", "typ": "JWT"}, claims, KEYS["ES256"])


def _detail(tokens: TrustedTokens, text: str) -> str:
    with pytest.raises(AuthenticationError) as raised:
        tokens.authenticate(text)
    return raised.value.detail


def test_an_issuer_is_believed_and_not_believed_without_a_restart(
    tokens: TrustedTokens, folder: Path, clock: StillClock, watch: Watch
) -> None:
    assert _detail(tokens, _token(clock)) == "credential_unknown"
    write_issuers(folder, issuer())
    watch.now += LOOK_SECONDS
    assert tokens.authenticate(_token(clock)).id == "researcher"
    write_issuers(folder, issuer(issuer=OTHER))
    watch.now += LOOK_SECONDS
    assert _detail(tokens, _token(clock)) == "credential_unknown"
    assert tokens.authenticate(_token(clock, OTHER)).id == "researcher"
    (folder / "issuers.json").unlink()
    watch.now += LOOK_SECONDS
    assert _detail(tokens, _token(clock, OTHER)) == "credential_unknown"


@pytest.mark.parametrize("spoil", ["malformed", "open"])
def test_a_list_that_cannot_be_believed_lets_nobody_in(
    tokens: TrustedTokens, folder: Path, clock: StillClock, watch: Watch, spoil: str
) -> None:
    write_issuers(folder, issuer())
    assert tokens.authenticate(_token(clock)).id == "researcher"
    if spoil == "open":
        (folder / "issuers.json").chmod(0o644)
    else:
        (folder / "issuers.json").write_text("{")
    for _ in range(3):
        watch.now += LOOK_SECONDS
        with pytest.raises(UnavailableError):
            tokens.authenticate(_token(clock))
    with pytest.raises(UnavailableError):
        tokens.authenticate(_token(clock))
    write_issuers(folder, issuer())
    watch.now += LOOK_SECONDS
    assert tokens.authenticate(_token(clock)).id == "researcher"


def test_an_issuer_that_is_as_it_was_keeps_its_keys(
    tokens: TrustedTokens, folder: Path, clock: StillClock, watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    opened: list[str] = []
    honest = open_keyset

    def counted(one: Issuer, *rest: Any) -> KeySet:
        opened.append(one.issuer)
        return honest(one, *rest)

    monkeypatch.setattr(module, "open_keyset", counted)
    write_issuers(folder, issuer())
    tokens.authenticate(_token(clock))
    write_issuers(folder, issuer(), issuer(issuer=OTHER))
    watch.now += LOOK_SECONDS
    tokens.authenticate(_token(clock, OTHER))
    write_issuers(folder, issuer(scope=["file:read"]), issuer(issuer=OTHER))
    watch.now += LOOK_SECONDS
    assert tokens.authenticate(_token(clock)).scope == ("file:read",)
    assert opened == [ISSUER, OTHER, ISSUER]
