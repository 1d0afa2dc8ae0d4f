"""Bundles as OPA wants them: writing, and reading without trust. Layer: bundle (pure).

`data.json` and `.manifest` stand in canonical JSON, because OPA hashes them by canonical
form and all other members by their bytes: with canonical files the two are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.bundle.archive import pack, unpack
from wilkc.bundle.model import MANIFEST, ROOT, SIGNATURES, Bundle
from wilkc.core.canonical import CanonicalBytes, canonical_json
from wilkc.core.errors import VerificationError, WilkError
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json

MAX_MANIFEST_BYTES: Final = 16 * 2**20
_DATA: Final = "data.json"
_ACTIVE_STRANGERS: Final = frozenset(
    {"data.yaml", "data.yml", "patch.json", "policy.wasm", SIGNATURES, MANIFEST}
)
"""Names that mean something to OPA, but that no Wilk bundle holds below its top."""
_DISPUTED: Final = {"\u2028".encode(): "U+2028", "\u2029".encode(): "U+2029"}
"""Characters that OPA escapes before it hashes; no other UTF-8 text holds their bytes."""


def write_bundle(files: Mapping[str, bytes], manifest: Mapping[str, Json]) -> bytes:
    """An unsigned bundle; the same input gives the same bytes on every machine.

    Args:
        files: member name to bytes; `data.json` in canonical JSON.
        manifest: revision, roots and metadata.

    Raises:
        WilkError: data that OPA would hash in another way than Wilk.
        ValueError: a member's name is not acceptable.
    """
    encoded = canonical_json(dict(manifest))
    for name, content in files.items():
        _require_member(name)
        if name.rpartition("/")[2] == _DATA:
            _require_canonical(name, content)
    _require_undisputed(MANIFEST, encoded)
    return pack({**files, MANIFEST: encoded})


def read_bundle(data: bytes) -> Bundle:
    """Read a bundle within the limits. No signature is looked at: see `verify_bundle`.

    Raises:
        VerificationError: too large, damaged, or with members that no Wilk bundle has.
    """
    members = unpack(data)
    signatures = members.pop(SIGNATURES, None)
    manifest_bytes = members.pop(MANIFEST, None)
    if manifest_bytes is None:
        raise VerificationError(f"the bundle has no `{MANIFEST}`")
    try:
        for name in members:
            _require_member(name)
        manifest = _read_manifest(manifest_bytes)
    except ValueError as error:
        raise VerificationError(f"the bundle is not one of Wilk's: {error}") from error
    return Bundle(members, manifest, manifest_bytes, signatures)


def require_canonical_members(bundle: Bundle) -> None:
    """Check that OPA's digests of the JSON members are digests of their bytes.

    Raises:
        VerificationError: a member is not in canonical form.
    """
    for name, content in bundle.signed_members().items():
        if name == MANIFEST or name.rpartition("/")[2] == _DATA:
            try:
                _require_canonical(name, content)
            except WilkError as error:
                raise VerificationError(error.message) from error


def _read_manifest(data: bytes) -> dict[str, Json]:
    if len(data) > MAX_MANIFEST_BYTES:
        raise ValueError(f"`{MANIFEST}` is larger than {MAX_MANIFEST_BYTES} bytes")
    decoded = decode_json(data)
    manifest: dict[str, Json] = decoded if isinstance(decoded, dict) else {}
    revision = manifest.get("revision")
    if not isinstance(revision, str) or not revision:
        raise ValueError(f"`{MANIFEST}` names no revision")
    if manifest.get("roots") != [ROOT]:
        raise ValueError(f"`{MANIFEST}` must name `{ROOT}` as its only root")
    return manifest


def _require_member(name: str) -> None:
    folder, _, last = name.rpartition("/")
    if f"{folder}/".startswith(f"{ROOT}/") and last not in _ACTIVE_STRANGERS:
        return
    raise ValueError(f"it cannot hold a member `{name}`")


def _require_canonical(name: str, content: bytes) -> None:
    if not isinstance(content, CanonicalBytes):
        try:
            canonical = canonical_json(decode_json(content))
        except ValueError as error:
            raise WilkError(f"`{name}` cannot be part of a bundle: {error}") from error
        if canonical != content:
            raise WilkError(f"`{name}` is not in canonical JSON")
    _require_undisputed(name, content)


def _require_undisputed(name: str, content: bytes) -> None:
    for character, label in _DISPUTED.items():
        if character in content:
            raise WilkError(
                f"`{name}` holds the character {label}, which OPA hashes in another way",
                help_text="remove the line or paragraph separator from the specs",
            )
