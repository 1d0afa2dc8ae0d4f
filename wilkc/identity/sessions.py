"""Sessions: `ws_ID_SECRET`, bound to a principal and a channel. Layer: identity.

A session begins at a login and has a new id each time; an id that a caller brings is never
taken. It ends when it was idle for too long, and at its limit however busy it is.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError
from wilkc.identity.failures import (
    EXPIRED,
    MALFORMED,
    MISDIRECTED,
    UNKNOWN,
    AuthenticationError,
)
from wilkc.identity.principal import Principal, as_column, origin_text, origins_of
from wilkc.identity.resting import require_lasting
from wilkc.identity.secret import keyed_hash, new_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.identity.clock import Clock
    from wilkc.identity.database import Database
    from wilkc.identity.revocation import Revocations

IDLE_SECONDS: Final = 900
ABSOLUTE_SECONDS: Final = 12 * 3600
MAX_CHANNEL: Final = 256
_TOUCHES: Final = 15
"""A use is noted once per this part of the idle time, so that most uses write nothing."""
_TEXT: Final = re.compile(r"ws_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_NONE: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is listed; without its secret.

    Attributes:
        id: its public name.
        principal: whose it is.
        channel: where it may be used.
        created: when it began; all times in seconds since 1970.
        seen: when it was used last, roughly.
        expires: when it ends, unless it is used before.
    """

    id: str
    principal: str
    channel: str
    created: int
    seen: int
    expires: int


class Sessions:
    """The sessions of an identity.

    Args:
        database: keeps them.
        hash_key: of their hashes.
        revocations: the list that may name them.
        clock: the time.
        idle_seconds: how long a session may be unused.
        absolute_seconds: how long it may last.
    """

    def __init__(  # noqa: PLR0913  # what they need, and two limits
        self, database: Database, hash_key: bytes, revocations: Revocations, clock: Clock, *,
        idle_seconds: int = IDLE_SECONDS, absolute_seconds: int = ABSOLUTE_SECONDS,
    ) -> None:  # fmt: skip
        if not 0 < idle_seconds <= absolute_seconds:
            raise UsageError("a session's idle limit is at least a second, and within its whole")
        self._database = database
        self._hash_key = hash_key
        self._revocations = revocations
        self._clock = clock
        self._idle = idle_seconds
        self._absolute = absolute_seconds

    def login(
        self, principal: Principal, channel: str, *, old: str | None = None,
        before: Callable[[str], object] = lambda _: None,
    ) -> str:  # fmt: skip
        """Begin a session of somebody who has just shown another credential.

        Args:
            principal: who; the session never outlives the credential.
            channel: where the session may be used, such as `authzen` or a socket's path.
            old: a session that ends by this, whether or not it is one.
            before: told the session's name before it is in force, to put it on record: what this
                raises undoes it. It must not use the identity.

        Returns:
            The session's text, which nothing can show again.

        Raises:
            UsageError: the channel has no name, a session was shown, or what it may be used for
                could not be read back.
            UnavailableError: it cannot be kept.
        """
        if not 0 < len(channel) <= MAX_CHANNEL:
            raise UsageError("a session belongs to a channel")
        now = self._clock.now()
        if old is not None:
            self.logout(old)
        name = secrets.token_hex(8)
        text = f"ws_{name}_{new_secret()}"
        values = (
            name, self._hash(text), principal.id, origin_text(principal), channel,
            as_column(principal.scope), as_column(principal.acts_for), now, now,
            min(now + self._absolute, principal.expires),
        )  # fmt: skip
        with self._database.change() as change:
            change.execute("DELETE FROM sessions WHERE expires <= ?", (now,))
            change.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            before(name)
        return text

    @staticmethod
    def name_of(text: str) -> str:
        """The public name of a session, by which it is listed and revoked.

        Raises:
            AuthenticationError: the text is none.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            raise AuthenticationError(MALFORMED, "this is no session")
        return parts[1]

    def authenticate(self, text: str, channel: str) -> Principal:
        """Whose session this is.

        Raises:
            AuthenticationError: it is none, is over, or belongs to another channel.
            UnavailableError: it cannot be looked up.
        """
        name = self.name_of(text)
        row = self._database.one(
            "SELECT hash, principal, origin, channel, scope, acts_for, seen, expires"
            " FROM sessions WHERE id = ?",
            name,
        )
        if not hmac.compare_digest(self._hash(text), row[0] if row else _NONE) or row is None:
            raise AuthenticationError(UNKNOWN, "no such session", credential=name)
        _, principal, origin, bound, scope, acts_for, seen, expires = row
        if not hmac.compare_digest(bound.encode(), channel.encode()):
            raise AuthenticationError(MISDIRECTED, "of another channel", credential=name)
        now = self._clock.now()
        if now >= min(expires, seen + self._idle):
            raise AuthenticationError(EXPIRED, "the session has ended", credential=name)
        self._revocations.require_none(now, ("session", name), ("principal", principal))
        require_lasting(origins_of(origin), now, self._revocations, self._database.one)
        if now - seen >= max(1, self._idle // _TOUCHES):
            with self._database.change() as change:
                change.execute("UPDATE sessions SET seen = ? WHERE id = ?", (now, name))
        return Principal(
            principal, "session", name, tuple(scope.split()), tuple(acts_for.split()), expires
        )

    def logout(self, text: str) -> str | None:
        """End a session, if it is one; its name, or None.

        Raises:
            UnavailableError: it cannot be written.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            return None
        with self._database.change() as change:
            ended = change.execute(
                "DELETE FROM sessions WHERE id = ? AND hash = ?", (parts[1], self._hash(text))
            ).rowcount
        return parts[1] if ended else None

    def listed(self) -> list[Session]:
        """The sessions that have not ended by themselves, revoked ones included; oldest first.

        Raises:
            UnavailableError: they cannot be read.
        """
        now = self._clock.now()
        rows = self._database.all(
            "SELECT id, principal, channel, created, seen, expires FROM sessions ORDER BY created"
        )
        found = [
            Session(name, principal, channel, created, seen, min(expires, seen + self._idle))
            for name, principal, channel, created, seen, expires in rows
        ]
        return [one for one in found if now < one.expires]

    def _hash(self, text: str) -> bytes:
        return keyed_hash(self._hash_key, "session", text)
