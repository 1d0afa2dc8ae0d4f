"""Sealing members of records. Layer: runtime.

A sealed member opens only with its data key, at its own place of its own record. Only
ciphertext is ever hashed, so that no digest betrays a value that can be guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import sha256_hex
from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.core.subset import quoted
from wilkc.runtime.audit.files import BLOBS
from wilkc.runtime.audit.record import FORMAT, Actor
from wilkc.runtime.keys import decrypt, encrypt
from wilkc.runtime.keys.seal import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wilkc.runtime.audit.drafts import Drafted
    from wilkc.runtime.audit.means import Means
    from wilkc.runtime.audit.record import Class, Draft
    from wilkc.runtime.keys import KeyStore

MAX_INLINE_BYTES: Final = 32 * 1024
"""Ciphertext of one record that stands in it; what is more goes into blobs."""
_MONTH: Final = len("2026-11")


def bound_to_place(record_id: str, kid: str, origin: str, path: str) -> bytes:
    """The associated data of a sealed member."""
    # Filled in, as it is needed for each sealed member: the canonical form of the five.
    return (
        f'{{"id":{quoted(record_id)},"kid":{quoted(kid)},"log":{quoted(origin)},'
        f'"path":{quoted(path)},"v":"{FORMAT}"}}'
    ).encode()


def seal_draft(means: Means, origin: str, drafted: Drafted) -> Draft:
    """A draft with its members sealed, and with tokens in the place of persons.

    It runs where records get their order: between the token and the record nobody is erased.

    Raises:
        VerificationError: a key is missing.
        UnavailableError: the key directory cannot be read.
        OSError: a key or a blob cannot be stored.
    """
    draft, person, user = drafted.draft, drafted.person, drafted.user
    subject = draft.subject if person is None else _token(means, person, draft)
    actor = draft.actor if user is None else Actor("user", _token(means, user, draft))
    sealed = seal_members(
        means, origin, draft.id, draft.record_class, drafted.plain, subject=subject
    )
    return draft._replace(subject=subject, actor=actor, sealed=sealed)


def seal_members(  # noqa: PLR0913  # what an envelope is bound to
    means: Means,
    origin: str,
    record_id: str,
    record_class: Class,
    plain: Mapping[str, bytes],
    *,
    subject: str | None = None,
) -> dict[str, Any]:
    """The `sealed` member of a record; blobs are durable when this returns.

    Args:
        means: keys, clock and directory.
        origin: name of the log.
        record_id: of the record.
        record_class: of the record, which decides how long the content is kept.
        plain: member path to the bytes to seal.
        subject: token of the person concerned, or None.

    Raises:
        VerificationError: a key is missing.
        UnavailableError: the key directory cannot be read.
        OSError: a key or a blob cannot be stored.
    """
    if not plain or (subject is not None and not means.keys.data.kids(subject)):
        return {}  # what comes in about an erased person is not kept
    now = means.now()
    key = means.keys.data_key(subject, record_class, now[:_MONTH], now, len(plain))
    room, sealed = MAX_INLINE_BYTES, {}
    for path, content in sorted(plain.items()):
        bound = bound_to_place(record_id, key.kid, origin, path)
        nonce, ciphertext = encrypt(key.key, content, bound)
        inline = len(ciphertext) <= room
        room -= len(ciphertext) if inline else 0
        sealed[path] = {
            "alg": ALGORITHM,
            "blob": None if inline else _store_blob(means, ciphertext),
            "ct": to_base64(ciphertext) if inline else None,
            "kid": key.kid,
            "n": to_base64(nonce),
        }
    return sealed


def open_member(event: Mapping[str, Any], path: str, keys: KeyStore, directory: Path) -> bytes:
    """The plaintext of a sealed member.

    Args:
        event: the record.
        path: the member's path, for example `action.details`.
        keys: the opened key directory.
        directory: of the log, where blobs are.

    Raises:
        VerificationError: it is not sealed there, or does not open.
    """
    envelope = event["sealed"].get(path)
    if envelope is None:
        raise VerificationError(f"the record has no sealed `{path}`")
    ciphertext = (
        _read_blob(directory, envelope["blob"])
        if envelope["ct"] is None
        else from_base64(envelope["ct"])
    )
    key = keys.data_key_by_id(envelope["kid"])
    bound = bound_to_place(event["id"], key.kid, event["log"], path)
    return decrypt(key.key, from_base64(envelope["n"]), ciphertext, bound)


def _token(means: Means, person: str, draft: Draft) -> str:
    now = means.now()
    return means.keys.data.token_for(person, draft.record_class, now[:_MONTH], now)


def _store_blob(means: Means, ciphertext: bytes) -> str:
    name = sha256_hex(ciphertext)
    top = means.directory / BLOBS
    means.disk.make_directory(top)
    means.disk.make_directory(top / name[:2])
    means.disk.put_file(top / name[:2] / name, ciphertext)
    return name


def _read_blob(directory: Path, name: str) -> bytes:
    try:
        with open_plain(directory / BLOBS / name[:2] / name) as file:
            ciphertext = file.read()
    except OSError as error:
        raise VerificationError(f"blob `{name}` cannot be read") from error
    if sha256_hex(ciphertext) != name:
        raise VerificationError(f"blob `{name}` was changed")
    return ciphertext
