"""A key directory as one encrypted file, and back. Layer: runtime. Pure but for random numbers.

The file holds the ring, the data keys, the secrets of the keys that a provider wraps, and what
else lies beside them that nobody can make anew: how the log is written, and the checkpoint that
this host held, without which a log that was cut meanwhile would be taken for whole. All of it is
under a passphrase: it opens without the provider, which may be lost with the machine.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.keys.data_keys import DEKS_FILE
from wilkc.runtime.keys.deks import read_deks
from wilkc.runtime.keys.passphrase import Scrypt, derive, new_scrypt
from wilkc.runtime.keys.ring import Ring, check_mac, read_ring, ring_text
from wilkc.runtime.keys.ringfile import BY_PROVIDER, RING_FILE, read_file
from wilkc.runtime.keys.seal import decrypt, encrypt
from wilkc.runtime.keys.store import HELD_DIRECTORY, KeyStore, put_directory
from wilkc.runtime.keys.wraps import bound_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wilkc.runtime.disk import Disk
    from wilkc.runtime.keys.wraps import Provider

FORMAT: Final = "wilk.keys-export/v2"
EXPORT_MARK: Final = b',"v":"wilk.keys-export/'
"""Stands in the last bytes of every export, and in no other file of a log."""
MARK_BYTES: Final = 64
SETTINGS_FILE: Final = "audit.json"
_NAME: Final = re.compile(r"[a-z0-9._+-]{1,255}", re.ASCII)
"""Of a held checkpoint: an origin with `+` for `/`."""
MAX_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Secret:
    kid: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Held:
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class _Content:
    audit: str | None
    deks: str
    held: tuple[_Held, ...]
    ring: str
    secrets: tuple[_Secret, ...]


@dataclass(frozen=True, slots=True)
class _File:
    ct: str
    export: str
    n: str
    origin: str
    ring: int
    scrypt: Scrypt
    v: str

    def bound(self) -> bytes:
        return encode_subset({"export": self.export, "log": self.origin, "v": self.v})


@dataclass(frozen=True, slots=True)
class Opened:
    """An export that was opened.

    Attributes:
        ring: the key ring, verified.
        deks: the file of the data keys.
        secrets: of the keys that a provider wraps, by key id.
        files: other files of the key directory, by their path in it.
    """

    ring: Ring
    deks: bytes
    secrets: dict[str, bytes]
    files: Mapping[str, bytes] = field(default_factory=dict)


def export_keys(keys: KeyStore, name: str, passphrase: bytes) -> bytes:
    """All keys, encrypted.

    Args:
        keys: the opened key directory.
        name: of the copy, as it goes on record.
        passphrase: what it opens with.

    Raises:
        UsageError: the passphrase is too short.
        VerificationError: a key is missing.
    """
    with keys.rings.locked():
        outer = [key for key in keys.ring.keys if key.use in BY_PROVIDER and key.wrapped]
        content = _Content(
            audit=_settings(keys.directory),
            deks=to_base64(read_file(keys.directory / DEKS_FILE)),
            held=tuple(_held(keys.directory / HELD_DIRECTORY)),
            ring=to_base64(read_file(keys.directory / RING_FILE)),
            secrets=tuple(_Secret(key.kid, to_base64(keys.rings.secret(key))) for key in outer),
        )
        version = keys.ring.version
    scrypt = new_scrypt(os.urandom)
    head = _File("", name, "", keys.origin, version, scrypt, FORMAT)
    plain = encode_subset(to_json(content))
    nonce, sealed = encrypt(derive(scrypt, passphrase), plain, head.bound())
    whole = _File(to_base64(sealed), name, to_base64(nonce), keys.origin, version, scrypt, FORMAT)
    return encode_subset(to_json(whole)) + b"\n"


def read_export(data: bytes, passphrase: bytes) -> Opened:
    """Open an export.

    Args:
        data: the export.
        passphrase: what it opens with.

    Raises:
        UsageError: the passphrase is too short.
        VerificationError: it is no export, was changed, or the passphrase is another.
    """
    try:
        file = from_json(_File, parse_subset(data.removesuffix(b"\n")), "export")
        opened = _decrypted(file, passphrase)
    except ValueError as error:
        raise VerificationError(f"the export cannot be read: {error}") from error
    except VerificationError as error:
        raise VerificationError(
            f"the export does not open: {error.message}",
            help_text="the passphrase may be another one",
        ) from error
    read_deks(opened.deks)
    return opened


def restore_keys(
    opened: Opened, directory: Path, provider: Provider, disk: Disk, now: str
) -> KeyStore:
    """Make a key directory of an export.

    The ring keeps its version, so that a log refuses a copy older than the one it knows.

    Args:
        opened: the export.
        directory: must be missing or empty.
        provider: wraps the first keys from now on.
        disk: where to write.
        now: the time.

    Raises:
        UsageError: the directory holds something, or cannot be written.
    """
    ring, secrets = opened.ring, opened.secrets
    wraps = {
        key.kid: provider.wrap(secrets[key.kid], bound_to(*key.bound()))
        for key in ring.keys
        if key.kid in secrets
    }
    ring = replace(ring, keys=ring.with_steps({}, now, wraps).keys)
    text = ring_text(ring, secrets[ring.active("ring").kid])
    put_directory(directory, text, opened.deks, disk, opened.files)
    return KeyStore(directory, provider, disk)


def _decrypted(file: _File, passphrase: bytes) -> Opened:
    if file.v != FORMAT:
        raise ValueError(f"it is of another format than `{FORMAT}`")
    key = derive(file.scrypt, passphrase)
    plain = decrypt(key, from_base64(file.n), from_base64(file.ct), file.bound())
    content = from_json(_Content, parse_subset(plain), "export")
    secrets = {one.kid: from_base64(one.secret) for one in content.secrets}
    ring, mac = read_ring(from_base64(content.ring))
    check_mac(ring, secrets.get(ring.active("ring").kid, b""), mac)
    files = {} if content.audit is None else {SETTINGS_FILE: from_base64(content.audit)}
    for one in content.held:
        # A name of a file is made of it.
        if not _NAME.fullmatch(one.name) or one.name.startswith("."):
            raise ValueError("a held checkpoint is named as none is")
        files[f"{HELD_DIRECTORY}/{one.name}"] = from_base64(one.note)
    return Opened(ring, from_base64(content.deks), secrets, files)


def _settings(directory: Path) -> str | None:
    """How the log is written; None where it was never told."""
    path = directory / SETTINGS_FILE
    return to_base64(read_file(path)) if path.exists() else None


def _held(directory: Path) -> Iterator[_Held]:
    """The checkpoints that this host held, whole as they are renamed into place."""
    for path in sorted(directory.iterdir() if directory.is_dir() else ()):
        if not path.name.startswith("."):
            yield _Held(path.name, to_base64(read_file(path)))
