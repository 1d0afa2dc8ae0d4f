"""`wilkc check --baseline`: what was there before is hidden, and nothing else is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.conftest import Ran

SPEC = "agent: a\npermissions:\n  filesystem:\n    read:\n      - ./a.pem\n      - ./b.pem\n"
ENTRY = (
    '{"wilk_baseline": 1, "findings": '
    '[{"code": "W203", "file": "a", "about": "b", "count": COUNT}]}'
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one spec of two findings, and a baseline of them."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shown(wilkc: Callable[..., Ran]) -> Callable[..., list[str]]:
    """Codes and lines that a check shows."""

    def run(*arguments: object) -> list[str]:
        found = json.loads(wilkc("check", "-f", "json", *arguments).out)["diagnostics"]
        return [f"{one['code']}:{one['line']}" for one in found]

    return run


def test_recorded_findings_are_not_shown_again(place: Path, wilkc: Callable[..., Ran]) -> None:
    ran = wilkc("check", "--write-baseline", "known.json")
    assert ran.code == 0
    assert "known.json: 2 findings recorded" in ran.err
    held = json.loads((place / "known.json").read_text())
    assert held["findings"][0] == {
        "code": "W203",
        "file": "policies/a.yaml",
        "about": "filesystem.read ./a.pem",
        "count": 1,
    }
    ran = wilkc("check", "--baseline", "known.json", "--strict")
    assert (ran.code, ran.out) == (0, "0 errors, 0 warnings in 1 file; 2 in the baseline\n")


def test_new_findings_are_shown(
    place: Path, wilkc: Callable[..., Ran], shown: Callable[..., list[str]]
) -> None:
    wilkc("check", "--write-baseline", "known.json")
    (place / "policies" / "a.yaml").write_text(SPEC.replace("./b.pem", "./b.pem, ./c.pem]").replace(
        "- ./a.pem\n      - ", "[./a.pem, "))  # fmt: skip
    assert shown("--baseline", "known.json") == ["W203:5"]
    ran = wilkc("check", "--baseline", "known.json", "--strict")
    assert ran.code == 3
    assert "./c.pem" in ran.out


def test_lines_above_and_another_spelling_of_the_path_change_nothing(
    place: Path, wilkc: Callable[..., Ran], shown: Callable[..., list[str]]
) -> None:
    wilkc("check", "--write-baseline", "known.json", "policies")
    (place / "policies" / "a.yaml").write_text("# one\n\n# two\n" + SPEC)
    for path in ("policies", "./policies/a.yaml", place / "policies", "policies/../policies"):
        assert shown("--baseline", "known.json", path) == []


def test_a_finding_that_occurs_more_often_is_shown(
    place: Path, wilkc: Callable[..., Ran], shown: Callable[..., list[str]]
) -> None:
    wilkc("check", "--write-baseline", "known.json")
    again = SPEC.replace("agent: a", "agent: b")
    (place / "policies" / "a.yaml").write_text(f"{SPEC}---\n{again}")
    assert shown("--baseline", "known.json") == ["W203:12", "W203:13"]
    wilkc("check", "--write-baseline", "known.json")
    assert shown("--baseline", "known.json") == []
    (place / "policies" / "a.yaml").write_text(SPEC)
    ran = wilkc("check", "--baseline", "known.json")
    assert ran.out.count("W203 no longer occurs 1 times less in `policies/a.yaml`") == 2


def test_what_no_longer_occurs_is_stale(
    place: Path, wilkc: Callable[..., Ran], shown: Callable[..., list[str]]
) -> None:
    wilkc("check", "--write-baseline", "known.json")
    (place / "policies" / "a.yaml").write_text(SPEC.replace("      - ./a.pem\n", ""))
    assert shown("--baseline", "known.json") == ["W237:2"]
    assert wilkc("check", "--baseline", "known.json", "--strict").code == 3
    (place / "policies" / "a.yaml").unlink()
    (place / "policies" / "b.yaml").write_text("agent: b\npermissions: {}\n")
    assert shown("--baseline", "known.json") == ["W237:2", "W237:3"]


def test_files_that_were_not_looked_at_are_not_stale(
    place: Path, wilkc: Callable[..., Ran], shown: Callable[..., list[str]]
) -> None:
    (place / "policies" / "b.yaml").write_text("agent: b\npermissions: {}\n")
    wilkc("check", "--write-baseline", "known.json")
    assert shown("--baseline", "known.json", "policies/b.yaml") == []


def test_errors_are_never_hidden_and_stop_recording(place: Path, wilkc: Callable[..., Ran]) -> None:
    (place / "policies" / "b.yaml").write_text("agent: b\npermissions: {filesystm: {}}\n")
    ran = wilkc("check", "--write-baseline", "known.json")
    assert ran.code == 3
    assert "W108" in ran.out
    assert not (place / "known.json").exists()
    (place / "known.json").write_text('{"wilk_baseline": 1, "findings": []}')
    assert wilkc("check", "--baseline", "known.json").code == 3


def test_comments_come_before_the_baseline(place: Path, wilkc: Callable[..., Ran]) -> None:
    ignored = SPEC.replace("a.pem\n", "a.pem # wilk: ignore W203: public\n")
    (place / "policies" / "a.yaml").write_text(ignored)
    assert "1 finding recorded" in wilkc("check", "--write-baseline", "known.json").err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("\udcff", "it is not JSON"),
        ("[]", "does not hold"),
        ('{"findings": []}', "does not hold"),
        ('{"wilk_baseline": 2, "findings": []}', "another version"),
        ('{"wilk_baseline": 1, "findings": {}}', "another version"),
        ('{"wilk_baseline": 1, "findings": [{}]}', "shape"),
        (ENTRY.replace("COUNT", "0"), "shape"),
        (ENTRY.replace("COUNT", "true"), "shape"),
    ],
    ids=range(10),
)
def test_what_is_no_baseline_is_refused(
    place: Path, wilkc: Callable[..., Ran], text: str, why: str
) -> None:
    (place / "known.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    ran = wilkc("check", "--baseline", "known.json")
    assert ran.code == 2
    assert why in ran.err
    assert ran.out == ""


def test_a_baseline_that_is_not_there_is_an_error(place: Path, wilkc: Callable[..., Ran]) -> None:
    ran = wilkc("check", "--baseline", "none.json", place / "policies")
    assert ran.code == 2
    assert "cannot read the baseline `none.json`" in ran.err
