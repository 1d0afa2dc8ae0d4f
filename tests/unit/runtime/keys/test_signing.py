"""Ed25519, verifier keys and their private form, against published vectors and Wilk's own."""

from __future__ import annotations

import pytest

from wilkc.core.errors import VerificationError
from wilkc.runtime.keys import (
    SigningKey,
    parse_signer,
    parse_verifier_key,
    signer_text,
    verifier_key,
    verify_signature,
)

# RFC 8032 section 7.1, tests 1 to 3: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
            "f9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
            "f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
            "4dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
# The key of the signed-note documentation of Go's golang.org/x/mod/sumdb/note.
NOTE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ROOT_KEY = "example.org/wilk/test/root+f42a23ae+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
SEGMENT_KEY = "example.org/wilk/test+c47b2f00+ASmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_signs_and_verifies_as_rfc_8032(
    seed: str, public: str, message: str, signature: str
) -> None:
    key = SigningKey(bytes.fromhex(seed))
    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    verify_signature(key.public, bytes.fromhex(signature), bytes.fromhex(message))


def test_another_message_key_or_signature_is_refused() -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    signature = key.sign(b"message")
    for public, signed, message in (
        (key.public, signature, b"massage"),
        (other.public, signature, b"message"),
        (key.public, signature[:-1], b"message"),
        (key.public, signature[:-1] + bytes([signature[-1] ^ 1]), b"message"),
        (b"\xff" * 32, signature, b"message"),
        (b"short", signature, b"message"),
    ):
        with pytest.raises(VerificationError):
            verify_signature(public, signed, message)


@pytest.mark.parametrize("text", [NOTE_KEY, ROOT_KEY, SEGMENT_KEY])
def test_verifier_keys_keep_their_text(text: str) -> None:
    assert parse_verifier_key(text).text == text


def test_own_vector_of_keys() -> None:
    root, segment = SigningKey(bytes(range(32))), SigningKey(bytes(range(32, 64)))
    assert verifier_key("example.org/wilk/test/root", root.public).text == ROOT_KEY
    assert verifier_key("example.org/wilk/test", segment.public).text == SEGMENT_KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        NOTE_KEY.replace("c74f20a3", "c74f20a4"),
        NOTE_KEY.replace("c74f20a3", "C74F20A3"),
        NOTE_KEY.replace("PeterNeumann", "PeterNewmann"),
        NOTE_KEY[:-1],
        NOTE_KEY + "=",
        NOTE_KEY.replace("+ARpc", "+AhpC"),
    ],
)
def test_malformed_verifier_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_verifier_key(text)


def test_private_form_round_trips() -> None:
    key = SigningKey(bytes(range(32)))
    name, again = parse_signer(signer_text("example.org/a/root", key))
    assert (name, again.public) == ("example.org/a/root", key.public)
    with pytest.raises(ValueError, match="private"):
        parse_signer(NOTE_KEY)
