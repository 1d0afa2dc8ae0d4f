"""Signing a bundle so that OPA and `verify_bundle` accept it. Layer: bundle (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.bundle.approval import approval_of, with_approval
from wilkc.bundle.archive import pack
from wilkc.bundle.container import read_bundle, require_canonical_members
from wilkc.bundle.jws import compact, signing_input
from wilkc.bundle.key_files import check_key_id
from wilkc.bundle.model import MANIFEST, SIGNATURES
from wilkc.bundle.sequence import sequence_of, with_sequence
from wilkc.core.canonical import canonical_json, sha256_hex

if TYPE_CHECKING:
    from wilkc.bundle.approval import Approval
    from wilkc.bundle.keys import PrivateKey

HASH: Final = "SHA-256"


def sign_bundle(  # noqa: PLR0913  # what a signature binds
    data: bytes,
    key: PrivateKey,
    *,
    key_id: str,
    scope: str = "",
    sequence: int | None = None,
    approval: Approval | None = None,
) -> bytes:
    """The same bundle with this signature, in place of any it had.

    Args:
        data: a bundle, signed or not; a signature in it is not verified.
        key: the private half.
        key_id: name that whoever verifies knows the key by.
        scope: environment that the signature is good for; empty binds none.
        sequence: place among the releaser's bundles, from 1; None keeps what the bundle says.
        approval: who asked for it and who approved it; None keeps what the bundle says.

    Returns:
        The signed bundle; the same input gives the same bytes.

    Raises:
        VerificationError: the bundle is damaged or not one of Wilk's.
        UsageError: the key id, the sequence or the approval cannot be one.
    """
    bundle = read_bundle(data)
    require_canonical_members(bundle)
    members = bundle.signed_members()
    manifest = bundle.manifest
    if sequence is not None:
        manifest = with_sequence(manifest, sequence)
    if approval is not None:
        manifest = with_approval(manifest, approval)
    # What nobody could verify is not signed either.
    sequence_of(manifest)
    approval_of(manifest)
    if manifest is not bundle.manifest:
        members[MANIFEST] = canonical_json(manifest)
    payload: dict[str, Any] = {
        "files": [
            {"name": name, "hash": sha256_hex(content), "algorithm": HASH}
            for name, content in sorted(members.items())
        ]
    }
    if scope:
        payload["scope"] = scope
    signed = signing_input(payload, key_id=check_key_id(key_id))
    token = compact(signed, key.sign(signed))
    return pack({**members, SIGNATURES: canonical_json({"signatures": [token]})})
