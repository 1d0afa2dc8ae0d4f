"""Keys and bundles by path: reading, signing, verifying. Layer: cli."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.bundle import (
    key_id_of,
    load_private_key,
    load_public_key,
    sign_bundle,
    verify_bundle,
)
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from wilkc.bundle import PublicKey, VerifiedBundle

MAX_BUNDLE_BYTES: Final = 256 * 2**20


def read_bundle_file(path: str) -> bytes:
    """The bytes of a bundle; `-` is standard input.

    Raises:
        UsageError: it is not there, cannot be read, or is larger than any bundle may be.
    """
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BUNDLE_BYTES + 1)
        elif Path(path).is_file() or not Path(path).exists():
            with Path(path).open("rb") as file:
                data = file.read(MAX_BUNDLE_BYTES + 1)
        else:
            raise UsageError(f"`{path}` is no file")
    except OSError as error:
        raise UsageError(f"cannot read the bundle `{path}`: {error.strerror}") from error
    if len(data) > MAX_BUNDLE_BYTES:
        raise UsageError(f"`{path}` is larger than any bundle may be")
    return data


def sign_with(bundle: bytes, key: str, *, key_id: str | None, scope: str | None) -> bytes:
    """Sign a bundle with the private key in a file.

    Args:
        bundle: the bundle.
        key: path of the private key.
        key_id: name of the key; None takes it from the file's name.
        scope: scope that the signature binds; None binds none.

    Raises:
        UsageError: there is no such key.
        VerificationError: the key or the bundle is not acceptable.
    """
    path = Path(key)
    private = load_private_key(path)
    return sign_bundle(bundle, private, key_id=key_id or key_id_of(path), scope=scope or "")


def verify_with(
    bundle: bytes, key: str, *, key_id: str | None, scope: str | None
) -> tuple[VerifiedBundle, PublicKey]:
    """Verify a bundle with the public key in a file.

    Args:
        bundle: the bundle.
        key: path of the public key.
        key_id: name of the key; None takes it from the file's name.
        scope: scope that the signature must bind; None demands that it binds none.

    Raises:
        UsageError: there is no such key.
        VerificationError: it does not verify; the message names the step.
    """
    path = Path(key)
    public = load_public_key(path)
    keys = {key_id or key_id_of(path): public}
    return verify_bundle(bundle, keys, scope=scope or ""), public
