"""Failures to authenticate: counted for each source, and delayed. Layer: identity.

After a few failures in a row a source is not listened to for a while that doubles, whatever it
shows, but for what was accepted from it lately (see `accepted`); a success forgets them. It keeps
guessing and noise apart from a mistyped key; what makes guessing hopeless is the size of the
secrets.

Sources are counted by a keyed hash of two bytes, so that no number of made-up sources fills the
disk; two that share one are delayed together, and nobody can choose whom to share with. Whoever has
one address of IPv6 has as many as there are, and would share with everybody: they are counted by
their network, /64, and more patiently by the larger one that a site or a tunnel is given, /48. That
a source has failures at all stands in the table of revocations, which costs others no question.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

from wilkc.identity.failures import TOO_MANY, AuthenticationError
from wilkc.identity.secret import keyed_hash

if TYPE_CHECKING:
    from wilkc.identity.clock import Clock
    from wilkc.identity.database import Database
    from wilkc.identity.revocation import Revocations

FREE: Final = 3
"""Failures in a row without a delay."""
FREE_OF_SITE: Final = 48
"""The same for all sources of a /48 together."""
MAX_DELAY: Final = 300
"""Seconds; the delay doubles up to here."""
FORGOTTEN: Final = 3600
"""Seconds after the last failure."""
_BUCKET: Final = 2
_HOPELESS: Final = 32


class WaitingError(AuthenticationError):
    """A source has to wait.

    Attributes:
        untold: with the first refusal of a wait, how many there were since such a number was told
            last, in this process; with the others 0.
    """

    def __init__(self, message: str, untold: int) -> None:
        super().__init__(TOO_MANY, message)
        self.untold = untold


def delay_of(count: int, free: int = FREE) -> int:
    """Seconds that a source waits after so many failures in a row, some of them free."""
    if count <= free:
        return 0
    return int(min(MAX_DELAY, 2 ** min(count - free - 1, _HOPELESS)))


def counted_as(source: str) -> dict[str, int]:
    """What the failures of a source are counted by, to how many are free; itself first. Pure.

    Args:
        source: an address, or any other text.
    """
    try:
        address = ip_address(source)
    except ValueError:
        return {source: FREE}
    if not isinstance(address, IPv6Address):
        return {source: FREE}
    if address.ipv4_mapped is not None:
        return {str(address.ipv4_mapped): FREE}
    near, far = (IPv6Network((int(address), bits), strict=False) for bits in (64, 48))
    return {str(near): FREE, str(far): FREE_OF_SITE}


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
        # By bucket: the wait that was told of last, and the refusals since then.
        self._refused: dict[str, tuple[int, int]] = {}
        self._buckets = lru_cache(maxsize=1024)(
            lambda channel, source: tuple(
                (keyed_hash(hash_key, "source", f"{channel} {one}")[:_BUCKET].hex(), free)
                for one, free in counted_as(source).items()
            )
        )

    def require_calm(self, channel: str, source: str) -> bool:
        """Require that the source does not have to wait at a channel.

        Returns:
            Whether it has failures that a success is to forget.

        Raises:
            WaitingError: it waits.
            UnavailableError: nobody can tell.
        """
        now, failed = self._clock.now(), False
        for name, free in self._buckets(channel, source):
            if not self._revocations.is_revoked("source", name, now):
                continue
            failed = True
            row = self._database.one("SELECT count, last FROM failures WHERE source = ?", name)
            if row is not None and now < row[1] + delay_of(row[0], free):
                text = f"{row[0]} failures in a row, so it waits"
                raise WaitingError(text, self._untold(name, since=row[1]))
        return failed

    def _untold(self, name: str, *, since: int) -> int:
        """See `WaitingError`; a wait is told from another by the failure that it began with."""
        told, before = self._refused.get(name, (0, 0))
        refused = before + 1
        self._refused[name] = (since, refused if told == since else 0)
        return 0 if told == since else refused

    def failed(self, channel: str, source: str) -> int:
        """Count a failure; how many of the source there are in a row.

        Raises:
            UnavailableError: it cannot be counted.
        """
        buckets, now = self._buckets(channel, source), self._clock.now()
        with self._database.change() as change:
            change.execute("DELETE FROM failures WHERE last < ?", (now - FORGOTTEN,))
            counts = [
                change.execute(
                    "INSERT INTO failures VALUES (?, 1, ?) ON CONFLICT (source) DO UPDATE"
                    " SET count = count + 1, last = excluded.last RETURNING count",
                    (name, now),
                ).fetchone()[0]
                for name, _ in buckets
            ]
        self._revocations.revoke_many([("source", name, now + FORGOTTEN) for name, _ in buckets])
        return int(counts[0])

    def succeeded(self, channel: str, source: str) -> None:
        """Forget the failures of a source.

        Raises:
            UnavailableError: it cannot be written.
        """
        names = [name for name, _ in self._buckets(channel, source)]
        with self._database.change() as change:
            for name in names:
                change.execute("DELETE FROM failures WHERE source = ?", (name,))
        for name in names:
            self._revocations.restore("source", name)
