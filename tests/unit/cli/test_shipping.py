"""Where a log may be shipped to, as the command line says it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.audit.conftest import ORIGIN
from wilkc.cli.shipping import (
    Wanted,
    open_sink,
    receipts_folder,
    shipped_events,
)
from wilkc.core.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path


def _wanted(place: object, *, endpoint: str = "", ca_file: str = "", make: bool = False) -> Wanted:
    return Wanted(str(place), endpoint, ca_file, 1, make)


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    sink = open_sink(_wanted(tmp_path / "second"), tmp_path / "log")
    assert sink.name == str(tmp_path / "second")


@pytest.mark.parametrize("inside", ["log", "log/copy", "link"])
def test_a_place_in_the_log_itself_is_refused(inside: str, tmp_path: Path) -> None:
    (tmp_path / "log" / "copy").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "log")
    with pytest.raises(UsageError, match="lies in the log"):
        open_sink(_wanted(tmp_path / inside), tmp_path / "log")


@pytest.mark.parametrize(
    ("endpoint", "ca_file", "make"), [("https://x", "", False), ("", "ca", False), ("", "", True)]
)
def test_a_folder_has_none_of_the_options_of_servers(
    endpoint: str, ca_file: str, make: bool, tmp_path: Path
) -> None:
    (tmp_path / "second").mkdir()
    wanted = _wanted(tmp_path / "second", endpoint=endpoint, ca_file=ca_file, make=make)
    with pytest.raises(UsageError, match="a folder has no"):
        open_sink(wanted, tmp_path / "log")


@pytest.mark.parametrize(
    ("place", "package", "extra"),
    [("s3://bucket/x", "boto3", "s3"), ("postgresql://h/x", "psycopg", "postgres")],
)
def test_an_extra_that_is_missing_is_named(
    place: str, package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("s3", "postgres"):
        monkeypatch.delitem(sys.modules, f"wilkc.runtime.sinks.{name}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError) as caught:
        open_sink(_wanted(place), tmp_path)
    assert caught.value.help_text == f"pip install 'wilkc[{extra}]'"


def test_a_log_that_is_shipped_goes_only_as_far_as_its_receipts(tmp_path: Path) -> None:
    assert shipped_events(str(tmp_path / "log"), ORIGIN) is None
    (tmp_path / "log.sinks").mkdir()
    assert shipped_events(str(tmp_path / "log"), ORIGIN) == 0
    (tmp_path / "log.sinks" / "x.json").write_bytes(b"{}")
    with pytest.raises(VerificationError, match="damaged"):
        shipped_events(str(tmp_path / "log"), ORIGIN)


def test_receipts_lie_beside_the_log_unless_named(tmp_path: Path) -> None:
    assert receipts_folder(str(tmp_path / "log"), None) == tmp_path / "log.sinks"
    assert receipts_folder(str(tmp_path / "log"), str(tmp_path / "r")) == tmp_path / "r"
