"""Where `wilkc run` counts hits. Layer: cli."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.runtime.limits import RedisStore, SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.limits import RateStore

SERVERS: Final = ("redis://", "rediss://", "unix://")


@contextmanager
def open_rates(place: str | None) -> Iterator[RateStore | None]:
    """The store of hits at a place; nothing is made there, and it is first looked at for a hit.

    Args:
        place: the file of `SqliteStore`, the address of a server for `RedisStore`, or None for
            no store, in which case grants with a rate limit are denials.

    Raises:
        RateStoreError: the package `redis` is missing, or the address makes no sense.
    """
    if place is None:
        yield None
        return
    store = RedisStore(place) if place.startswith(SERVERS) else SqliteStore(Path(place))
    try:
        yield store
    finally:
        store.close()
