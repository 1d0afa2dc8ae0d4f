"""Failures to authenticate: counted for each source, and delayed. Layer: identity.

After a few failures in a row a source is not listened to for a while that doubles, whatever it
shows; a success forgets them. It keeps guessing and noise apart from a mistyped key; what makes
guessing hopeless is the size of the secrets.

Sources are counted by a keyed hash of two bytes, so that no number of made-up sources fills the
disk; two that share one are delayed together, and nobody can choose whom to share with. That a
source has failures at all stands in the table of revocations, which costs others no question.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.identity.failures import TOO_MANY, AuthenticationError
from wilkc.identity.secret import keyed_hash

if TYPE_CHECKING:
    from wilkc.identity.clock import Clock
    from wilkc.identity.database import Database
    from wilkc.identity.revocation import Revocations

FREE: Final = 3
"""Failures in a row without a delay."""
MAX_DELAY: Final = 300
"""Seconds; the delay doubles up to here."""
FORGOTTEN: Final = 3600
"""Seconds after the last failure."""
_BUCKET: Final = 2
_HOPELESS: Final = 32


def delay_of(count: int) -> int:
    """Seconds that a source waits after so many failures in a row."""
    if count <= FREE:
        return 0
    return int(min(MAX_DELAY, 2 ** min(count - FREE - 1, _HOPELESS)))


class Throttle:
    """Counts failures, for all processes of the host.

    Args:
        database: keeps the counts.
        hash_key: of the sources.
        revocations: tells which sources have failures.
        clock: the time.
    """

    def __init__(
        self, database: Database, hash_key: bytes, revocations: Revocations, clock: Clock
    ) -> None:
        self._database = database
        self._revocations = revocations
        self._clock = clock
        self._bucket = lru_cache(maxsize=1024)(
            lambda source: keyed_hash(hash_key, "source", source)[:_BUCKET].hex()
        )

    def require_calm(self, source: str) -> bool:
        """Require that the source does not have to wait.

        Returns:
            Whether it has failures that a success is to forget.

        Raises:
            AuthenticationError: it waits.
            UnavailableError: nobody can tell.
        """
        name, now = self._bucket(source), self._clock.now()
        if not self._revocations.is_revoked("source", name, now):
            return False
        row = self._database.one("SELECT count, last FROM failures WHERE source = ?", name)
        if row is not None and now < row[1] + delay_of(row[0]):
            raise AuthenticationError(TOO_MANY, f"{row[0]} failures in a row, so it waits")
        return True

    def failed(self, source: str) -> int:
        """Count a failure; how many there are in a row.

        Raises:
            UnavailableError: it cannot be counted.
        """
        name, now = self._bucket(source), self._clock.now()
        with self._database.change() as change:
            change.execute("DELETE FROM failures WHERE last < ?", (now - FORGOTTEN,))
            row = change.execute(
                "INSERT INTO failures VALUES (?, 1, ?) ON CONFLICT (source) DO UPDATE"
                " SET count = count + 1, last = excluded.last RETURNING count",
                (name, now),
            ).fetchone()
        self._revocations.revoke("source", name, until=now + FORGOTTEN)
        return int(row[0])

    def succeeded(self, source: str) -> None:
        """Forget the failures of a source.

        Raises:
            UnavailableError: it cannot be written.
        """
        name = self._bucket(source)
        with self._database.change() as change:
            change.execute("DELETE FROM failures WHERE source = ?", (name,))
        self._revocations.restore("source", name)
