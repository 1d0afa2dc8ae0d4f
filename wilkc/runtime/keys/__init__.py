"""Keys of the audit log: signing, sealing, the ring and its providers. Room: runtime."""

from wilkc.runtime.keys.data_keys import OpenDataKey
from wilkc.runtime.keys.due import (
    Rotation,
    due_date,
    later,
    overlap_end,
    rotation_due,
    rotation_overdue,
)
from wilkc.runtime.keys.entries import SegmentKey
from wilkc.runtime.keys.provider import create_provider, open_provider, refuse_inside
from wilkc.runtime.keys.ring import Ring
from wilkc.runtime.keys.rotate import (
    activate_kek,
    destroy_keks,
    destroy_provider_keys,
    prepare_kek,
    rotate_provider,
)
from wilkc.runtime.keys.seal import decrypt, encrypt
from wilkc.runtime.keys.sign import SigningKey, verify_signature
from wilkc.runtime.keys.store import HELD_DIRECTORY, KeyStore
from wilkc.runtime.keys.transfer import (
    SETTINGS_FILE,
    export_keys,
    read_export,
    restore_keys,
)
from wilkc.runtime.keys.verifier import (
    VerifierKey,
    parse_signer,
    parse_verifier_key,
    signer_text,
    verifier_key,
)

__all__ = [
    "HELD_DIRECTORY",
    "SETTINGS_FILE",
    "KeyStore",
    "OpenDataKey",
    "Ring",
    "Rotation",
    "SegmentKey",
    "SigningKey",
    "VerifierKey",
    "activate_kek",
    "create_provider",
    "decrypt",
    "destroy_keks",
    "destroy_provider_keys",
    "due_date",
    "encrypt",
    "export_keys",
    "later",
    "open_provider",
    "overlap_end",
    "parse_signer",
    "parse_verifier_key",
    "prepare_kek",
    "read_export",
    "refuse_inside",
    "restore_keys",
    "rotate_provider",
    "rotation_due",
    "rotation_overdue",
    "signer_text",
    "verifier_key",
    "verify_signature",
]
