"""A key directory as one encrypted file, and back. Layer: runtime. Pure but for random numbers.

The file holds the ring, the data keys, and the secrets of the keys that a provider wraps, all
under a passphrase: it opens without the provider, which may be lost with the machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
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
from wilkc.runtime.keys.store import KeyStore, put_directory
from wilkc.runtime.keys.wraps import bound_to

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.disk import Disk
    from wilkc.runtime.keys.wraps import Provider

FORMAT: Final = "wilk.keys-export/v1"
MAX_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Secret:
    kid: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Content:
    deks: str
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
    """

    ring: Ring
    deks: bytes
    secrets: dict[str, bytes]


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
            deks=to_base64(read_file(keys.directory / DEKS_FILE)),
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
    put_directory(directory, text, opened.deks, disk)
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
    return Opened(ring, from_base64(content.deks), secrets)
