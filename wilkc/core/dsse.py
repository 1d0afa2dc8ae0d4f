"""Signed envelopes of any payload. Layer: core (leaf); no cryptography here.

DSSE v1 (secure-systems-lab/dsse, `protocol.md` and `envelope.md`): what is signed is the
payload's type and bytes together, so that a signature is never good for another kind of text.
A compact JWS never starts like this, so one key may sign both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wilkc.core.canonical import canonical_json
from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import VerificationError
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload and its only signature. Nothing in it is trusted before that is verified.

    Attributes:
        payload_type: what the payload is.
        payload: its bytes.
        key_id: the key that is said to have signed.
        signature: the raw signature of `signed`.
    """

    payload_type: str
    payload: bytes
    key_id: str
    signature: bytes

    @property
    def signed(self) -> bytes:
        """The bytes that the signature covers."""
        return signing_bytes(self.payload_type, self.payload)

    def encoded(self) -> bytes:
        """The envelope as a line of JSON."""
        signature = {"keyid": self.key_id, "sig": to_base64(self.signature)}
        document = {
            "payload": to_base64(self.payload),
            "payloadType": self.payload_type,
            "signatures": [signature],
        }
        return canonical_json(document) + b"\n"


def signing_bytes(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding of a payload, which is what a key signs."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse_envelope(data: bytes) -> Envelope:
    """Take an envelope apart; its signature is not verified here.

    Raises:
        VerificationError: malformed, or with another number of signatures than one.
    """
    try:
        document = decode_json(data)
    except ValueError as error:
        raise VerificationError(f"not an envelope: {error}") from error
    outer = _texts(document, {"payload", "payloadType"}, {"signatures"})
    signatures = document["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise VerificationError("the envelope must hold one signature")
    inner = _texts(signatures[0], {"keyid", "sig"}, set())
    return Envelope(
        payload_type=outer["payloadType"],
        payload=_decode(outer["payload"]),
        key_id=inner["keyid"],
        signature=_decode(inner["sig"]),
    )


def _texts(value: Any, texts: set[str], others: set[str]) -> Mapping[str, str]:
    if not isinstance(value, dict) or set(value) != texts | others:
        raise VerificationError("the envelope is malformed: other members than it must have")
    if not all(isinstance(value[name], str) for name in texts):
        raise VerificationError("the envelope is malformed: a member is no text")
    return value


def _decode(text: str) -> bytes:
    try:
        return from_base64(text)
    except ValueError as error:
        raise VerificationError(f"the envelope is malformed: {error}") from error
