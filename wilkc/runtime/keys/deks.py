"""Data keys: one for each (person or none, class, month). Layer: runtime. Pure.

They are random and never derived, since a derived key comes back after its destruction.
`deks.jsonl` holds one canonical line for each, wrapped by a key-encryption key of the ring.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import is_hex
from wilkc.core.errors import VerificationError
from wilkc.core.subset import encode_subset, parse_subset
from wilkc.runtime.keys.wraps import Wrap  # noqa: TC001  # read back by its annotation

FORMAT: Final = "wilk.deks/v1"
USE: Final = "dek"
KID_DIGITS: Final = 32
REPLACED_AFTER: Final = 2**28
"""Messages under one key after which the next gets a fresh one."""
MOST_USES: Final = 2**32
"""Messages under one key with random nonces (NIST SP 800-38D, section 8.3); more are refused."""
COUNTED_EACH: Final = 2**20
"""Uses after which the count is stored. A process that ends before is not counted: it would
take 4,096 of them, each just under this number, to come to `MOST_USES` in one month."""
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class DataKey:
    """One line of `deks.jsonl`.

    Attributes:
        alg: always `A256GCM`.
        record_class: class of the records whose content it seals.
        created: when it was made.
        kid: 32 random hexadecimal digits.
        lookup: keyed digest by which a person's token is found; None for no person.
        month: `YYYY-MM`.
        subject: token of the person whose content it seals; None for none.
        uses: messages sealed with it, as last stored.
        v: the format.
        wrapped: its secret.
    """

    alg: str
    record_class: str
    created: str
    kid: str
    lookup: str | None
    month: str
    subject: str | None
    uses: int
    v: str
    wrapped: Wrap

    def fits(self, subject: str | None, record_class: str, month: str) -> bool:
        """Whether it seals for this person, class and month."""
        return (self.subject, self.record_class, self.month) == (subject, record_class, month)


def deks_text(keys: tuple[DataKey, ...]) -> bytes:
    """The content of `deks.jsonl`."""
    return b"".join(encode_subset(to_json(key)) + b"\n" for key in keys)


def read_deks(text: bytes) -> tuple[DataKey, ...]:
    """The data keys of a `deks.jsonl`.

    Raises:
        VerificationError: a line is malformed; the message gives its number.
    """
    lines = text.split(b"\n")
    if lines.pop() != b"":
        raise VerificationError("the data keys end within a line")
    keys = tuple(_read_line(line, number) for number, line in enumerate(lines, start=1))
    if len({key.kid for key in keys}) != len(keys):
        raise VerificationError("two data keys have the same id")
    return keys


def _read_line(line: bytes, number: int) -> DataKey:
    try:
        key = from_json(DataKey, parse_subset(line), "data key")
    except ValueError as error:
        raise VerificationError(f"data key {number} cannot be read: {error}") from error
    if key.v != FORMAT or not is_hex(key.kid, KID_DIGITS) or not _MONTH.fullmatch(key.month):
        raise VerificationError(f"data key {number} is of another format")
    return key
