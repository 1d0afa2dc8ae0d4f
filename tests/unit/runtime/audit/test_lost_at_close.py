"""What could not be recorded is told at the latest as a log is let go of."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, HASTY, REQUEST
from wilkc.core.errors import UnavailableError


def _lost(log: Any) -> list[dict[str, Any]]:
    return [
        one["action"]["details"] for one in log.records() if one["action"]["type"] == "system.lost"
    ]


def _lose_one(log: Any, logger: Any) -> None:
    logger.intent(REQUEST, DENY)
    log.disk.break_at("write", errno.ENOSPC)
    with pytest.raises(UnavailableError):
        logger.intent(REQUEST, ALLOW)
    log.disk.mend()


@pytest.mark.parametrize("shared", [False, True])
def test_a_loss_is_told_at_the_close_once_there_is_room(log: Any, shared: bool) -> None:
    with log.open(shared=shared) as logger:
        _lose_one(log, logger)
        assert _lost(log) == []
    assert _lost(log) == [
        {"by": [{"count": 1, "reason": "PERMISSION_GRANTED", "type": "file.read"}], "count": 1}
    ]
    assert log.verify(log.checkpoint).verdict == "OK"


def test_who_could_not_get_at_the_log_tells_that_before_it_ends(log: Any) -> None:
    """A process of one record, as a hook is, has no later one to tell it with."""
    with log.open(HASTY, shared=True) as logger:
        with log.open(HASTY), pytest.raises(UnavailableError, match="another writer"):
            logger.intent(REQUEST, DENY)
        assert _lost(log) == []
    (lost,) = _lost(log)
    assert lost["by"] == [{"count": 1, "reason": "PERMISSION_DENIED", "type": "file.read"}]
    with log.open() as logger:
        logger.intent(REQUEST, DENY)
    assert len(_lost(log)) == 1


@pytest.mark.parametrize("shared", [False, True])
def test_what_cannot_be_told_keeps_nobody_from_closing(log: Any, shared: bool) -> None:
    logger = log.open(shared=shared)
    log.disk.break_at("write", errno.ENOSPC)
    with pytest.raises(UnavailableError):
        logger.intent(REQUEST, ALLOW)
    logger.close()
    log.disk.mend()
    assert _lost(log) == []
    # The lock is free again.
    with log.open():
        pass
    assert log.verify(log.checkpoint).verdict == "OK"


@pytest.mark.parametrize("shared", [False, True])
def test_a_forked_process_tells_nothing_of_its_parent(log: Any, shared: bool) -> None:
    with log.open(shared=shared) as logger:
        _lose_one(log, logger)
        child = os.fork()
        if not child:
            logger.close()
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert _lost(log) == []
    assert len(_lost(log)) == 1
    assert log.verify(log.checkpoint).verdict == "OK"
