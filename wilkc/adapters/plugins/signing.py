"""Signing a plugin's folder, and verifying it. Layer: adapters. Reads and writes files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.adapters.plugins.content import (
    ENVELOPE,
    PAYLOAD_TYPE,
    Plugin,
    Statement,
    read_statement,
    require_files,
    state,
)
from wilkc.adapters.plugins.folder import read_folder
from wilkc.core.dsse import Envelope, parse_envelope, signing_bytes
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.files import replace_file
from wilkc.runtime.keys.sign import verify_signature
from wilkc.runtime.keys.verifier import parse_verifier_key, verifier_key

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.keys import SigningKey

MAX_ENVELOPE: Final = 2**20
"""Bytes of an envelope."""


def sign_plugin(  # noqa: PLR0913  # what is signed, and who signs
    folder: Path, name: str, version: str, entry: str, *, signer: str, key: SigningKey
) -> Statement:
    """Sign a plugin as it is now, and write its envelope beside its files.

    Args:
        folder: of the plugin.
        name: of the plugin.
        version: for people.
        entry: path of the file that is run, in the folder.
        signer: name of the key, for example `example.org/plugins`.
        key: that signs.

    Raises:
        VerificationError: the folder holds something that is no regular file.
        UsageError: it cannot be signed, or the envelope cannot be written.
    """
    _, files = read_folder(folder)
    stated = state(name, version, entry, files)
    try:
        key_id = verifier_key(signer, key.public).text
    except ValueError as error:
        raise UsageError(str(error)) from error
    signature = key.sign(signing_bytes(PAYLOAD_TYPE, stated.payload))
    envelope = Envelope(PAYLOAD_TYPE, stated.payload, key_id, signature)
    try:
        replace_file(folder / ENVELOPE, envelope.encoded(), mode=0o644, durable="content")
    except OSError as error:
        raise UsageError(f"cannot write `{folder / ENVELOPE}`: {error.strerror}") from error
    return stated


def verify_plugin(folder: Path, name: str | None = None) -> Plugin:
    """The plugin in a folder, once all of it verified.

    1. The envelope is one, of this type, with one signature.
    2. The key that it names made the signature.
    3. What it signed is a statement in canonical form.
    4. It is the plugin that is asked for.
    5. The files are those of the statement, no more and no fewer.

    Whether the key is to be trusted is *not* decided here: a policy lists it, and OPA compares.

    Args:
        folder: of the plugin.
        name: which plugin it must be; None for any.

    Raises:
        VerificationError: any of this does not hold; nothing of the plugin may be run.
    """
    data, files = read_folder(folder)
    # 1
    if data is None:
        raise VerificationError(f"the plugin is not signed: there is no `{ENVELOPE}`")
    if len(data) > MAX_ENVELOPE:
        raise VerificationError("the plugin's envelope is too large")
    envelope = parse_envelope(data)
    if envelope.payload_type != PAYLOAD_TYPE:
        raise VerificationError("what was signed is no plugin")
    # 2
    try:
        key = parse_verifier_key(envelope.key_id)
    except ValueError as error:
        raise VerificationError(f"the plugin's key cannot be read: {error}") from error
    verify_signature(key.public, envelope.signature, envelope.signed)
    # 3
    stated = read_statement(envelope.payload)
    # 4
    if name is not None and stated.name != name:
        raise VerificationError(f"what was signed is the plugin `{stated.name}`")
    # 5
    require_files(stated, files)
    return Plugin(stated, key.text, files)
