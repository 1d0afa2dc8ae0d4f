"""`-` is standard input wherever a command takes specs, and standard output where it writes."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import read_bundle
from wilkc.cli.sources import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.cli.conftest import Ran

    Given = Callable[[str | bytes], None]

SPEC = "agent: a\npermissions: {filesystem: {read: ['./src/**']}}\n"
TESTED = f"{SPEC}tests: [{{allow: 'file:./src/x read'}}, {{deny: 'file:./x read'}}]\n"
WIDER = SPEC.replace("./src/**", "./**")
WRONG = "agent: a\npermissions: {filesystem: {raed: []}}\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").write_text(WRONG)  # what is read in the place of standard input shows


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    def give(text: str | bytes) -> None:
        data = text if isinstance(text, bytes) else text.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_check_shows_problems_with_their_line(wilkc: Callable[..., Ran], given: Given) -> None:
    given(SPEC)
    assert wilkc("check", "-q", "-").code == 0
    given(WRONG)
    ran = wilkc("check", "-")
    assert ran.code == 3
    assert "  --> -:2:28\n" in ran.out
    assert "2 | permissions: {filesystem: {raed: []}}" in ran.out


def test_standard_input_is_one_file_among_others(
    wilkc: Callable[..., Ran], given: Given, tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text(SPEC)
    given("agent: b\nextends: [a]\npermissions: {}\n")
    assert wilkc("check", "-q", "-", "base.yaml").code == 0
    given("agent: b\nextends: [a]\npermissions: {}\n")
    assert wilkc("check", "-").code == 3


def test_a_file_of_that_name_is_named_with_its_folder(
    wilkc: Callable[..., Ran], given: Given
) -> None:
    given(SPEC)
    ran = wilkc("check", "./-")
    assert ran.code == 3
    assert "  --> ./-:2:28\n" in ran.out


def test_nothing_is_mended_in_standard_input(wilkc: Callable[..., Ran], given: Given) -> None:
    given(SPEC)
    ran = wilkc("check", "--fix", "-")
    assert ran.code == 2
    assert "`--fix` mends files" in ran.err


def test_a_spec_from_standard_input_must_name_its_agent(
    wilkc: Callable[..., Ran], given: Given
) -> None:
    given("permissions: {}\n")
    ran = wilkc("check", "-")
    assert ran.code == 3
    assert "name it by `agent`" in ran.out


@pytest.mark.parametrize(("asked", "code"), [("./src/x", 0), ("./x", 4)])
def test_explain_and_decide(wilkc: Callable[..., Ran], given: Given, asked: str, code: int) -> None:
    given(SPEC)
    ran = wilkc("explain", "a", f"file:{asked}", "read", "-")
    assert ran.code == code
    given(SPEC)
    reference = ("--engine", "reference", "--policies", "-")
    assert wilkc("decide", "a", f"file:{asked}", "read", *reference).code == code


def test_errors_of_decide_are_shown_with_their_line(
    wilkc: Callable[..., Ran], given: Given
) -> None:
    given(WRONG)
    ran = wilkc("decide", "a", "file:./x", "read", "--engine", "reference", "--policies", "-")
    assert ran.code == 3
    assert "2 | permissions: {filesystem: {raed: []}}" in ran.err


def test_a_batch_and_specs_cannot_both_come_from_there(
    wilkc: Callable[..., Ran], given: Given
) -> None:
    given(SPEC)
    ran = wilkc("decide", "--batch", "-", "--engine", "reference", "--policies", "-")
    assert ran.code == 2
    assert "either the batch or the specs" in ran.err


def test_the_tests_of_a_spec(wilkc: Callable[..., Ran], given: Given) -> None:
    options = ("--engine", "reference", "--no-mutation", "-f", "json", "-o", "-")
    given(TESTED)
    ran = wilkc("test", "-", *options)
    assert ran.code == 0
    assert json.loads(ran.out)["tests"]
    given(TESTED.replace("deny", "allow"))
    assert wilkc("test", "-", *options).code == 3


def test_prove(wilkc: Callable[..., Ran], given: Given) -> None:
    given(SPEC)
    assert wilkc("prove", "-", "--never", "file:./x read").code == 0
    given(WIDER)
    assert wilkc("prove", "-", "--never", "file:./x read").code == 6


def test_diff(wilkc: Callable[..., Ran], given: Given, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(SPEC)
    given(SPEC)
    assert wilkc("diff", "old.yaml", "-", "--fail-on", "widening").code == 0
    given(WIDER)
    assert wilkc("diff", "old.yaml", "-", "--fail-on", "widening").code == 6
    given(WIDER)
    assert wilkc("diff", "-", "old.yaml", "--fail-on", "widening").code == 0
    assert wilkc("diff", "-", "-").code == 2


def test_build_reads_and_writes_there(
    wilkc: Callable[..., Ran],
    given: Given,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given(SPEC)
    assert wilkc("build", "-", "-o", "a.tar.gz", "--prove", "sample").code == 0
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    given(SPEC)
    wilkc("build", "-", "-o", "-", "--prove", "sample")
    written = out.buffer
    assert isinstance(written, io.BytesIO)
    assert written.getvalue() == (tmp_path / "a.tar.gz").read_bytes()
    assert read_bundle(written.getvalue()).files
    assert (tmp_path / "-").read_text() == WRONG


def test_import(wilkc: Callable[..., Ran], given: Given) -> None:
    given('{"permissions": {"allow": ["Read(./src/**)"]}}')
    ran = wilkc("import", "claude", "-")
    assert ran.code == 0
    assert "./src/**" in ran.out


@pytest.mark.parametrize(
    "command",
    [
        ("run", "a", "--policies", "-", "--audit", "log", "--audit-keys", "keys", "--", "true"),
        ("mcp", "--agent", "a", "--policies", "-", "--audit", "log", "--", "true"),
    ],
    ids=lambda command: command[0],
)
def test_what_starts_something_leaves_standard_input_to_it(
    wilkc: Callable[..., Ran], given: Given, command: tuple[str, ...]
) -> None:
    given(SPEC)
    ran = wilkc(*command)
    assert ran.code != 0
    assert "takes no specs from standard input" in ran.err
    assert sys.stdin.read() == SPEC


def test_too_much_is_refused(
    wilkc: Callable[..., Ran], given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(b"#" * (MAX_FILE_BYTES + 1))
    ran = wilkc("check", "-")
    assert ran.code == 2
    assert "standard input holds more than" in ran.err
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input is closed" in wilkc("check", "-").err
