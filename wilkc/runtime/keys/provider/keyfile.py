"""The content of a provider's file: one key, or several while one replaces another. Layer: runtime.

A file of 32 bytes is one key. Else it is canonical JSON, the newest key first: either plain,
or with each key encrypted under one derived from a passphrase by scrypt (RFC 7914), whose
parameters stand in the file.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.keys.passphrase import Scrypt, derive, new_scrypt
from wilkc.runtime.keys.seal import KEY_BYTES
from wilkc.runtime.keys.wraps import KeyWrapper, Wrap, bound_to

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT: Final = "wilk.provider/v1"
USE: Final = "provider"
MAX_FILE_BYTES: Final = 64 * 1024
_NAME_CONTEXT: Final = b"wilk.provider/v1"
_NAME_DIGITS: Final = 16
_OUTER: Final = "passphrase"


@dataclass(frozen=True, slots=True)
class _Plain:
    keys: tuple[str, ...]
    v: str


@dataclass(frozen=True, slots=True)
class _Sealed:
    keys: tuple[Wrap, ...]
    names: tuple[str, ...]
    scrypt: Scrypt
    v: str


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys of a provider's file.

    Attributes:
        secrets: 32 bytes each, the newest first.
        scrypt: how the passphrase becomes a key, or None for a file without one.
    """

    secrets: tuple[bytes, ...]
    scrypt: Scrypt | None = None

    def wrappers(self) -> tuple[KeyWrapper, ...]:
        """What wraps by each key."""
        return tuple(KeyWrapper(name_of(secret), secret) for secret in self.secrets)


def name_of(secret: bytes) -> str:
    """An id of a key by which a wrap of another provider's key is recognised."""
    return "file:" + hmac.new(secret, _NAME_CONTEXT, "sha256").hexdigest()[:_NAME_DIGITS]


def with_passphrase(secrets: tuple[bytes, ...]) -> KeyFile:
    """The keys, to be kept under a passphrase with a fresh salt."""
    return KeyFile(secrets, new_scrypt(os.urandom))


def write_keys(file: KeyFile, passphrase: Callable[[], bytes]) -> bytes:
    """The bytes of the file."""
    if file.scrypt is None:
        if len(file.secrets) == 1:
            return file.secrets[0]
        return encode_subset(to_json(_Plain(tuple(map(to_base64, file.secrets)), FORMAT)))
    outer = KeyWrapper(_OUTER, derive(file.scrypt, passphrase()))
    names = tuple(map(name_of, file.secrets))
    keys = tuple(
        outer.wrap(secret, bound_to(name, USE, FORMAT))
        for name, secret in zip(names, file.secrets, strict=True)
    )
    return encode_subset(to_json(_Sealed(keys, names, file.scrypt, FORMAT)))


def read_keys(data: bytes, passphrase: Callable[[], bytes]) -> KeyFile:
    """The keys of a file; the passphrase is asked for only where the file needs it.

    Raises:
        VerificationError: it is no such file, or the passphrase is wrong.
    """
    # By its length alone: one random key in 256 begins as the other forms do.
    if len(data) == KEY_BYTES:
        return KeyFile((data,))
    if not data.startswith(b"{"):
        raise VerificationError(f"the provider's key is not {KEY_BYTES} bytes long")
    try:
        value = parse_subset(data)
        if "scrypt" not in value:
            plain = from_json(_Plain, value, "provider")
            secrets = tuple(from_base64(text, length=KEY_BYTES) for text in plain.keys)
            return _checked(KeyFile(secrets), plain.v)
        sealed = from_json(_Sealed, value, "provider")
        outer = KeyWrapper(_OUTER, derive(sealed.scrypt, passphrase()))
        named = zip(sealed.names, sealed.keys, strict=True)
        secrets = tuple(outer.unwrap(wrap, bound_to(name, USE, FORMAT)) for name, wrap in named)
        return _checked(KeyFile(secrets, sealed.scrypt), sealed.v)
    except ValueError as error:
        raise VerificationError(f"the provider's file cannot be read: {error}") from error
    except VerificationError as error:
        raise VerificationError(
            f"the provider's file does not open: {error.message}",
            help_text="the passphrase may be another one",
        ) from error


def _checked(file: KeyFile, version: str) -> KeyFile:
    if version != FORMAT or not file.secrets:
        raise ValueError("it is of another format")
    return file
