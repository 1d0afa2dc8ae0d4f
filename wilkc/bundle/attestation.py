"""What a build was made from, signed by who built it. Layer: bundle (pure).

An in-toto statement (in-toto attestation framework, `spec/v1/statement.md`) in a DSSE envelope.
The bundle's own signature says who released it. The statement adds by which compiler, and that
these bytes are what that compiler made of these sources, compared in so many requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.bundle.container import read_bundle
from wilkc.bundle.key_files import check_key_id
from wilkc.bundle.sequence import sequence_of
from wilkc.core.canonical import canonical_json, sha256_hex
from wilkc.core.dsse import Envelope, parse_envelope, signing_bytes
from wilkc.core.errors import VerificationError
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.bundle.keys import PrivateKey, PublicKey
    from wilkc.bundle.model import Bundle
    from wilkc.core.contract import Json

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "urn:wilk:build:v1"
SUBJECT: Final = "bundle"
MAX_BYTES: Final = 16 * 2**20
_DIGEST: Final = "sha256"


@dataclass(frozen=True, slots=True)
class Attestation:
    """A statement that was verified against its bundle.

    Attributes:
        key_id: the key that signed it.
        compiler: version of the compiler.
        compiler_digest: SHA-256 over all files of the compiler, see `wilkc.cli.attesting`.
        sources: how many sources were compiled.
        proof_level: `full`, `sample` or `none`.
        proof_count: requests that OPA and the reference evaluator answered alike.
    """

    key_id: str
    compiler: str
    compiler_digest: str
    sources: int
    proof_level: str
    proof_count: int


def attest(data: bytes, key: PrivateKey, *, key_id: str, compiler_digest: str) -> bytes:
    """The signed statement on a bundle that was built just now.

    Args:
        data: the bundle, as it is handed out.
        key: the private half.
        key_id: name that whoever verifies knows the key by.
        compiler_digest: of the compiler that runs.

    Raises:
        VerificationError: the bundle does not say what it was made from.
    """
    statement = _statement(data, read_bundle(data), compiler_digest)
    payload = canonical_json(statement)
    signature = key.sign(signing_bytes(PAYLOAD_TYPE, payload))
    return Envelope(PAYLOAD_TYPE, payload, check_key_id(key_id), signature).encoded()


def verify_attestation(
    envelope: bytes, keys: Mapping[str, PublicKey], *, bundle: bytes
) -> Attestation:
    """Verify a statement, and that it is one on this bundle.

    Args:
        envelope: the signed statement.
        keys: key id to key; each of them is trusted alike.
        bundle: the bundle's bytes as they were handed out.

    Returns:
        What was stated. The caller still owes: that the bundle itself verifies, and whether
        this compiler and this many comparisons are enough.

    Raises:
        VerificationError: the message names the step that failed.
    """
    # 1. It is one envelope of an in-toto statement, of bounded size.
    if len(envelope) > MAX_BYTES:
        raise VerificationError(f"the attestation is larger than {MAX_BYTES} bytes")
    found = parse_envelope(envelope)
    if found.payload_type != PAYLOAD_TYPE:
        raise VerificationError(f"the envelope holds `{found.payload_type}`, no statement")
    # 2. The key is one of those trusted, and the signature is by it.
    key = keys.get(found.key_id)
    if key is None:
        raise VerificationError(f"the attestation is signed by an unknown key `{found.key_id}`")
    try:
        key.verify(found.signature, found.signed)
    except VerificationError as error:
        raise VerificationError(
            f"the attestation was not signed by key `{found.key_id}`: {error.message}"
        ) from error
    # 3. It states of these very bytes, and of nothing else.
    try:
        stated = decode_json(found.payload)
    except ValueError as error:
        raise VerificationError(f"the attestation is malformed: {error}") from error
    digest = _compiler_digest(stated)
    wanted = _statement(bundle, read_bundle(bundle), digest)
    if stated.get("subject") != wanted["subject"]:
        raise VerificationError("the attestation is of another bundle")
    # 4. What it says of revision, sources, compiler and proof, the bundle says, too.
    if stated != wanted:
        raise VerificationError("the attestation says something else than the bundle")
    predicate = wanted["predicate"]
    proof = predicate["proof"]
    return Attestation(
        key_id=found.key_id,
        compiler=predicate["compiler"]["version"],
        compiler_digest=digest,
        sources=len(predicate["sources"]),
        proof_level=proof["level"],
        proof_count=proof["count"],
    )


def _statement(data: bytes, bundle: Bundle, compiler_digest: str) -> dict[str, Any]:
    version, sources, proof = _made_from(bundle.manifest)
    predicate = {
        "revision": bundle.manifest["revision"],
        "sequence": sequence_of(bundle.manifest),
        "compiler": {
            "name": "wilkc",
            "version": version,
            "digest": {_DIGEST: compiler_digest},
        },
        "sources": [
            {"name": name, "digest": {_DIGEST: digest}} for name, digest in sorted(sources.items())
        ],
        "proof": proof,
    }
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": SUBJECT, "digest": {_DIGEST: sha256_hex(data)}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def _made_from(manifest: Mapping[str, Json]) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Compiler, sources and proof, as the manifest's metadata names them."""
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    version, sources, proof = (metadata.get(name) for name in ("compiler", "sources", "proved"))
    if not isinstance(version, str) or not isinstance(sources, dict):
        raise VerificationError("the bundle does not say what it was made from")
    if not all(isinstance(digest, str) for digest in sources.values()):
        raise VerificationError("the bundle does not say what it was made from")
    if not isinstance(proof, dict) or set(proof) != {"level", "count"}:
        raise VerificationError("the bundle does not say how far it was proved")
    if not isinstance(proof["level"], str) or type(proof["count"]) is not int:
        raise VerificationError("the bundle does not say how far it was proved")
    return version, sources, proof


def _compiler_digest(stated: Any) -> str:
    """The one thing that the bundle does not say itself."""
    value: Any = stated
    for name in ("predicate", "compiler", "digest", _DIGEST):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise VerificationError("the attestation is malformed: it names no compiler")
    return value
