"""Keys and bundles by path: reading, signing, verifying. Layer: cli."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.bundle import (
    check_key_id,
    key_id_of,
    load_private_key,
    load_public_key,
    sign_bundle,
    verify_bundle,
)
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.bundle import Approval, PublicKey, VerifiedBundle

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


def sign_with(  # noqa: PLR0913  # what a signature binds
    bundle: bytes,
    key: str,
    *,
    key_id: str | None,
    scope: str | None,
    sequence: int | None = None,
    approval: Approval | None = None,
) -> bytes:
    """Sign a bundle with the private key in a file.

    Args:
        bundle: the bundle.
        key: path of the private key.
        key_id: name of the key; None takes it from the file's name.
        scope: scope that the signature binds; None binds none.
        sequence: place among the releaser's bundles; None keeps what the bundle says.
        approval: who asked for it and who approved it; None keeps what the bundle says.

    Raises:
        UsageError: there is no such key.
        VerificationError: the key or the bundle is not acceptable.
    """
    path = Path(key)
    private = load_private_key(path)
    return sign_bundle(
        bundle,
        private,
        key_id=key_id or key_id_of(path),
        scope=scope or "",
        sequence=sequence,
        approval=approval,
    )


def load_keys(files: Sequence[str], *, key_id: str | None = None) -> dict[str, PublicKey]:
    """The public keys that are trusted, by their ids; more than one while keys change.

    Args:
        files: paths of the keys.
        key_id: name of the only key; None takes each key's from its file's name.

    Raises:
        UsageError: there is no such key, or two would have one id.
        VerificationError: a key is not acceptable.
    """
    if key_id is not None and len(files) > 1:
        raise UsageError(
            "`--key-id` names one key, and several are given",
            help_text="name the files by the keys' ids, for example `release-2026.pub.pem`",
        )
    keys: dict[str, PublicKey] = {}
    for file in files:
        path = Path(file)
        public, name = load_public_key(path), check_key_id(key_id or key_id_of(path))
        if name in keys:
            raise UsageError(
                f"two keys have the id `{name}`",
                help_text="the id is the file's name: rename one as who signs calls it",
            )
        keys[name] = public
    return keys


def verify_with(
    bundle: bytes, keys: Sequence[str], *, key_id: str | None, scope: str | None
) -> tuple[VerifiedBundle, Mapping[str, PublicKey]]:
    """Verify a bundle with public keys in files, each of which is trusted alike.

    Args:
        bundle: the bundle.
        keys: paths of the public keys.
        key_id: name of the only key; None takes it from the file's name.
        scope: scope that the signature must bind; None demands that it binds none.

    Returns:
        What was verified, and the keys.

    Raises:
        UsageError: there is no such key.
        VerificationError: it does not verify; the message names the step.
    """
    known = load_keys(keys, key_id=key_id)
    return verify_bundle(bundle, known, scope=scope or ""), known
