"""Which compiler this is, and statements on what it built. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.bundle import attest, key_id_of, load_private_key, verify_attestation
from wilkc.core.canonical import digest, sha256_hex
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.bundle import Attestation, PublicKey

ROOT: Final = Path(__file__).parents[2]
_PARTS: Final = {
    "wilkc": (".py", ".json", ".rego"),
    "policies/lib": (".rego",),
    "policies": ("capabilities.json",),
    "templates": (".j2",),
}
"""Folder to the ends of the names of files that decide what a bundle becomes."""
MAX_BYTES: Final = 16 * 2**20


def compiler_digest(root: Path = ROOT) -> str:
    """The SHA-256 of the canonical JSON object of all files of the compiler and their digests.

    The same version gives the same digest wherever it is installed.
    """
    files = {
        path.relative_to(root).as_posix(): sha256_hex(path.read_bytes())
        for folder, ends in _PARTS.items()
        for path in (root / folder).rglob("*")
        if path.name.endswith(ends) and path.is_file()
    }
    return digest(files)


def attest_with(bundle: bytes, key: str, *, key_id: str | None) -> bytes:
    """The statement on a bundle that was built just now, signed with the key in a file.

    Raises:
        UsageError: there is no such key.
        VerificationError: the key is not acceptable.
    """
    path = Path(key)
    private = load_private_key(path)
    name = key_id or key_id_of(path)
    return attest(bundle, private, key_id=name, compiler_digest=compiler_digest())


def verify_attestation_file(
    path: str, keys: Mapping[str, PublicKey], *, bundle: bytes
) -> Attestation:
    """Verify the statement in a file.

    Raises:
        UsageError: there is no such file.
        VerificationError: it does not verify; the message names the step.
    """
    try:
        with Path(path).open("rb") as file:
            envelope = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read the attestation `{path}`: {error.strerror}") from error
    return verify_attestation(envelope, keys, bundle=bundle)
