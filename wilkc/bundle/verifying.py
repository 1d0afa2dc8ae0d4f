"""Verifying a bundle. Layer: bundle (pure).

Stricter than OPA, which verifies again by itself: only ES256 and SHA-256, the key id counts,
and the manifest must be one of Wilk's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.bundle.approval import approval_of
from wilkc.bundle.archive import pack
from wilkc.bundle.container import read_bundle, require_canonical_members
from wilkc.bundle.jws import parse
from wilkc.bundle.model import SIGNATURES, Bundle, VerifiedBundle
from wilkc.bundle.sequence import sequence_of
from wilkc.bundle.signing import HASH
from wilkc.core.canonical import sha256_hex
from wilkc.core.errors import VerificationError
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.bundle.jws import Token
    from wilkc.bundle.keys import PublicKey
    from wilkc.core.contract import Json

MAX_SIGNATURES_BYTES: Final = 4 * 2**20
"""Largest member of signatures: one that lists as many members with as long names as may be."""


def verify_bundle(data: bytes, keys: Mapping[str, PublicKey], *, scope: str = "") -> VerifiedBundle:
    """Verify a bundle's signature, scope and members.

    Args:
        data: the bundle.
        keys: key id to key; each of them is trusted alike.
        scope: must equal the scope of the signature; empty demands that there is none.

    Returns:
        What was verified. The caller still owes: that the bundle is not older than one that
        was in force before.

    Raises:
        VerificationError: the message names the step that failed.
    """
    # 1. The archive can be read in one way only, and is a Wilk bundle by its form.
    bundle = read_bundle(data)
    # 2. There is exactly one signature, by an algorithm and a form that is accepted.
    token = parse(_only_signature(bundle))
    # 3. The key is one of those trusted.
    key = keys.get(token.key_id)
    if key is None:
        known = ", ".join(f"`{name}`" for name in sorted(keys)) or "none"
        raise VerificationError(
            f"the bundle is signed by an unknown key `{token.key_id}`; known: {known}"
        )
    # 4. The signature is by that key. From here on the payload is what the signer said.
    _verify_signature(key, token)
    # 5. It was made for this scope.
    signed_scope = token.payload.get("scope", "")
    if signed_scope != scope:
        raise VerificationError(f"the bundle is signed for scope `{signed_scope}`, not `{scope}`")
    # 6. It covers every member, and nothing but members, each once.
    digests = _listed_digests(token.payload)
    members = bundle.signed_members()
    _require_same_names(set(members), set(digests))
    # 7. Each member is the one that was signed.
    for name, content in sorted(members.items()):
        if sha256_hex(content) != digests[name]:
            raise VerificationError(f"member `{name}` was changed after signing")
    # 8. OPA's digests, taken of canonical JSON, are the same as these, taken of bytes.
    require_canonical_members(bundle)
    # 9. Its place in the sequence can be compared with others, and who approved it is readable.
    sequence = sequence_of(bundle.manifest)
    approval = approval_of(bundle.manifest)
    archive = pack({**members, SIGNATURES: bundle.signatures or b""})
    revision = bundle.manifest["revision"]
    names = tuple(sorted(members))
    manifest = bundle.manifest
    return VerifiedBundle(
        archive, revision, token.key_id, scope, names, manifest, sequence, approval
    )


def _only_signature(bundle: Bundle) -> str:
    if bundle.signatures is None:
        raise VerificationError(
            "the bundle is not signed", help_text="sign it: wilkc sign BUNDLE --key KEY"
        )
    if len(bundle.signatures) > MAX_SIGNATURES_BYTES:
        raise VerificationError(f"`{SIGNATURES}` is larger than {MAX_SIGNATURES_BYTES} bytes")
    try:
        document = decode_json(bundle.signatures)
    except ValueError as error:
        raise VerificationError(f"`{SIGNATURES}` is malformed: {error}") from error
    if not isinstance(document, dict) or set(document) != {"signatures"}:
        raise VerificationError(f"`{SIGNATURES}` is malformed: `signatures` must be all it holds")
    tokens = document["signatures"]
    if not isinstance(tokens, list) or len(tokens) != 1 or not isinstance(tokens[0], str):
        raise VerificationError(f"`{SIGNATURES}` is malformed: it must hold one signature")
    return tokens[0]


def _verify_signature(key: PublicKey, token: Token) -> None:
    try:
        key.verify(token.signature, token.signed)
    except VerificationError as error:
        raise VerificationError(
            f"the signature was not made by key `{token.key_id}`: {error.message}"
        ) from error


def _listed_digests(payload: Mapping[str, Json]) -> dict[str, str]:
    files = payload.get("files")
    if not isinstance(files, list):
        raise VerificationError("the signature is malformed: it lists no files")
    digests: dict[str, str] = {}
    for entry in files:
        name, algorithm, digest = _listed(entry)
        if algorithm != HASH:
            raise VerificationError(
                f"member `{name}` is signed by its {algorithm}, and only {HASH} is accepted"
            )
        if name in digests:
            raise VerificationError(f"the signature lists member `{name}` twice")
        digests[name] = digest
    return digests


def _listed(entry: Json) -> tuple[str, str, str]:
    if isinstance(entry, dict) and set(entry) == {"name", "algorithm", "hash"}:
        name, algorithm, digest = entry["name"], entry["algorithm"], entry["hash"]
        if isinstance(name, str) and isinstance(algorithm, str) and isinstance(digest, str):
            return name, algorithm, digest
    raise VerificationError("the signature is malformed: a listed file is not as Wilk writes it")


def _require_same_names(present: set[str], listed: set[str]) -> None:
    extra, missing = sorted(present - listed), sorted(listed - present)
    if extra:
        raise VerificationError(f"member `{extra[0]}` is not covered by the signature")
    if missing:
        raise VerificationError(f"member `{missing[0]}` was signed but is missing")
