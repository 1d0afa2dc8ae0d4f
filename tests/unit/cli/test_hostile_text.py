"""What comes from records, specs or names of files acts on no terminal and on no spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.main import show_refusal
from wilkc.cli.record_forms import csv_line
from wilkc.core.diagnostics import Diagnostic
from wilkc.core.errors import SpecError, UsageError, VerificationError
from wilkc.core.spans import Span

if TYPE_CHECKING:
    from wilkc.core.errors import WilkError

HOSTILE = "\x1b]0;x\x07\u202e\u2028\x9b2J\r"
SPAN = Span(f"{HOSTILE}.yaml", 1, 1, 1, 2)


@pytest.mark.parametrize(
    "error",
    [
        VerificationError(f"`seg-{HOSTILE}` is no segment"),
        UsageError("no such thing", help_text=f"did you mean `{HOSTILE}`"),
        SpecError([Diagnostic("W001", "error", f"`{HOSTILE}`", SPAN)]),
    ],
)
def test_a_refusal_acts_on_no_terminal(
    error: WilkError, capsys: pytest.CaptureFixture[str]
) -> None:
    show_refusal(error)
    shown = capsys.readouterr().err
    assert "·" in shown
    assert all(char.isprintable() for char in shown.replace("\n", ""))


def test_a_refusal_of_several_lines_keeps_them(capsys: pytest.CaptureFixture[str]) -> None:
    show_refusal(UsageError("one\ntwo", help_text="three"))
    assert capsys.readouterr().err == "wilkc: one\ntwo\n  = help: three\n"


@pytest.mark.parametrize("sign", "=+-@\uff1d\uff0b\uff0d\uff20")
@pytest.mark.parametrize("before", ["", " ", "\t", '"', "a;", "a; ", 'a;"', "a;;b;'"])
def test_no_cell_begins_a_formula_however_the_line_is_divided(sign: str, before: str) -> None:
    line = csv_line(["x", f"{before}{sign}1+1", "y;z"])
    for divider in ",;":
        for cell in next(csv.reader(io.StringIO(line), delimiter=divider)):
            assert not re.match(r"[\s\"]*[=+@\uff1d\uff0b\uff20\uff0d-]", cell)


def test_what_is_no_formula_stays() -> None:
    cells = ["s_0a-1b", "file:./a-b+c", "a;b", "x@example.org", 7, None]
    (read,) = csv.reader(io.StringIO(csv_line(cells)))
    assert read == ["s_0a-1b", "file:./a-b+c", "a;b", "x@example.org", "7", ""]
