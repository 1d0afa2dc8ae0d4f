"""What a bundle is once it is read, and once it is verified. Layer: bundle (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.bundle.approval import Approval
    from wilkc.core.contract import Json

MANIFEST: Final = ".manifest"
SIGNATURES: Final = ".signatures.json"
ROOT: Final = "wilk"
"""The only part of OPA's data that a Wilk bundle owns."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The members of a bundle. Nothing in it is trusted: no signature was looked at.

    Attributes:
        files: member name to bytes, without the manifest and the signatures.
        manifest: the decoded `.manifest`.
        manifest_bytes: `.manifest` as it stands in the archive.
        signatures: `.signatures.json` as it stands in the archive, or None if unsigned.
    """

    files: Mapping[str, bytes] = field(repr=False)
    manifest: Mapping[str, Json]
    manifest_bytes: bytes = field(repr=False)
    signatures: bytes | None = None

    def signed_members(self) -> dict[str, bytes]:
        """Every member that a signature must cover: all but the signatures themselves."""
        return {MANIFEST: self.manifest_bytes, **self.files}


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """A bundle whose signature, scope and members were verified.

    Attributes:
        archive: the verified members, packed again by Wilk, signatures included: what is
            handed on is exactly what was verified, however the original was packed.
        revision: digest that names the content.
        key_id: the key that signed.
        scope: the scope that the signature binds, or empty.
        files: names of the signed members, sorted.
        manifest: the decoded `.manifest`.
        sequence: its place among the releaser's bundles; 0 where it has none.
        approval: who asked for it and who approved it, or None where that is not said.
    """

    archive: bytes = field(repr=False)
    revision: str
    key_id: str
    scope: str
    files: tuple[str, ...]
    manifest: Mapping[str, Json]
    sequence: int = 0
    approval: Approval | None = None
