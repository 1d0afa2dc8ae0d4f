"""Every step of verification, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.bundle import generate_key, read_bundle, sign_bundle, verify_bundle, verifying
from wilkc.bundle.archive import MAX_MEMBERS, pack, unpack
from wilkc.core.canonical import canonical_json
from wilkc.core.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from tests.unit.bundle.conftest import Workshop


def test_a_signed_bundle_verifies(workshop: Workshop) -> None:
    found = workshop.verify(workshop.signed)
    assert (found.revision, found.key_id, found.scope) == ("r1", "k", "prod")
    assert found.files == (".manifest", "wilk/data.json", "wilk/decision.rego")
    assert found.archive == workshop.signed


def test_signing_twice_gives_the_same_bytes(workshop: Workshop) -> None:
    again = sign_bundle(workshop.signed, workshop.key, key_id="k", scope="prod")
    assert again == workshop.signed


def test_a_bundle_packed_by_others_verifies_and_comes_out_canonical(workshop: Workshop) -> None:
    shuffled = pack(dict(reversed(unpack(workshop.signed).items())))
    assert workshop.verify(shuffled).archive == workshop.signed


def test_without_scope_none_is_bound(workshop: Workshop) -> None:
    plain = sign_bundle(workshop.unsigned, workshop.key, key_id="k")
    assert workshop.verify(plain, scope="").scope == ""


def test_each_of_two_keys_is_accepted(workshop: Workshop) -> None:
    new = generate_key()
    keys = {"k": workshop.key.public(), "new": new.public()}
    signed = sign_bundle(workshop.unsigned, new, key_id="new", scope="prod")
    assert verify_bundle(signed, keys, scope="prod").key_id == "new"
    assert verify_bundle(workshop.signed, keys, scope="prod").key_id == "k"


def test_a_key_under_the_id_of_another_is_refused(workshop: Workshop) -> None:
    new = generate_key()
    keys = {"k": workshop.key.public(), "new": new.public()}
    crossed = sign_bundle(workshop.unsigned, new, key_id="k", scope="prod")
    with pytest.raises(VerificationError, match="not made by key `k`"):
        verify_bundle(crossed, keys, scope="prod")


def _refused(workshop: Workshop, data: bytes, message: str, scope: str = "prod") -> None:
    with pytest.raises(VerificationError, match=message):
        workshop.verify(data, scope)


def test_unsigned(workshop: Workshop) -> None:
    _refused(workshop, workshop.unsigned, "is not signed")


def test_unknown_key(workshop: Workshop) -> None:
    other = sign_bundle(workshop.unsigned, workshop.key, key_id="other", scope="prod")
    _refused(workshop, other, "unknown key `other`; known: `k`")


def test_wrong_key(workshop: Workshop) -> None:
    other = sign_bundle(workshop.unsigned, generate_key(), key_id="k", scope="prod")
    _refused(workshop, other, "not made by key `k`")


@pytest.mark.parametrize(("signed", "wanted"), [("prod", "test"), ("prod", ""), ("", "prod")])
def test_wrong_scope(workshop: Workshop, signed: str, wanted: str) -> None:
    data = sign_bundle(workshop.unsigned, workshop.key, key_id="k", scope=signed)
    _refused(workshop, data, f"signed for scope `{signed}`, not `{wanted}`", wanted)


@pytest.mark.parametrize(
    ("name", "content"),
    [("wilk/decision.rego", b"package wilk\n\nallow := true\n"), ("wilk/data.json", b"{}")],
)
def test_tampered_member(workshop: Workshop, name: str, content: bytes) -> None:
    data = workshop.changed(workshop.signed, **{name: content})
    _refused(workshop, data, f"member `{name}` was changed")


def test_tampered_manifest(workshop: Workshop) -> None:
    manifest = b'{"rego_version":1,"revision":"r2","roots":["wilk"]}'
    data = workshop.changed(workshop.signed, **{".manifest": manifest})
    _refused(workshop, data, r"member `\.manifest` was changed")


def test_extra_member(workshop: Workshop) -> None:
    data = workshop.changed(workshop.signed, **{"wilk/extra.rego": b"package wilk.extra\n"})
    _refused(workshop, data, r"member `wilk/extra\.rego` is not covered")


def test_missing_member(workshop: Workshop) -> None:
    data = workshop.changed(workshop.signed, **{"wilk/decision.rego": None})
    _refused(workshop, data, r"member `wilk/decision\.rego` was signed but is missing")


def test_members_that_swap_names(workshop: Workshop) -> None:
    extra = {"wilk/a.rego": b"package a\n", "wilk/b.rego": b"package b\n"}
    members = {**unpack(workshop.unsigned), **extra}
    signed = unpack(sign_bundle(pack(members), workshop.key, key_id="k", scope="prod"))
    signed["wilk/a.rego"], signed["wilk/b.rego"] = signed["wilk/b.rego"], signed["wilk/a.rego"]
    _refused(workshop, pack(signed), r"member `wilk/a\.rego` was changed")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-1", "SHA-512", "none", ""])
def test_weak_digests(workshop: Workshop, algorithm: str) -> None:
    payload = workshop.payload(unpack(workshop.unsigned))
    payload["files"][0]["algorithm"] = algorithm
    _refused(workshop, workshop.signed_as(payload=payload), "only SHA-256 is accepted")


def test_data_that_opa_would_hash_otherwise(workshop: Workshop) -> None:
    members = {**unpack(workshop.unsigned), "wilk/data.json": b'{"a": 1}'}
    payload = workshop.payload(members)
    signed = unpack(workshop.signed_as(payload=payload))
    _refused(workshop, pack({**signed, "wilk/data.json": b'{"a": 1}'}), "not in canonical JSON")
    with pytest.raises(VerificationError, match="not in canonical JSON"):
        sign_bundle(pack(members), workshop.key, key_id="k")


def _encode(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_algorithm_none(workshop: Workshop) -> None:
    payload = _encode(workshop.payload(unpack(workshop.unsigned)))
    for name in ("none", "None", "NONE"):
        for signature in ("", "AA"):
            token = f"{_encode({'alg': name, 'kid': 'k'})}.{payload}.{signature}"
            _refused(workshop, workshop.with_tokens([token]), f"algorithm is `{name}`")


def test_what_nobody_signed_is_shown_so_that_nothing_acts_on_it(workshop: Workshop) -> None:
    payload = _encode(workshop.payload(unpack(workshop.unsigned)))
    for name in ("\nwilkc serve: well again", "\x1b[2J", "x" * 10_000):
        token = f"{_encode({'alg': name, 'kid': 'k'})}.{payload}.AA"
        with pytest.raises(VerificationError) as raised:
            workshop.verify(workshop.with_tokens([token]), "prod")
        assert raised.value.message.isprintable()
        assert len(raised.value.message) < 200


def test_the_public_key_as_a_shared_secret(workshop: Workshop) -> None:
    payload = _encode(workshop.payload(unpack(workshop.unsigned)))
    signed = f"{_encode({'alg': 'HS256', 'kid': 'k'})}.{payload}"
    mac = hmac.digest(workshop.key.public().pem, signed.encode(), hashlib.sha256)
    _refused(workshop, workshop.with_tokens([f"{signed}.{_encode(mac)}"]), "algorithm is `HS256`")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256"},
        {"alg": "ES256", "kid": 1},
        {"alg": "ES256", "kid": "k\nwilkc serve: well again"},
        {"alg": "ES256", "kid": "k\x1b[2J"},
        {"alg": "ES256", "kid": "k" * 129},
        {"alg": "ES256", "kid": "k", "crit": ["x"], "x": 1},
        {"alg": "ES256", "kid": "k", "jwk": {}},
        {"alg": "ES256", "kid": "k", "typ": "JOSE"},
    ],
)
def test_odd_headers(workshop: Workshop, header: dict[str, Any]) -> None:
    _refused(workshop, workshop.signed_as(header=header), "header is not as Wilk writes it")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"files": {}},
        {"files": ["x"]},
        {"files": [{"name": "x"}]},
        {"files": [{"name": 1, "hash": "", "algorithm": "SHA-256"}]},
        {"files": [{"name": "x", "hash": "", "algorithm": "SHA-256", "more": 1}]},
    ],
)
def test_odd_payloads(workshop: Workshop, payload: dict[str, Any]) -> None:
    data = workshop.signed_as(payload={**payload, "scope": "prod"})
    _refused(workshop, data, "signature is malformed")


def test_a_member_listed_twice(workshop: Workshop) -> None:
    payload = workshop.payload(unpack(workshop.unsigned))
    payload["files"].append(payload["files"][0])
    _refused(workshop, workshop.signed_as(payload=payload), "lists member .* twice")


@pytest.mark.parametrize("tokens", [[], ["a", "b"], [1], [None], [["a"]]])
def test_any_number_of_signatures_but_one(workshop: Workshop, tokens: list[Any]) -> None:
    _refused(workshop, workshop.with_tokens(tokens), "must hold one signature")


@pytest.mark.parametrize(
    "document",
    [b"", b"{}", b"[]", b'{"signatures":["a"],"more":1}', b'{"signatures":"a"}', b"\xff"],
)
def test_odd_signature_documents(workshop: Workshop, document: bytes) -> None:
    data = workshop.changed(workshop.unsigned, **{".signatures.json": document})
    _refused(workshop, data, r"`\.signatures\.json` is malformed")


def test_a_large_signature_document_is_not_decoded(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(read_bundle(workshop.signed).signatures or b"")
    monkeypatch.setattr(verifying, "MAX_SIGNATURES_BYTES", size)
    assert workshop.verify(workshop.signed).revision == "r1"
    monkeypatch.setattr(verifying, "MAX_SIGNATURES_BYTES", size - 1)
    _refused(workshop, workshop.signed, rf"`\.signatures\.json` is larger than {size - 1} bytes")


def test_as_many_members_as_may_be_can_be_signed() -> None:
    longest = {"algorithm": "SHA-256", "hash": "0" * 64, "name": "x" * 100}
    listed = len(canonical_json(longest)) + 1
    assert listed * MAX_MEMBERS * 4 / 3 + 10_000 < verifying.MAX_SIGNATURES_BYTES


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c.d", "..", "a..b", "!.!.!", "e30.e30.!"])
def test_odd_tokens(workshop: Workshop, token: str) -> None:
    _refused(workshop, workshop.with_tokens([token]), "signature")


def test_a_token_with_padding_blanks_or_spare_bits_is_refused(workshop: Workshop) -> None:
    bundle = read_bundle(workshop.signed)
    token = json.loads(bundle.signatures or b"")["signatures"][0]
    spare = token[:-1] + chr(ord(token[-1]) + 1)
    for odd in (token + "==", " " + token, token + "\n", spare):
        _refused(workshop, workshop.with_tokens([odd]), "base64url|malformed")


def test_every_flipped_bit_of_the_signature_is_noticed(workshop: Workshop) -> None:
    bundle = read_bundle(workshop.signed)
    head, payload, signature = json.loads(bundle.signatures or b"")["signatures"][0].split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    for place in range(0, 512, 37):
        spoilt = bytearray(raw)
        spoilt[place // 8] ^= 1 << place % 8
        token = f"{head}.{payload}.{_encode(bytes(spoilt))}"
        _refused(workshop, workshop.with_tokens([token]), "not made by key `k`")


def test_a_key_id_that_cannot_be_one_is_refused(workshop: Workshop) -> None:
    with pytest.raises(UsageError, match="cannot be a key id"):
        sign_bundle(workshop.unsigned, workshop.key, key_id="a b")
