"""The data keys of a key directory, and the tokens of persons. Layer: runtime.

A data key is durable before its first use. A person is known by a random token, which is
found through a keyed digest of the person's id: both stand only in `deks.jsonl`, so that
after shredding the token links to nobody.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import VerificationError
from wilkc.runtime.keys.deks import (
    COUNTED_EACH,
    FORMAT,
    KID_DIGITS,
    MOST_USES,
    REPLACED_AFTER,
    USE,
    DataKey,
    deks_text,
    read_deks,
)
from wilkc.runtime.keys.ringfile import read_file, unknown_kek
from wilkc.runtime.keys.seal import ALGORITHM, random_key
from wilkc.runtime.keys.wraps import bound_to

if TYPE_CHECKING:
    from collections.abc import Collection

    from wilkc.runtime.keys.ringfile import RingFile
    from wilkc.runtime.keys.wraps import KeyWrapper

DEKS_FILE: Final = "deks.jsonl"
TOKEN_PREFIX: Final = "s_"  # noqa: S105  # of a name, no secret
_TOKEN_BYTES: Final = 16
_LOOKUP_CONTEXT: Final = b"wilk.subject/v1\n"


@dataclass(frozen=True, slots=True)
class OpenDataKey:
    """A data key that can be used."""

    kid: str
    key: bytes


class DataKeys:
    """All data keys. One thread at a time."""

    def __init__(self, rings: RingFile) -> None:
        self._rings = rings
        self._path = rings.directory / DEKS_FILE
        self._uses: dict[str, int] = {}
        self._opened: dict[str, OpenDataKey] = {}
        self._stamp: tuple[int, ...] = ()
        self.keys: tuple[DataKey, ...] = ()
        self.refresh()

    def refresh(self) -> None:
        """Read the keys again if another process changed them; nothing opened outlives that.

        Raises:
            VerificationError: a line is malformed, or wrapped by a key that is gone.
        """
        if self._stamp and self._stamp == self._found():
            return
        stamp = self._found()
        keys = read_deks(read_file(self._path))
        for key in keys:
            if self._rings.ring.opening(key.wrapped.by) is None:
                raise unknown_kek(key.wrapped.by)
        self.keys, self._opened, self._stamp = keys, {}, stamp

    def usable(
        self, subject: str | None, record_class: str, month: str, now: str, messages: int
    ) -> OpenDataKey:
        """The key that seals some messages now; made and durable before if there is none.

        Raises:
            VerificationError: the person was erased, or the key has sealed too much.
        """
        entry = self._newest(subject, record_class, month)
        if entry is None:
            with self._rings.locked():
                self.refresh()
                entry = self._newest(subject, record_class, month)
                entry = entry or self._make(subject, record_class, month, now)
        self._count(entry, messages)
        return self._open(entry)

    def by_id(self, kid: str) -> OpenDataKey:
        """The key that a sealed value names.

        Raises:
            VerificationError: it is not here; it may have been destroyed.
        """
        self.refresh()
        for entry in self.keys:
            if entry.kid == kid:
                return self._open(entry)
        raise VerificationError(f"audit_key_missing: there is no data key `{kid}`")

    def token(self, person: str) -> str | None:
        """The token of a person, or None if nothing is kept for that id."""
        digest = self._lookup(person)
        found = (key.subject for key in self.keys if key.lookup == digest)
        return next(found, None)

    def token_for(self, person: str, record_class: str, month: str, now: str) -> str:
        """The token of a person; made and durable, with a first key, if there is none."""
        found = self.token(person)
        if found:
            return found
        with self._rings.locked():
            self.refresh()
            found = self.token(person)
            if found is None:
                found = TOKEN_PREFIX + os.urandom(_TOKEN_BYTES).hex()
                self._make(found, record_class, month, now, lookup=self._lookup(person))
            return found

    def kids(self, subject: str) -> tuple[str, ...]:
        """The ids of a person's keys."""
        return tuple(key.kid for key in self.keys if key.subject == subject)

    def forget(self, kids: Collection[str]) -> None:
        """Remove keys for good, durably. What they sealed opens never again from here."""
        with self._rings.locked():
            self.refresh()
            kept = tuple(key for key in self.keys if key.kid not in kids)
            if kept != self.keys:
                self._save(kept)

    def rewrap(self, wrapper: KeyWrapper, gone: Collection[str]) -> None:
        """Wrap all keys by another key, durably; call it under the lock.

        Args:
            wrapper: the other key.
            gone: ids of keys that are on record as destroyed: an old copy of the file may
                have brought them back, and they are left out.
        """
        self.refresh()
        changed = tuple(self._rewrapped(key, wrapper) for key in self.keys if key.kid not in gone)
        if changed != self.keys:
            self._save(changed)

    def _rewrapped(self, key: DataKey, wrapper: KeyWrapper) -> DataKey:
        if key.wrapped.by == wrapper.name:
            return key
        bound = bound_to(key.kid, USE, FORMAT)
        secret = self._rings.unwrap(key.wrapped, bound)
        return replace(key, wrapped=wrapper.wrap(secret, bound))

    def _newest(self, subject: str | None, record_class: str, month: str) -> DataKey | None:
        fitting = (key for key in reversed(self.keys) if key.fits(subject, record_class, month))
        newest = next(fitting, None)
        if newest and self._used(newest) < REPLACED_AFTER:
            return newest
        return None

    def _used(self, key: DataKey) -> int:
        return key.uses + self._uses.get(key.kid, 0)

    def _count(self, key: DataKey, messages: int) -> None:
        if self._used(key) + messages > MOST_USES:
            raise VerificationError(f"audit_key_missing: data key `{key.kid}` sealed too much")
        self._uses[key.kid] = self._uses.get(key.kid, 0) + messages
        if self._uses[key.kid] >= COUNTED_EACH:
            with self._rings.locked():
                self.refresh()
                counted = self._uses.pop(key.kid)
                self._save(
                    tuple(
                        replace(one, uses=one.uses + counted) if one.kid == key.kid else one
                        for one in self.keys
                    )
                )

    def _make(
        self,
        subject: str | None,
        record_class: str,
        month: str,
        now: str,
        *,
        lookup: str | None = None,
    ) -> DataKey:
        if subject is not None and lookup is None:
            found = (key.lookup for key in self.keys if key.subject == subject)
            lookup = next(found, None)
            if lookup is None:
                raise VerificationError(f"the keys of `{subject}` were destroyed")
        kid = os.urandom(KID_DIGITS // 2).hex()
        wrapper = self._rings.active_kek()
        entry = DataKey(
            alg=ALGORITHM,
            record_class=record_class,
            created=now,
            kid=kid,
            lookup=lookup,
            month=month,
            subject=subject,
            uses=0,
            v=FORMAT,
            wrapped=wrapper.wrap(random_key(), bound_to(kid, USE, FORMAT)),
        )
        self._save((*self.keys, entry))
        return entry

    def _open(self, entry: DataKey) -> OpenDataKey:
        if entry.kid not in self._opened:
            secret = self._rings.unwrap(entry.wrapped, bound_to(entry.kid, USE, FORMAT))
            self._opened[entry.kid] = OpenDataKey(entry.kid, secret)
        return self._opened[entry.kid]

    def _lookup(self, person: str) -> str:
        key = self._rings.secret(self._rings.ring.active("lookup"))
        text = person.encode("utf-8", "surrogatepass")
        return hmac.new(key, _LOOKUP_CONTEXT + text, "sha256").hexdigest()

    def _save(self, keys: tuple[DataKey, ...]) -> None:
        self._rings.disk.put_file(self._path, deks_text(keys))
        self.keys, self._opened, self._stamp = keys, {}, self._found()

    def _found(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_size, found.st_mtime_ns
