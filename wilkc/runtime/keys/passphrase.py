"""Keys from passphrases: scrypt (RFC 7914). Layer: runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt as _Scrypt

from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import UsageError
from wilkc.runtime.keys.seal import KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_BYTES: Final = 12
"""A passphrase that opens every record must not be a PIN."""
_SALT_BYTES: Final = 16
_COST: Final = 2**15
_BLOCKS: Final = 8
_PARALLEL: Final = 1
_MOST_MEMORY: Final = 1 << 28
"""Bytes that a file may ask for (128 · n · r); a larger claim is an attack on this process."""


@dataclass(frozen=True, slots=True)
class Scrypt:
    """Parameters of one derivation.

    Attributes:
        n: cost, a power of two.
        p: parallelisation.
        r: block size.
        salt: base64 of 16 random bytes.
    """

    n: int
    p: int
    r: int
    salt: str


def new_scrypt(random: Callable[[int], bytes]) -> Scrypt:
    """Parameters with a fresh salt; 32 MiB and about a tenth of a second."""
    return Scrypt(_COST, _PARALLEL, _BLOCKS, to_base64(random(_SALT_BYTES)))


def require_long(passphrase: bytes) -> None:
    """Refuse a passphrase that can be guessed by its length alone.

    Raises:
        UsageError: it is too short.
    """
    if len(passphrase) < LEAST_BYTES:
        raise UsageError(
            f"the passphrase is shorter than {LEAST_BYTES} bytes",
            help_text="several random words make a good one",
        )


def derive(parameters: Scrypt, passphrase: bytes) -> bytes:
    """The 32-byte key of a passphrase.

    Raises:
        ValueError: the parameters are malformed, weak, or ask for too much.
        UsageError: the passphrase is too short.
    """
    n, r, p = parameters.n, parameters.r, parameters.p
    if n < _COST or n & (n - 1) or r != _BLOCKS or p != _PARALLEL or 128 * n * r > _MOST_MEMORY:
        raise ValueError("its scrypt parameters are out of range")
    require_long(passphrase)
    salt = from_base64(parameters.salt, length=_SALT_BYTES)
    return _Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(passphrase)
