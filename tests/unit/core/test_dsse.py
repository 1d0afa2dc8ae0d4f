"""Envelopes: what is signed, and what is not taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wilkc.core.dsse import Envelope, parse_envelope, signing_bytes
from wilkc.core.errors import VerificationError

FINE = Envelope("text/x", b"payload\0\xff", "k", b"signature")


def test_the_encoding_follows_the_specifications_example() -> None:
    """secure-systems-lab/dsse, `protocol.md`, "Test Vectors"."""
    found = signing_bytes("http://example.com/HelloWorld", b"hello world")
    assert found == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_count_bytes() -> None:
    assert signing_bytes("ä", "ö".encode()) == "DSSEv1 2 ä 2 ö".encode()
    assert signing_bytes("", b"") == b"DSSEv1 0  0 "


def test_type_and_payload_cannot_be_shifted() -> None:
    assert signing_bytes("a 1", b"b") != signing_bytes("a", b"1 b")


def test_an_envelope_survives_its_encoding() -> None:
    assert parse_envelope(FINE.encoded()) == FINE
    assert json.loads(FINE.encoded())["payload"] == "cGF5bG9hZAD/"


@pytest.mark.parametrize(
    "change",
    [
        {"payload": 1},
        {"payload": "cGF5bG9hZAD_"},
        {"payload": "cGF5bG9hZAD/ "},
        {"payload": "YR=="},
        {"payloadType": None},
        {"signatures": []},
        {"signatures": {}},
        {"signatures": [{"keyid": "k", "sig": "YQ=="}] * 2},
        {"signatures": [{"sig": "YQ=="}]},
        {"signatures": [{"keyid": "k", "sig": "YQ"}]},
        {"signatures": [{"keyid": "k", "sig": "YQ==", "more": ""}]},
        {"signatures": ["x"]},
        {"more": 1},
    ],
)
def test_malformed_envelopes(change: dict[str, Any]) -> None:
    document = json.loads(FINE.encoded()) | change
    with pytest.raises(VerificationError, match="envelope"):
        parse_envelope(json.dumps(document).encode())


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b"\xff", b'{"payload":"","payload":""}']
)
def test_what_is_no_envelope(data: bytes) -> None:
    with pytest.raises(VerificationError, match="envelope"):
        parse_envelope(data)
