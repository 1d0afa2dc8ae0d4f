"""Receipts in a folder of their own bind whoever prunes, as those beside the log do."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from tests.unit.runtime.audit.conftest import ORIGIN, fill, make_log
from tests.unit.runtime.sinks.conftest import Cargo
from wilkc.cli.commands.audit.housekeeping import housekeeping
from wilkc.cli.commands.audit.prune import prune_log
from wilkc.cli.commands.audit.ship import ship
from wilkc.cli.shipping import shipped_events
from wilkc.core.errors import GateError, UnavailableError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path


def _call(command: Any, *arguments: object) -> str:
    done = CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def _ship(cargo: Cargo, *options: object) -> None:
    log = cargo.log
    _call(ship, log.directory, "--to", cargo.place, "--root", log.root, *options)


def _keys(cargo: Cargo) -> tuple[object, ...]:
    places = cargo.log.places
    return places.directory, "--keys", places.keys, "--provider", places.provider


def _events(cargo: Cargo, *named: object) -> int | None:
    return shipped_events(str(cargo.log.directory), ORIGIN, [str(one) for one in named])


def test_receipts_elsewhere_are_found_by_whoever_prunes(cargo: Cargo) -> None:
    assert _events(cargo) is None
    _ship(cargo, "--receipts", cargo.receipts)
    shipped = int(cargo.log.segments()[-1].stem.removeprefix("seg-"))
    assert _events(cargo) == shipped
    assert _events(cargo, cargo.receipts) == shipped
    cargo.add()
    assert _events(cargo) == shipped
    _ship(cargo, "--receipts", cargo.receipts)
    assert _events(cargo) == int(cargo.log.segments()[-1].stem.removeprefix("seg-"))


def test_the_place_that_has_least_counts(cargo: Cargo, tmp_path: Path) -> None:
    _ship(cargo)
    shipped = _events(cargo)
    assert shipped
    cargo.add()
    third = tmp_path / "third"
    third.mkdir()
    other = Cargo(cargo.log, third, tmp_path / "others")
    _ship(other, "--receipts", other.receipts)
    assert _events(cargo) == shipped


@pytest.mark.parametrize("gone", ["the folder", "its receipts"])
def test_noted_receipts_that_are_gone_stop_all_pruning(gone: str, cargo: Cargo) -> None:
    _ship(cargo, "--receipts", cargo.receipts)
    if gone == "the folder":
        shutil.rmtree(cargo.receipts)
    else:
        for path in cargo.receipts.glob("*.json"):
            path.unlink()
    for command in (prune_log, housekeeping):
        with pytest.raises(GateError, match="there are no receipts in"):
            _call(command, *_keys(cargo))


@pytest.mark.parametrize("command", [prune_log, housekeeping])
def test_demanded_receipts_must_be_there(command: Any, cargo: Cargo, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "none", tmp_path / "empty"):
        with pytest.raises(GateError, match="there are no receipts in"):
            _call(command, *_keys(cargo), "--receipts", place)
    _ship(cargo, "--receipts", cargo.receipts)
    _call(command, *_keys(cargo), "--receipts", cargo.receipts)


def test_receipts_of_another_log_are_none_of_this_one(cargo: Cargo, tmp_path: Path) -> None:
    place = tmp_path / "other place"
    place.mkdir()
    other = Cargo(make_log(tmp_path / "two", origin="example.org/other"), place, tmp_path / "r")
    with other.log.open() as logger:
        fill(logger, 50)
        logger.roll()
    _ship(other, "--receipts", other.receipts)
    with pytest.raises(VerificationError, match="receipts of another log"):
        _events(cargo, other.receipts)


def test_a_note_that_cannot_be_written_or_read_is_told_of(cargo: Cargo) -> None:
    default = cargo.log.directory.with_name(f"{cargo.log.directory.name}.sinks")
    default.write_text("in the way")
    with pytest.raises(UnavailableError, match="cannot note"):
        _ship(cargo, "--receipts", cargo.receipts)
    assert list(cargo.place.iterdir()) == []
    default.unlink()
    default.mkdir()
    (default / "x.place").write_text("{}")
    with pytest.raises(VerificationError, match="damaged"):
        _events(cargo)
