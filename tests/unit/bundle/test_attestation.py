"""Statements on builds: verified against the key and against the bundle itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.bundle.conftest import FILES, MANIFEST
from wilkc.bundle import attest, generate_key, sign_bundle, verify_attestation, write_bundle
from wilkc.bundle.attestation import PAYLOAD_TYPE
from wilkc.core.canonical import canonical_json, sha256_hex
from wilkc.core.dsse import Envelope, parse_envelope, signing_bytes
from wilkc.core.errors import VerificationError

KEY = generate_key()
KEYS = {"k": KEY.public()}
METADATA = {
    "compiler": "0.1.0",
    "sources": {"a.yaml": "0" * 64, "b.yaml": "1" * 64},
    "proved": {"level": "full", "count": 1234},
    "sequence": 7,
}


def _bundle(**changes: Any) -> bytes:
    metadata = {name: value for name, value in (METADATA | changes).items() if value is not None}
    return sign_bundle(write_bundle(FILES, {**MANIFEST, "metadata": metadata}), KEY, key_id="k")


def _attested(bundle: bytes) -> bytes:
    return attest(bundle, KEY, key_id="k", compiler_digest="c" * 64)


def test_a_statement_says_what_was_built_from_what() -> None:
    bundle = _bundle()
    envelope = parse_envelope(_attested(bundle))
    assert envelope.payload_type == "application/vnd.in-toto+json"
    assert json.loads(envelope.payload) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "bundle", "digest": {"sha256": sha256_hex(bundle)}}],
        "predicateType": "urn:wilk:build:v1",
        "predicate": {
            "revision": "r1",
            "sequence": 7,
            "compiler": {"name": "wilkc", "version": "0.1.0", "digest": {"sha256": "c" * 64}},
            "sources": [
                {"name": "a.yaml", "digest": {"sha256": "0" * 64}},
                {"name": "b.yaml", "digest": {"sha256": "1" * 64}},
            ],
            "proof": {"level": "full", "count": 1234},
        },
    }
    found = verify_attestation(_attested(bundle), KEYS, bundle=bundle)
    assert (found.key_id, found.compiler, found.compiler_digest) == ("k", "0.1.0", "c" * 64)
    assert (found.sources, found.proof_level, found.proof_count) == (2, "full", 1234)


def test_the_same_build_gives_the_same_statement() -> None:
    assert _attested(_bundle()) == _attested(_bundle())


def _refused(envelope: bytes, message: str, bundle: bytes | None = None) -> None:
    with pytest.raises(VerificationError, match=message):
        verify_attestation(envelope, KEYS, bundle=bundle or _bundle())


def test_a_statement_on_another_bundle() -> None:
    for other in (_bundle(sequence=8), _bundle(sources={"a.yaml": "2" * 64})):
        _refused(_attested(other), "is of another bundle")


def test_keys_that_are_not_trusted() -> None:
    stranger = generate_key()
    named = attest(_bundle(), stranger, key_id="k", compiler_digest="c" * 64)
    _refused(named, "was not signed by key `k`")
    _refused(attest(_bundle(), KEY, key_id="x", compiler_digest="c" * 64), "unknown key `x`")


def test_a_signature_of_another_kind_of_text() -> None:
    payload = parse_envelope(_attested(_bundle())).payload
    plain = Envelope(PAYLOAD_TYPE, payload, "k", KEY.sign(payload))
    _refused(plain.encoded(), "was not signed by key `k`")
    other = Envelope("text/plain", payload, "k", KEY.sign(signing_bytes("text/plain", payload)))
    _refused(other.encoded(), "holds `text/plain`, no statement")


def _signed(statement: Any) -> bytes:
    payload = canonical_json(statement)
    return Envelope(
        PAYLOAD_TYPE, payload, "k", KEY.sign(signing_bytes(PAYLOAD_TYPE, payload))
    ).encoded()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("predicate", "proof", "count"), 9999),
        (("predicate", "proof", "level"), "sample"),
        (("predicate", "sources"), []),
        (("predicate", "revision"), "r2"),
        (("predicate", "sequence"), 8),
        (("predicate", "compiler", "version"), "9"),
        (("predicate", "compiler", "name"), "other"),
        (("predicateType",), "urn:x"),
        (("_type",), "x"),
        (("more",), 1),
    ],
)
def test_what_the_bundle_says_otherwise(place: tuple[str, ...], value: Any) -> None:
    """The key's owner may state what it wants, but not of a bundle that says otherwise."""
    statement = json.loads(parse_envelope(_attested(_bundle())).payload)
    held = statement
    for name in place[:-1]:
        held = held[name]
    held[place[-1]] = value
    _refused(_signed(statement), "says something else than the bundle")


@pytest.mark.parametrize("statement", [[], {}, {"predicate": []}, "x", None])
def test_what_is_no_statement(statement: Any) -> None:
    _refused(_signed(statement), "names no compiler")


def test_a_huge_attestation_is_not_read() -> None:
    _refused(b" " * (2**24 + 1), "larger than")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"compiler": None}, "made from"),
        ({"sources": None}, "made from"),
        ({"sources": {"a": 1}}, "made from"),
        ({"proved": None}, "how far it was proved"),
        ({"proved": {"level": "full", "count": "1"}}, "how far it was proved"),
    ],
)
def test_bundles_that_do_not_say_enough(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        _attested(_bundle(**changes))
