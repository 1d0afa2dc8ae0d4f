"""Keys of the audit log: signing, sealing, the ring and its providers. Room: runtime.

They are loaded when they are first used, see `wilkc.core.lazily`.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.lazily import attribute

if TYPE_CHECKING:
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
        provider_keys_over,
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
    "provider_keys_over",
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
_HOMES: Final = {
    "data_keys": ("OpenDataKey",),
    "due": ("Rotation", "due_date", "later", "overlap_end", "rotation_due", "rotation_overdue"),
    "entries": ("SegmentKey",),
    "provider": ("create_provider", "open_provider", "refuse_inside"),
    "ring": ("Ring",),
    "rotate": (
        "activate_kek",
        "destroy_keks",
        "destroy_provider_keys",
        "prepare_kek",
        "provider_keys_over",
        "rotate_provider",
    ),
    "seal": ("decrypt", "encrypt"),
    "sign": ("SigningKey", "verify_signature"),
    "store": ("HELD_DIRECTORY", "KeyStore"),
    "transfer": ("SETTINGS_FILE", "export_keys", "read_export", "restore_keys"),
    "verifier": (
        "VerifierKey",
        "parse_signer",
        "parse_verifier_key",
        "signer_text",
        "verifier_key",
    ),
}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
