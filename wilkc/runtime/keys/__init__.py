"""Keys of the audit log: signing, sealing, the ring and its providers. Room: runtime."""

from wilkc.runtime.keys.provider import create_provider, open_provider, refuse_inside
from wilkc.runtime.keys.seal import decrypt, encrypt
from wilkc.runtime.keys.sign import SigningKey, verify_signature
from wilkc.runtime.keys.store import HELD_DIRECTORY, KeyStore, OpenDataKey, SegmentKey
from wilkc.runtime.keys.verifier import (
    VerifierKey,
    parse_signer,
    parse_verifier_key,
    signer_text,
    verifier_key,
)

__all__ = [
    "HELD_DIRECTORY",
    "KeyStore",
    "OpenDataKey",
    "SegmentKey",
    "SigningKey",
    "VerifierKey",
    "create_provider",
    "decrypt",
    "encrypt",
    "open_provider",
    "parse_signer",
    "parse_verifier_key",
    "refuse_inside",
    "signer_text",
    "verifier_key",
    "verify_signature",
]
