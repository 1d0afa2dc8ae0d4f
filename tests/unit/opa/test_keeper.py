"""A newer bundle is never lost, whatever lies beside it or went wrong before."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.sidecar.conftest import Signer
from wilkc.bundle import generate_key
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.opa import keeper as module
from wilkc.opa.keeper import Keeper, Trust
from wilkc.opa.kept import KeptBundle
from wilkc.opa.readiness import BundleRefusedError
from wilkc.opa.sources.files import FileSource, FolderSource

if TYPE_CHECKING:
    from wilkc.bundle import VerifiedBundle
    from wilkc.opa.keeper import Refusal


@dataclass
class Served:
    """Stands for a sidecar: refuses some revisions, and for a while cannot take any."""

    bundle: VerifiedBundle
    refuses: set[str] = field(default_factory=set)
    full: bool = False
    published: list[str] = field(default_factory=list)

    @property
    def revision(self) -> str:
        return self.bundle.revision

    def publish(self, bundle: VerifiedBundle) -> None:
        if self.full:
            raise UnavailableError("no room")
        if bundle.revision in self.refuses:
            raise BundleRefusedError("OPA refuses the bundle")
        self.published.append(bundle.revision)
        self.bundle = bundle

    def mend(self) -> None:
        """Nothing is broken."""

    def problem(self) -> str:
        return ""


class Place:
    """A folder of releases with a keeper."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.signer = Signer(generate_key())
        self.notes: list[Refusal] = []
        self.put("r1", 1)
        source: Any = FolderSource(folder)
        source.pause_seconds = 0.0
        trust = Trust(self.signer.keys, "test")
        self.keeper = Keeper(source, trust, lambda _: None, None, self.notes.append)
        self.served = Served(self.keeper.first())

    def put(self, revision: str, sequence: int | None, name: str = "") -> Path:
        path = self.folder / f"{name or revision}.tar.gz"
        # Renamed into place, as a release is.
        draft = self.folder / ".draft"
        draft.write_bytes(self.signer.bundle(revision, "a", sequence=sequence))
        draft.replace(path)
        return path

    def steps(self, number: int = 3) -> list[str]:
        """What came into force since the last time."""
        before = len(self.served.published)
        for _ in range(number):
            self.keeper.step(self.served)  # type: ignore[arg-type]  # all of it that is used
        return self.served.published[before:]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    return Place(tmp_path)


@pytest.mark.parametrize("odd", ["a.tar.gz", "z.tar.gz"])
def test_what_cannot_be_read_keeps_no_newer_bundle_back(place: Place, odd: str) -> None:
    (place.folder / odd).mkdir()
    place.put("r2", 2)
    assert place.steps() == ["r2"]
    assert "is no file" in place.keeper.source_problem
    (place.folder / odd).rmdir()
    assert place.steps() == []
    assert place.keeper.source_problem == ""


def test_a_link_to_nothing_keeps_no_newer_bundle_back(place: Place) -> None:
    (place.folder / "z.tar.gz").symlink_to("nothing")
    place.put("r2", 2)
    assert place.steps() == ["r2"]
    assert "cannot read the bundle" in place.keeper.source_problem


def test_of_two_with_one_number_the_one_that_stays_comes_into_force(place: Place) -> None:
    place.put("r2", 2)
    other = place.put("other", 2)
    assert place.steps() == []
    assert [one.code for one in place.notes] == ["ambiguous"]
    assert len(place.keeper.refusals) == 1
    other.unlink()
    assert place.steps() == ["r2"]
    assert place.keeper.refusals == {}


def test_a_newer_one_that_waits_is_not_forgotten_for_an_older_one(place: Place) -> None:
    place.served.full = True
    place.put("r3", 3)
    assert place.steps() == []
    place.put("r2", 2)
    assert place.steps() == []
    place.served.full = False
    assert place.steps() == ["r3"]


def test_where_opa_refuses_the_newest_the_next_one_comes_into_force(place: Place) -> None:
    place.served.refuses = {"r3"}
    place.put("r2", 2)
    place.put("r3", 3)
    assert place.steps() == ["r2"]
    assert list(place.keeper.refusals) == [str(place.folder / "r3.tar.gz")]
    assert place.steps() == []


def test_one_that_was_spoilt_while_it_waited_is_not_put_in_force(place: Place) -> None:
    place.served.full = True
    path = place.put("r2", 2)
    assert place.steps() == []
    path.write_bytes(b"no bundle any more")
    place.served.full = False
    assert place.steps() == []
    assert "gzip" in place.keeper.refusals[str(path)]
    path.unlink()
    assert place.steps() == []


def test_older_ones_beside_it_are_no_event(place: Place) -> None:
    place.put("r2", 2)
    place.put("r3", 3)
    assert place.steps() == ["r3"]
    os.utime(place.folder / "r1.tar.gz")
    (place.folder / "r2.tar.gz").replace(place.folder / "moved.tar.gz")
    assert place.steps() == []
    assert (place.notes, place.keeper.refusals, place.keeper.refused) == ([], {}, 0)


@pytest.mark.parametrize("number", [None, 2])
def test_an_older_one_that_is_put_beside_it_is_refused_and_said_once(
    place: Place, number: int | None
) -> None:
    place.put("r3", 3)
    assert place.steps() == ["r3"]
    late = place.put("tighter", number)
    assert place.steps() == []
    assert [(one.name, one.code) for one in place.notes] == [(str(late), "rolled_back")]
    assert list(place.keeper.refusals) == [str(late)]
    assert "3 was in force" in place.keeper.refusals[str(late)]
    assert place.steps(10) == []
    assert (len(place.notes), place.keeper.refused) == (1, 1)
    # With a number of its own it is in force.
    place.put("tighter", 4)
    assert place.steps() == ["tighter"]
    assert place.keeper.refusals == {}


def test_an_older_one_is_refused_until_it_is_gone(place: Place) -> None:
    place.put("r3", 3)
    assert place.steps() == ["r3"]
    late = place.put("tighter", 2)
    assert place.steps() == []
    late.unlink()
    assert place.steps() == []
    assert place.keeper.refusals == {}


def test_a_file_is_what_it_holds_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older one in its place is offered to the sidecar, whose ledger refuses it."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    place = Place(tmp_path)
    source: Any = FileSource(tmp_path / "r1.tar.gz")
    source.pause_seconds = 0.0
    keeper = Keeper(source, Trust(place.signer.keys, "test"), lambda _: None)
    place.keeper, place.served = keeper, Served(keeper.first())
    place.put("r2", 2, name="r1")
    assert place.steps() == ["r2"]
    place.served.full = True
    place.put("r3", 3, name="r1")
    assert place.steps() == []
    place.put("r4", 4, name="r1")
    place.served.full = False
    assert place.steps() == ["r4"]


class Start:
    """A start where something lies, with or without a copy of what was in force."""

    def __init__(self, place: Place, spot: Path, kept: tuple[str, int] | None) -> None:
        folder = place.folder / "kept"
        folder.mkdir()
        self.copy = folder / "bundle"
        if kept is not None:
            self.copy.write_bytes(place.signer.bundle(kept[0], "a", sequence=kept[1]))
        source: Any = FolderSource(spot) if spot.is_dir() else FileSource(spot)
        source.pause_seconds = 0.0
        trust = Trust(place.signer.keys, "test")
        self.said: list[str] = []
        self.notes: list[Refusal] = []
        copy = KeptBundle(self.copy)
        self.keeper = Keeper(source, trust, self.said.append, copy, self.notes.append)
        place.keeper = self.keeper

    def refused(self) -> list[tuple[str, str]]:
        """Names and codes of what was refused and still lies there."""
        codes = {one.name: one.code for one in self.notes}
        return sorted((Path(name).name, codes[name]) for name in self.keeper.refusals)


@pytest.mark.parametrize("spoilt", [b"", b"no bundle", None])
def test_a_start_with_a_spoilt_file_is_by_what_was_kept(place: Place, spoilt: bytes | None) -> None:
    path = place.folder / "r1.tar.gz"
    path.write_bytes(Signer(generate_key()).bundle("r2", "a") if spoilt is None else spoilt)
    with pytest.raises(VerificationError):
        Start(place, path, None).keeper.first()
    (place.folder / "kept").rmdir()
    start = Start(place, path, ("r1", 1))
    place.served = Served(start.keeper.first())
    assert place.served.revision == "r1"
    assert [name for name, _ in start.refused()] == ["r1.tar.gz"]
    place.put("r2", 2, name="r1")
    assert place.steps() == ["r2"]
    assert start.keeper.refusals == {}


def test_a_start_with_an_older_file_is_by_what_was_kept(place: Place) -> None:
    start = Start(place, place.folder / "r1.tar.gz", ("r5", 5))
    assert start.keeper.first().revision == "r5"
    assert start.refused() == [("r1.tar.gz", "rolled_back")]


def test_what_was_kept_is_no_newer_than_what_lies_there(place: Place) -> None:
    place.put("r2", 2)
    start = Start(place, place.folder, ("r1", 1))
    assert start.keeper.first().revision == "r2"
    assert (start.refused(), start.keeper.refused, start.said) == ([], 0, [])


def test_what_was_kept_is_trusted_no_more_than_the_rest(place: Place) -> None:
    path = place.put("r1", 1)
    start = Start(place, path, None)
    start.copy.write_bytes(Signer(generate_key()).bundle("r9", "a", sequence=9))
    assert start.keeper.first().revision == "r1"
    assert "the bundle that was kept is not used" in start.said[0]


@pytest.mark.parametrize("kept", [None, ("r1", 1)])
def test_a_start_beside_what_cannot_be_read(place: Place, kept: tuple[str, int] | None) -> None:
    place.put("r2", 2)
    (place.folder / "z.tar.gz").mkdir()
    start = Start(place, place.folder, kept)
    place.served = Served(start.keeper.first())
    assert place.served.revision == "r2"
    assert "is no file" in start.keeper.source_problem
    (place.folder / "z.tar.gz").rmdir()
    assert place.steps() == []
    assert start.keeper.source_problem == ""


@pytest.mark.parametrize("place_of", ["nothing", "z.tar.gz"])
def test_a_start_where_nothing_can_be_read_is_refused(place: Place, place_of: str) -> None:
    (place.folder / "z.tar.gz").mkdir()
    start = Start(place, place.folder / place_of / "x", ("r1", 1))
    with pytest.raises(UsageError):
        start.keeper.first()


def test_a_start_with_two_of_one_number_is_by_what_was_kept(place: Place) -> None:
    place.put("r2", 2)
    other = place.put("other", 2)
    with pytest.raises(VerificationError, match="none is the newest"):
        Start(place, place.folder, None).keeper.first()
    (place.folder / "kept").rmdir()
    start = Start(place, place.folder, ("r1", 1))
    place.served = Served(start.keeper.first())
    assert place.served.revision == "r1"
    assert start.refused() == [("r2.tar.gz", "ambiguous")]
    assert place.steps() == []
    other.unlink()
    assert place.steps() == ["r2"]
    assert start.keeper.refusals == {}


def test_of_two_with_one_number_a_start_takes_the_one_that_was_in_force(place: Place) -> None:
    place.put("r2", 2)
    place.put("other", 2)
    start = Start(place, place.folder, ("r2", 2))
    place.served = Served(start.keeper.first())
    assert place.served.revision == "r2"
    assert start.refused() == [("other.tar.gz", "rolled_back")]
    os.utime(place.folder / "r1.tar.gz")
    assert place.steps() == []
    assert start.refused() == [("other.tar.gz", "rolled_back")]


def test_a_start_after_the_newest_was_removed_is_by_what_was_kept(place: Place) -> None:
    place.put("r2", 2)
    start = Start(place, place.folder, ("r3", 3))
    place.served = Served(start.keeper.first())
    assert place.served.revision == "r3"
    assert start.refused() == [("r2.tar.gz", "rolled_back")]
    os.utime(place.folder / "r2.tar.gz")
    os.utime(place.folder / "r1.tar.gz")
    assert place.steps() == []
    assert start.refused() == [("r2.tar.gz", "rolled_back")]


def test_a_start_with_an_empty_folder_is_by_what_was_kept(place: Place) -> None:
    (place.folder / "r1.tar.gz").unlink()
    start = Start(place, place.folder, ("r1", 1))
    assert start.keeper.first().revision == "r1"
    assert start.said == ["there is no bundle to serve; revision r1 was kept"]
