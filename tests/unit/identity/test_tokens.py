"""Tokens: what is accepted, and each known way to be let in without one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.unit.identity.tokens import (
    ISSUER,
    KEYS,
    issuer,
    public_jwk,
    signed,
    write_issuers,
    write_keys,
)
from wilkc.core.encoding import from_base64url, to_base64url
from wilkc.core.errors import UnavailableError
from wilkc.identity import AuthenticationError, Identity
from wilkc.identity.tokens.jwks import parse_jwks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.identity.conftest import StillClock

Make = Callable[..., str]


@pytest.fixture
def trusted(folder: Path) -> None:
    write_issuers(folder, issuer())
    write_keys(folder, public_jwk(KEYS["ES256"], "key-1", "ES256"))


@pytest.fixture
def make(clock: StillClock) -> Make:
    def token(
        *, key: Any = KEYS["ES256"], algorithm: str = "ES256",
        header: dict[str, Any] | None = None, without: tuple[str, ...] = (), **other: Any,
    ) -> str:  # fmt: skip
        now = clock.now()
        claims = {
            "iss": ISSUER, "aud": "wilk", "sub": "researcher", "iat": now, "exp": now + 300,
            "jti": "t1", **other,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if name not in without}
        return signed(
            {"alg": algorithm, "kid": "key-1", "typ": "JWT", **(header or {})}, claims, key
        )

    return token


def refused(identity: Identity, text: str, detail: str) -> None:
    with pytest.raises(AuthenticationError) as raised:
        identity.tokens.authenticate(text)
    assert raised.value.detail == detail


@pytest.mark.usefixtures("trusted")
def test_a_token_says_who_asks(identity: Identity, make: Make) -> None:
    found = identity.authenticate(make(), channel="test", source="here")
    assert (found.id, found.method) == ("researcher", "token")
    assert found.credential == f"{ISSUER} t1"
    assert found.may_ask("file", "read")
    assert not found.may_ask("network", "connect")
    assert identity.tokens.authenticate(make(aud=["other", "wilk"], sub="ci-7")).id == "ci-7"


@pytest.mark.parametrize("algorithm", KEYS)
def test_each_algorithm(folder: Path, identity: Identity, make: Make, algorithm: str) -> None:
    key = KEYS[algorithm]
    write_issuers(folder, issuer(algorithm=algorithm))
    write_keys(folder, public_jwk(key, "key-1", algorithm))
    text = make(key=key, algorithm=algorithm)
    assert identity.tokens.authenticate(text).id == "researcher"
    front, _, signature = text.rpartition(".")
    changed = bytearray(from_base64url(signature))
    changed[5] ^= 1
    refused(identity, f"{front}.{to_base64url(bytes(changed))}", "credential_unknown")
    refused(identity, f"{front}.{to_base64url(b'x')}", "credential_unknown")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "name",
    ["none", "None", "NONE", "nOnE", "HS256", "HS512", "ES384", "RS256", "PS256", "EdDSA", ""],
)
def test_no_other_algorithm_is_taken(identity: Identity, make: Make, name: str) -> None:
    pem = (
        KEYS["ES256"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    # With no signature, with the public key as a shared secret, and with the right one.
    for key in (None, pem, KEYS["ES256"]):
        text = make(key=key, algorithm=name)
        refused(identity, text, "credential_malformed")
        assert text.count(".") == 2


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "header",
    [{"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/cert"},
     {"jwk": {"kty": "EC"}}, {"x5c": ["AA"]}, {"crit": ["exp"]}, {"crit": []}, {"b64": False},
     {"zip": "DEF"}, {"__proto__": {"alg": "none"}}, {"constructor": {}}],
    ids=lambda header: str(next(iter(header))),
)  # fmt: skip
def test_nothing_in_a_header_leads_elsewhere(
    identity: Identity, make: Make, header: dict[str, Any]
) -> None:
    refused(identity, make(header=header), "credential_malformed")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "name",
    ["../../dev/null", "/dev/null", "' OR 1=1 --", "key-1\0", "key-1\n", "", None, 1, ["key-1"],
     {"kid": "key-1"}, "k" * 201, "key-1; rm -rf", "http://evil.example", "${jndi:x}"],
)  # fmt: skip
def test_the_id_of_a_key_leads_nowhere(identity: Identity, make: Make, name: Any) -> None:
    refused(identity, make(header={"kid": name}), "credential_malformed")


@pytest.mark.usefixtures("trusted")
def test_a_key_of_somebody_else_is_refused(identity: Identity, make: Make) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    refused(identity, make(key=other), "credential_unknown")
    refused(identity, make(key=other, header={"kid": "key-2"}), "credential_unknown")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("other", "detail"),
    [
        ({"iss": "https://issuer.example/"}, "credential_unknown"),
        ({"iss": ["https://issuer.example"]}, "credential_unknown"),
        ({"iss": None}, "credential_unknown"),
        ({"aud": "wilk2"}, "credential_misdirected"),
        ({"aud": ["other"]}, "credential_misdirected"),
        ({"aud": {"wilk": 1}}, "credential_misdirected"),
        ({"aud": "wil"}, "credential_misdirected"),
        ({"sub": "operator"}, "credential_misdirected"),
        ({"sub": "ci"}, "credential_misdirected"),
        ({"sub": "../x"}, "credential_malformed"),
        ({"sub": ["researcher"]}, "credential_malformed"),
        ({"jti": ""}, "credential_malformed"),
        ({"jti": 7}, "credential_malformed"),
        ({"exp": "never"}, "credential_malformed"),
        ({"exp": True}, "credential_malformed"),
        ({"exp": 1e300}, "credential_malformed"),
        ({"wilk_scope": "*:*"}, "credential_malformed"),
        ({"wilk_rests_on": "key"}, "credential_malformed"),
        ({"wilk_rests_on": None}, "credential_malformed"),
        ({"wilk_rests_on": [["key"]]}, "credential_malformed"),
        ({"wilk_rests_on": [["key", 1]]}, "credential_malformed"),
        ({"wilk_rests_on": [["source", "x"]]}, "credential_malformed"),
    ],
    ids=str,
)
def test_claims_that_are_not_for_us(
    identity: Identity, make: Make, other: dict[str, Any], detail: str
) -> None:
    refused(identity, make(**other), detail)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("name", ["iss", "aud", "sub", "iat", "exp", "jti"])
def test_every_claim_is_needed(identity: Identity, make: Make, name: str) -> None:
    with pytest.raises(AuthenticationError):
        identity.tokens.authenticate(make(without=(name,)))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("begins", "ends", "detail"),
    [(-300, -10, "credential_expired"), (-300, -9, None), (10, 300, None),
     (11, 300, "credential_not_yet_valid"), (-10, 3591, "credential_malformed"),
     (-10, 3590, None)],
)  # fmt: skip
def test_clocks_may_differ_by_the_leeway_and_no_more(
    identity: Identity, make: Make, clock: StillClock, begins: int, ends: int, detail: str | None
) -> None:
    now = clock.now()
    text = make(iat=now + begins, nbf=now + begins, exp=now + ends)
    if detail is None:
        assert identity.tokens.authenticate(text).id == "researcher"
    else:
        refused(identity, text, detail)


@pytest.mark.usefixtures("trusted")
def test_not_before_is_heeded(identity: Identity, make: Make, clock: StillClock) -> None:
    refused(identity, make(nbf=clock.now() + 60), "credential_not_yet_valid")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("claims", "header"),
    [('{"iss":"%s","iss":"https://evil.example"}', None), ("[]", None), ("null", None),
     ('{"exp": NaN}', None), ("[" * 100_000, None),
     ("{}", '{"alg":"ES256","kid":"key-1","alg":"none"}'), ("{}", "[]"), ("{}", '"ES256"')],
)  # fmt: skip
def test_texts_with_two_readings_are_refused(
    identity: Identity, claims: str, header: str | None
) -> None:
    head = header or '{"alg":"ES256","kid":"key-1"}'
    refused(identity, signed(head, claims, KEYS["ES256"])[:8192], "credential_malformed")


@pytest.mark.usefixtures("trusted")
def test_prototype_like_claims_change_nothing(identity: Identity, make: Make) -> None:
    text = make(__proto__={"sub": "operator"}, constructor={"prototype": {"scope": "*:*"}})
    found = identity.tokens.authenticate(text)
    assert (found.id, found.scope) == ("researcher", ("file:*", "shell:execute"))


@pytest.mark.usefixtures("trusted")
def test_roles_in_a_token_are_not_read(identity: Identity, make: Make) -> None:
    found = identity.tokens.authenticate(make(roles=["admin"], groups=["root"]))
    assert found == identity.tokens.authenticate(make())


@pytest.mark.usefixtures("trusted")
def test_spellings_and_sizes(identity: Identity, make: Make) -> None:
    text = make()
    for odd in (text + "=", text + "\n", f" {text}", text.replace(".", ".."), text + ".x",
                text[:-1] + chr(ord(text[-1]) ^ 1), make(pad="x" * 8192)):  # fmt: skip
        with pytest.raises(AuthenticationError):
            identity.tokens.authenticate(odd)
    assert identity.tokens.authenticate(text).id == "researcher"


@pytest.mark.usefixtures("trusted")
def test_a_token_may_narrow_and_never_widen(identity: Identity, make: Make) -> None:
    wanted = ["file:read", "*:*", "network:connect", "*:read", "shell:*"]
    agents = ["worker-1", "worker-1*", "wor*", "*", "other"]
    found = identity.tokens.authenticate(make(wilk_scope=wanted, wilk_acts_for=agents))
    assert found.scope == ("file:read",)
    assert found.acts_for == ("worker-1", "worker-1*")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "claims",
    [{"wilk_scope": ["file:x *:*"]}, {"wilk_scope": ["file:read\t*:*"]},
     {"wilk_scope": ["file:read", ""]}, {"wilk_scope": ["file:read\n"]},
     {"wilk_scope": ["file:read\u2003*:*"]}, {"wilk_scope": ["file:Read"]},
     {"wilk_acts_for": ["worker-x *"]}, {"wilk_acts_for": ["worker-1\n"]},
     {"wilk_acts_for": ["worker-*-1"]}, {"wilk_acts_for": [""]}],
    ids=str,
)  # fmt: skip
def test_an_entry_with_a_blank_is_not_read_as_two(
    identity: Identity, make: Make, claims: dict[str, Any]
) -> None:
    refused(identity, make(**claims), "credential_malformed")


@pytest.mark.usefixtures("trusted")
def test_what_is_got_with_a_token_never_has_more(identity: Identity, make: Make) -> None:
    narrow = {"wilk_scope": ["file:read"], "wilk_acts_for": ["worker-1"]}
    nothing: dict[str, list[str]] = {"wilk_scope": [], "wilk_acts_for": []}
    every: dict[str, list[str]] = {}
    for claims in (narrow, nothing, every):
        shown = identity.tokens.authenticate(make(**claims))
        text = identity.sessions.login(shown, "web")
        found = identity.sessions.authenticate(text, "web")
        assert (found.scope, found.acts_for) == (shown.scope, shown.acts_for)


def test_a_name_vouches_for_no_pattern(folder: Path, identity: Identity, make: Make) -> None:
    write_issuers(folder, issuer(acts_for=["worker"]))
    write_keys(folder, public_jwk(KEYS["ES256"], "key-1", "ES256"))
    assert identity.tokens.authenticate(make(wilk_acts_for=["worker*"])).acts_for == ()


def test_an_issuer_is_not_another(folder: Path, identity: Identity, make: Make) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    second = issuer(issuer="https://second.example", keys="second.json", principals=["guest"])
    write_issuers(folder, issuer(), second)
    write_keys(folder, public_jwk(KEYS["ES256"], "key-1", "ES256"))
    write_keys(folder, public_jwk(other, "key-1", "ES256"), name="second.json")
    theirs = {"key": other, "iss": "https://second.example"}
    assert identity.tokens.authenticate(make(**theirs, sub="guest")).id == "guest"
    refused(identity, make(**theirs), "credential_misdirected")
    refused(identity, make(key=other), "credential_unknown")
    refused(identity, make(iss="https://second.example", sub="guest"), "credential_unknown")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("kind", ["token", "principal", "agent"])
def test_a_revoked_one_is_refused_at_once(identity: Identity, make: Make, kind: str) -> None:
    text, other = make(), make(jti="t2", sub="ci-1")
    assert identity.tokens.authenticate(text).id == "researcher"
    name = f"{ISSUER} t1" if kind == "token" else "researcher"
    identity.revocations.revoke(kind, name)  # type: ignore[arg-type]
    refused(identity, text, "credential_revoked")
    assert identity.tokens.authenticate(other).id == "ci-1"


@pytest.mark.parametrize(
    "other",
    [{"algorithm": "none"}, {"algorithm": "HS256"}, {"keys": "http://issuer.example/keys"},
     {"keys": "ftp://x/y"}, {"leeway_seconds": 121}, {"leeway_seconds": -1},
     {"lifetime_seconds": 0}, {"lifetime_seconds": 10**6}, {"principals": []},
     {"principals": ["a b"]}, {"scope": []}, {"audience": ""}, {"extra": 1}, {"kind": "jwe"}],
    ids=str,
)  # fmt: skip
def test_an_issuer_that_makes_no_sense_lets_nobody_in(
    folder: Path, identity: Identity, make: Make, other: dict[str, Any]
) -> None:
    write_issuers(folder, issuer(**other))
    write_keys(folder, public_jwk(KEYS["ES256"], "key-1", "ES256"))
    with pytest.raises(UnavailableError):
        identity.authenticate(make(), channel="test", source="here")


@pytest.mark.usefixtures("trusted")
def test_issuers_that_others_may_read_or_that_stand_twice(
    folder: Path, identity: Identity, make: Make
) -> None:
    (folder / "issuers.json").chmod(0o644)
    with pytest.raises(UnavailableError, match="closed to everybody"):
        identity.tokens.authenticate(make())
    write_issuers(folder, issuer(), issuer(audience="x"))
    with pytest.raises(UnavailableError, match="twice"):
        identity.tokens.authenticate(make())


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ([], "no key for"),
        ([{"kty": "oct", "k": "AAAA", "kid": "key-1"}], "must be given up"),
        ([{**public_jwk(KEYS["ES256"], "key-1", "ES256"), "d": "AA"}], "must be given up"),
        ([public_jwk(KEYS["ES256"], "key-1", "ES256")] * 2, "twice"),
        ([public_jwk(KEYS["ES256"], "../x", "ES256")], "id that could be one"),
        ([public_jwk(KEYS["RS256"], "key-1", "RS256")], "no key for"),
        ([{**public_jwk(KEYS["ES256"], "key-1", "ES256"), "use": "enc"}], "no key for"),
        ([{**public_jwk(KEYS["ES256"], "key-1", "ES256"), "alg": "ES384"}], "no key for"),
        ([{**public_jwk(KEYS["ES256"], "key-1", "ES256"), "x": "AA"}], "key-1"),
        ([1], "no object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sets_of_keys_that_are_refused(keys: list[Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_jwks(json.dumps({"keys": keys}).encode(), "ES256")


def test_a_short_rsa_key_is_refused() -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505  # what is refused
    data = json.dumps({"keys": [public_jwk(weak, "key-1", "RS256")]}).encode()
    with pytest.raises(ValueError, match="1024 bits"):
        parse_jwks(data, "RS256")
