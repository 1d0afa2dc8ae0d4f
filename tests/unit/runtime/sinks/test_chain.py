"""Segments that are whole and signed, but do not follow from the one before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import fill
from wilkc.core.errors import VerificationError
from wilkc.runtime.keys import parse_verifier_key
from wilkc.runtime.sinks.checking import Shipped, check_segment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.runtime.sinks.conftest import Cargo


def _check(cargo: Cargo, place: int, before: Shipped | None) -> Shipped:
    with cargo.log.segments()[place].open("rb") as file:
        return check_segment(file, before, parse_verifier_key(cargo.log.root))


def test_each_segment_follows_from_the_one_before(cargo: Cargo) -> None:
    first = _check(cargo, 0, None)
    second = _check(cargo, 1, first)
    assert (first.first, first.size) == (0, second.first)
    assert second.size > second.first
    assert first.next != second.next


@pytest.mark.parametrize("member", ["size", "root", "last", "next"])
def test_one_that_does_not_follow_is_refused(member: str, cargo: Cargo) -> None:
    first = _check(cargo, 0, None)
    others: dict[str, Any] = {
        "size": first.size + 1, "root": "0" * 64, "last": "0" * 64,
        "next": _check(cargo, 1, first).next,
    }  # fmt: skip
    with pytest.raises(VerificationError):
        _check(cargo, 1, replace(first, **{member: others[member]}))


def test_a_fork_of_the_same_log_is_refused(cargo: Cargo, tmp_path: Path) -> None:
    """Both histories are by the log's own keys; only one was shipped."""
    fork = cargo.log.copy(tmp_path / "fork")
    for log in (cargo.log, fork):
        with log.open() as logger:
            fill(logger, 1)
            logger.roll()
    first = _check(cargo, 0, None)
    before = _check(cargo, 2, _check(cargo, 1, first))
    fork_cargo = replace(cargo, log=fork)
    with fork.open() as logger:
        logger.roll()
    with pytest.raises(VerificationError):
        _check(fork_cargo, 3, before)


def test_nothing_is_no_segment(tmp_path: Path, cargo: Cargo) -> None:
    (tmp_path / "empty").touch()
    with (tmp_path / "empty").open("rb") as file, pytest.raises(VerificationError, match="empty"):
        check_segment(file, None, parse_verifier_key(cargo.log.root))
