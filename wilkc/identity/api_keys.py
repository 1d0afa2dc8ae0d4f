"""API keys: `wk_ID_SECRET`. Layer: identity.

The id names the key in lists and records; the secret is shown once, when the key is made. A
rotation makes a successor and lets the old key live on for an overlap, never past its own end.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UnavailableError, UsageError
from wilkc.identity.failures import EXPIRED, MALFORMED, UNKNOWN, AuthenticationError
from wilkc.identity.principal import Principal, as_column, check_name, check_patterns, check_scope
from wilkc.identity.secret import keyed_hash, new_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wilkc.identity.clock import Clock
    from wilkc.identity.database import Database
    from wilkc.identity.revocation import Revocations

DAY: Final = 86_400
MAX_DAYS: Final = 365
ROTATE_DAYS: Final = 90
OVERLAP_DAYS: Final = 7
USED_EVERY: Final = 60
"""Seconds between two notes of the last use: a write for each use would be all its cost."""
_TEXT: Final = re.compile(r"wk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NONE: Final = bytes(32)
_COLUMNS: Final = "principal, hash, scope, acts_for, created, rotate_after, expires, used"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed; without its secret.

    Attributes:
        id: its public name, 16 hexadecimal characters.
        principal: whose it is.
        scope: see `Principal`.
        acts_for: see `Principal`.
        created: when it was made; all times in seconds since 1970.
        rotate_after: when its rotation is due.
        expires: when it ends.
        successor: id of the key that takes its place, or None.
        used: when it was used last, to the minute; 0 for never.
    """

    id: str
    principal: str
    scope: tuple[str, ...]
    acts_for: tuple[str, ...]
    created: int
    rotate_after: int
    expires: int
    successor: str | None
    used: int


class NotEndedError(UnavailableError):
    """A key has a successor, and what was got with it could not be ended for all.

    Args:
        message: one line; it does not hold the text.
        made: the successor, which is in force.
        text: its text, which nothing else can show again.
    """

    def __init__(self, message: str, made: ApiKey, text: str) -> None:
        super().__init__(message, help_text="revoke the old key: wilkc identity revoke")
        self.made = made
        self.text = text


class ApiKeys:
    """The keys of an identity.

    Args:
        database: keeps them.
        hash_key: of their hashes.
        revocations: the list that may name them.
        clock: the time.
    """

    def __init__(
        self, database: Database, hash_key: bytes, revocations: Revocations, clock: Clock
    ) -> None:
        self._database = database
        self._hash_key = hash_key
        self._revocations = revocations
        self._clock = clock

    def create(  # noqa: PLR0913  # what a key is, and who is told
        self, principal: str, scope: Sequence[str], *, acts_for: Sequence[str] = (),
        days: int = MAX_DAYS, rotate_days: int = ROTATE_DAYS,
        before: Callable[[ApiKey], object] = lambda _: None,
    ) -> tuple[ApiKey, str]:  # fmt: skip
        """Make a key.

        Args:
            principal: whose it is.
            scope: see `Principal`; `*:*` must be said.
            acts_for: see `Principal`.
            days: how long it lives, 1 to 365.
            rotate_days: when its rotation is due.
            before: told of the key before it is in force, to put it on record: what this raises
                undoes it. It must not use the identity.

        Returns:
            The key as listed, and its text, which nothing can show again.

        Raises:
            UsageError: something makes no sense.
            UnavailableError: it cannot be kept.
        """
        if not 1 <= days <= MAX_DAYS or not rotate_days >= 1:
            raise UsageError(f"a key lives 1 to {MAX_DAYS} days")
        now = self._clock.now()
        made, text = self._made(
            check_name(principal), check_scope(scope), check_patterns(acts_for), now,
            lives=(days, rotate_days),
        )  # fmt: skip
        with self._database.change() as change:
            change.execute(*_insertion(made, self._hash(text)))
            before(made)
        return made, text

    def authenticate(self, text: str) -> Principal:
        """Whose key this is.

        Raises:
            AuthenticationError: it is none, or one that is no longer.
            UnavailableError: it cannot be looked up.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            raise AuthenticationError(MALFORMED, "this is no API key")
        name = parts[1]
        row = self._database.one(f"SELECT {_COLUMNS} FROM api_keys WHERE id = ?", name)  # noqa: S608
        # An unknown key takes as long as a wrong one.
        if not hmac.compare_digest(self._hash(text), row[1] if row else _NONE) or row is None:
            raise AuthenticationError(UNKNOWN, "no such API key", credential=name)
        principal, _, scope, acts_for, _, _, expires, used = row
        now = self._clock.now()
        if now >= expires:
            raise AuthenticationError(EXPIRED, "the API key has ended", credential=name)
        self._revocations.require_none(now, ("key", name), ("agent", principal))
        if now - used >= USED_EVERY:
            with self._database.change() as change:
                change.execute("UPDATE api_keys SET used = ? WHERE id = ?", (now, name))
        return Principal(
            principal, "api_key", name, tuple(scope.split()), tuple(acts_for.split()), expires,
            (("key", name),),
        )  # fmt: skip

    def rotate(
        self, name: str, *, overlap_days: int = OVERLAP_DAYS,
        before: Callable[[ApiKey], object] = lambda _: None,
    ) -> tuple[ApiKey, str]:  # fmt: skip
        """Make the successor of a key; the old one ends after the overlap.

        Args:
            name: id of the key.
            overlap_days: 0 ends the old one at once, with all that was got with it.
            before: told of the successor before it is in force, to put it on record: what this
                raises undoes the rotation. It must not use the identity.

        Returns:
            The successor and its text, see `create`.

        Raises:
            UsageError: there is no such key, it has a successor, or it is over.
            UnavailableError: it cannot be kept; the old one is as it was.
            NotEndedError: the old one's end cannot be told to all; it holds the successor.
        """
        if not 0 <= overlap_days <= MAX_DAYS:
            raise UsageError(f"an overlap is 0 to {MAX_DAYS} days")
        now = self._clock.now()
        with self._database.change() as change:
            old = _key(name, _row(change, name))
            if old.successor is not None or now >= old.expires:
                raise UsageError(f"the key `{name}` is over, or rotated already")
            self._revocations.require_none(now, ("key", name), ("principal", old.principal))
            days = max(1, (old.expires - old.created) // DAY)
            due = max(1, (old.rotate_after - old.created) // DAY)
            made, text = self._made(old.principal, old.scope, old.acts_for, now, lives=(days, due))
            change.execute(*_insertion(made, self._hash(text)))
            change.execute(
                "UPDATE api_keys SET successor = ?, expires = ? WHERE id = ?",
                (made.id, min(old.expires, now + overlap_days * DAY), name),
            )
            before(made)
        if not overlap_days:
            # Access tokens do not ask when the key ends that they were got with.
            try:
                self._revocations.revoke("key", name, until=old.expires)
            except UnavailableError as error:
                raise NotEndedError(error.message, made, text) from error
        return made, text

    def due(self) -> list[ApiKey]:
        """The keys whose rotation is due and has not happened, oldest first."""
        now = self._clock.now()
        return [
            key
            for key in self.listed()
            if key.successor is None and key.rotate_after <= now < key.expires
        ]

    def listed(self) -> list[ApiKey]:
        """All keys, oldest first."""
        rows = self._database.all(
            f"SELECT id, {_COLUMNS}, successor FROM api_keys ORDER BY created, id"  # noqa: S608
        )
        return [_key(row[0], row[1:]) for row in rows]

    def _made(
        self, principal: str, scope: tuple[str, ...], acts_for: tuple[str, ...], now: int, *,
        lives: tuple[int, int],
    ) -> tuple[ApiKey, str]:  # fmt: skip
        name, (days, due) = secrets.token_hex(8), lives
        rotate_after, expires = now + min(days, due) * DAY, now + days * DAY
        key = ApiKey(name, principal, scope, acts_for, now, rotate_after, expires, None, 0)
        return key, f"wk_{name}_{new_secret()}"

    def _hash(self, text: str) -> bytes:
        return keyed_hash(self._hash_key, "api_key", text)


def _insertion(key: ApiKey, hashed: bytes) -> tuple[str, tuple[Any, ...]]:
    values = (
        key.id, key.principal, hashed, as_column(key.scope), as_column(key.acts_for),
        key.created, key.rotate_after, key.expires, None, 0,
    )  # fmt: skip
    return "INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values


def _row(change: Any, name: str) -> tuple[Any, ...]:
    statement = f"SELECT {_COLUMNS}, successor FROM api_keys WHERE id = ?"  # noqa: S608
    row: tuple[Any, ...] | None = change.execute(statement, (name,)).fetchone()
    if row is None:
        raise UsageError(f"there is no key {json.dumps(name)}")
    return row


def _key(name: str, row: tuple[Any, ...]) -> ApiKey:
    principal, _, scope, acts_for, created, rotate_after, expires, used, successor = row
    return ApiKey(
        name, principal, tuple(scope.split()), tuple(acts_for.split()), created, rotate_after,
        expires, successor, used,
    )  # fmt: skip
