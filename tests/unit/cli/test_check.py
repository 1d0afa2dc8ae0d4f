"""`wilkc check`, `build` and `rules`: what they print, what they refuse, how they exit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import read_bundle
from wilkc.cli.building import build_bundle
from wilkc.cli.main import show_refusal
from wilkc.core.codes import CODES
from wilkc.core.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran

EXAMPLES = Path(__file__).parents[3] / "policies" / "examples"
BAD = Path(__file__).parents[2] / "decisions" / "bad_specs"


def test_good_specs_exit_with_zero(wilkc: Callable[..., Ran]) -> None:
    ran = wilkc("check", EXAMPLES)
    assert (ran.code, ran.out) == (0, "0 errors, 0 warnings in 4 files; 3 ignored by comments\n")


def test_quiet_prints_nothing_for_good_specs(wilkc: Callable[..., Ran]) -> None:
    ran = wilkc("check", "--quiet", EXAMPLES)
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_problems_are_shown_with_their_source(
    wilkc: Callable[..., Ran],
    golden: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(BAD)
    ran = wilkc("check", "several_problems.yaml")
    assert ran.code == 3
    golden("check/several_problems.txt", ran.out)


def test_json_has_the_documented_members(wilkc: Callable[..., Ran]) -> None:
    ran = wilkc("check", "-f", "json", BAD / "unknown_key.yaml")
    assert ran.code == 3
    (found,) = json.loads(ran.out)["diagnostics"]
    assert list(found) == [
        "code",
        "severity",
        "message",
        "help",
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
    ]
    assert (found["code"], found["line"], found["column"]) == ("W108", 4, 7)
    assert (found["end_line"], found["end_column"]) == (4, 19)


def test_json_of_good_specs_is_an_empty_list(wilkc: Callable[..., Ran]) -> None:
    assert json.loads(wilkc("check", "-f", "json", EXAMPLES).out) == {"diagnostics": []}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "absent.yaml", "there is no file or folder"),
        (lambda folder: folder, "nothing to check"),
    ],
    ids=["missing file", "folder without specs"],
)
def test_nothing_to_check_is_an_error(
    wilkc: Callable[..., Ran], tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    for command in (["check"], ["build", "-o", tmp_path / "b.tar.gz"]):
        ran = wilkc(*command, make(tmp_path))
        assert ran.code == 2
        assert message in ran.err
        assert ran.err.count("\n") <= 2
    assert not (tmp_path / "b.tar.gz").exists()


def test_no_default_place_is_an_error(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    ran = wilkc("check")
    assert ran.code == 2
    assert "nothing to check" in ran.err


def test_what_is_no_regular_file_is_refused(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    ran = wilkc("check", tmp_path / "pipe.yaml")
    assert ran.code == 2
    assert "no regular file" in ran.err


def test_a_file_that_cannot_be_read_is_named(
    wilkc: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "a.yaml").write_text("permissions: {}\n")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    ran = wilkc("check", tmp_path / "a.yaml")
    assert ran.code == 2
    assert "cannot read" in ran.err
    assert "Permission denied" in ran.err


def test_build_writes_the_same_bytes_twice(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert wilkc("build", EXAMPLES, "-o", tmp_path / name).code == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    bundle = read_bundle((tmp_path / "one").read_bytes())
    assert bundle.manifest["roots"] == ["wilk"]


def test_build_of_bad_specs_writes_nothing(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    target = tmp_path / "bundle.tar.gz"
    target.write_bytes(b"as before")
    ran = wilkc("build", BAD / "unknown_key.yaml", "-o", target)
    assert ran.code == 3
    assert "W108" in ran.err
    assert target.read_bytes() == b"as before"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.tar.gz"]


def test_build_into_a_folder_that_is_not_there(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    ran = wilkc("build", EXAMPLES, "-o", tmp_path / "none" / "b.tar.gz")
    assert ran.code == 2
    assert "cannot write" in ran.err


def test_stats_name_every_member(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    ran = wilkc("build", EXAMPLES, "-o", tmp_path / "b.tar.gz", "--stats")
    assert "wilk/data.json" in ran.out
    assert "wilk/decision.rego" in ran.out
    assert "_test.rego" not in ran.out


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_page(wilkc: Callable[..., Ran], code: str) -> None:
    ran = wilkc("rules", code)
    assert ran.code == 0
    assert ran.out.startswith(f"{code}: ")
    assert "before\n" in ran.out
    assert "after\n" in ran.out


def test_an_unknown_code_is_refused(wilkc: Callable[..., Ran]) -> None:
    assert wilkc("rules", "W999").code == 2
    assert len(wilkc("rules").out.splitlines()) == len(CODES)


@pytest.mark.parametrize("arguments", [["chekc"], ["check", "--formt", "json"], ["build"]])
def test_usage_errors_exit_with_two(wilkc: Callable[..., Ran], arguments: list[str]) -> None:
    ran = wilkc(*arguments)
    assert ran.code == 2
    assert "Error" in ran.err


def test_version_and_help(wilkc: Callable[..., Ran]) -> None:
    assert wilkc("--version").out.startswith("wilkc, version ")
    shown = wilkc("--help").out
    assert "check" in shown
    assert "audit" in shown


def test_a_command_that_compiles_first_shows_every_problem(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SpecError) as refused:
        build_bundle([str(BAD / "wrong_type.yaml")])
    show_refusal(refused.value)
    shown = capsys.readouterr().err
    assert shown.count("error[W101]") == 2
    assert "wrong_type.yaml:3:11" in shown
