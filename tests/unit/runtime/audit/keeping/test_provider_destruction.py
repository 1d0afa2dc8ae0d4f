"""A provider's key goes only after that is on record, and the record of its end is never lost."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tests.unit.runtime.audit.keeping.test_erasure import ALICE, _login
from wilkc.core.errors import UnavailableError
from wilkc.runtime.audit.keeping import keep_keys, shred
from wilkc.runtime.keys import destroy_provider_keys, provider_keys_over

if TYPE_CHECKING:
    from tests.unit.runtime.audit.keeping.conftest import Kept


def _over(kept: Kept) -> str:
    """A log after a shredding, whose provider's old key is due to be destroyed; its id."""
    with kept.open() as logger:
        _login(logger, ALICE)
        shred(logger, ALICE, "asked")
        old = logger.means.keys.rings.provider.names[1]
    kept.clock.days = 31
    return str(old)


def _states(kept: Kept, name: str) -> list[str | None]:
    details = [one["action"]["details"] for one in kept.of_type("key.destroyed")]
    return [one.get("state") for one in details if one.get("kid") == name]


def test_killed_at_any_call_nothing_runs_unrecorded(kept: Kept, dying: Any) -> None:
    old = _over(kept)
    between = whole = 0
    for left in range(300):
        place = kept.log.directory.parent / f"copy {left}"
        one = type(kept)(kept.log.copy(place), kept.clock)
        disk = dying(10**6)
        logger = one.open(disk)
        disk.left = left
        with suppress(OSError, UnavailableError):
            keep_keys(logger)
            whole += 1
        disk.left = 10**6
        logger._store._writer.abandon()
        gone = old not in one.log.keys().rings.provider.names
        states = _states(one, old)
        assert not gone or states[0] == "begun"
        between += gone and states == ["begun"]
        with one.open() as again:
            keep_keys(again)
        assert _states(one, old) == ["begun", None]
        assert old not in one.log.keys().rings.provider.names
        assert one.log.verify(one.log.checkpoint).verdict == "OK"
        shutil.rmtree(place)
        if whole:
            break
    assert whole == 1
    assert between


def test_what_is_not_on_record_is_not_destroyed(kept: Kept) -> None:
    old = _over(kept)
    keys = kept.log.keys()
    assert provider_keys_over(keys) == (old,)
    destroy_provider_keys(keys, ())
    assert keys.rings.provider.names[1:] == (old,)
    destroy_provider_keys(keys, {old})
    assert keys.rings.provider.names[1:] == ()
