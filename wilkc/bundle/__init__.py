"""Room: bundle. Reproducible archives for OPA, signed with ES256 and verified.

They are loaded when they are first used, see `wilkc.core.lazily`.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.lazily import attribute

if TYPE_CHECKING:
    from wilkc.bundle.approval import Approval, approval_of, with_approval
    from wilkc.bundle.attestation import Attestation, attest, verify_attestation
    from wilkc.bundle.container import read_bundle, write_bundle
    from wilkc.bundle.key_files import (
        check_key_id,
        key_id_of,
        load_private_key,
        load_public_key,
        write_key_pair,
    )
    from wilkc.bundle.keys import PrivateKey, PublicKey, generate_key
    from wilkc.bundle.model import Bundle, VerifiedBundle
    from wilkc.bundle.rollback import Mark, mark_of, require_not_older
    from wilkc.bundle.sequence import sequence_of, with_sequence
    from wilkc.bundle.signing import sign_bundle
    from wilkc.bundle.sources import SOURCES, read_sources_of, write_sources
    from wilkc.bundle.verifying import verify_bundle

__all__ = [
    "SOURCES",
    "Approval",
    "Attestation",
    "Bundle",
    "Mark",
    "PrivateKey",
    "PublicKey",
    "VerifiedBundle",
    "approval_of",
    "attest",
    "check_key_id",
    "generate_key",
    "key_id_of",
    "load_private_key",
    "load_public_key",
    "mark_of",
    "read_bundle",
    "read_sources_of",
    "require_not_older",
    "sequence_of",
    "sign_bundle",
    "verify_attestation",
    "verify_bundle",
    "with_approval",
    "with_sequence",
    "write_bundle",
    "write_key_pair",
    "write_sources",
]
_HOMES: Final = {
    "approval": ("Approval", "approval_of", "with_approval"),
    "attestation": ("Attestation", "attest", "verify_attestation"),
    "container": ("read_bundle", "write_bundle"),
    "key_files": (
        "check_key_id",
        "key_id_of",
        "load_private_key",
        "load_public_key",
        "write_key_pair",
    ),
    "keys": ("PrivateKey", "PublicKey", "generate_key"),
    "model": ("Bundle", "VerifiedBundle"),
    "rollback": ("Mark", "mark_of", "require_not_older"),
    "sequence": ("sequence_of", "with_sequence"),
    "signing": ("sign_bundle",),
    "sources": ("SOURCES", "read_sources_of", "write_sources"),
    "verifying": ("verify_bundle",),
}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
