"""`docs/sandbox.md`: its example prints what it shows, its tables are those of the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from wilkc.cli.main import main
from wilkc.core.sandbox_plan import SECRETS, Limits, Quantity
from wilkc.plan.sandbox.levels import FLOORS
from wilkc.runtime.sandbox.argv import MAX_WORDS
from wilkc.runtime.sandbox.binds import MAX_EACH
from wilkc.runtime.sandbox.obeyed import (
    FROZEN_DIRECTORIES,
    FROZEN_FILES,
    HOME_DIRECTORIES,
    HOME_FILES,
)
from wilkc.runtime.sandbox.prepare import MAX_CUTOUTS
from wilkc.runtime.sandbox.refusal import Code
from wilkc.runtime.sandbox.walk import MAX_ENTRIES, MAX_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")


def _blocks() -> list[tuple[str, str]]:
    return re.findall(r"^```([a-z]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _rows(head: str) -> Iterator[list[str]]:
    """The rows of the table that begins with this line."""
    _, _, after = PAGE.partition(f"\n{head}\n")
    assert after, head
    for line in after.splitlines()[1:]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_example_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (_, spec), (_, command), (_, shown) = _blocks()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/writer.yaml").write_text(spec)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(shlex.split(command)[1:])
    assert left.value.code == 0
    assert capsys.readouterr().out == shown


def test_every_refusal_of_a_launch_is_explained() -> None:
    rows = {cells[0].strip("`"): cells[1] for cells in _rows("| detail | means |")}
    assert set(get_args(Code)) <= set(rows)
    assert list(rows) == sorted(rows)
    assert all(rows.values())
    assert f"more than {MAX_EACH} files of one rule, or {MAX_CUTOUTS:,} masks" in PAGE
    assert f"or {MAX_WORDS:,} words for bubblewrap" in PAGE
    assert f"more than {MAX_ENTRIES:,} files, or {MAX_SECONDS:.0f} s" in PAGE


def test_the_levels_are_those_of_the_compiler() -> None:
    for name, *cells in _rows("| | strict | moderate | minimal |"):
        for floor, cell in zip(FLOORS.values(), cells, strict=True):
            assert cell == _listed(getattr(floor, name)), name


def _listed(value: Any) -> str:
    if isinstance(value, bool):
        return "false, true" if value else "false"
    given = value if isinstance(value, tuple) else sorted(value)
    return ", ".join(given) or "–"


def test_the_limits_are_those_of_the_plan() -> None:
    shown: dict[str, str] = {}
    for cells in _rows("| limit | default | | limit | default |"):
        shown |= {cells[0]: cells[1], cells[3]: cells[4]}
    held = {name: getattr(Limits(), name) for name in Limits.__slots__}
    assert {name: text for name, text in shown.items() if name} == {
        f"`{name}`": _amount(value) for name, value in held.items()
    }


def _amount(value: Quantity | int | None) -> str:
    if isinstance(value, Quantity):
        return f"{value.max:,} {value.unit}, {value.enforcement}"
    return "none" if value is None else f"{value:,}"


def test_what_is_always_hidden_or_read_only_is_named() -> None:
    hidden = [f"`{text.removesuffix('/**')}`" for text in SECRETS]
    frozen = [f"`{name}`" for name in (*FROZEN_FILES, *FROZEN_DIRECTORIES)]
    assert f"and always {', '.join(hidden)} |" in PAGE
    assert f"| always {', '.join(frozen)}, at" in PAGE
    at_home = [f"`~/{name}`" for name in (*HOME_FILES, *HOME_DIRECTORIES)]
    assert f"always {', '.join(at_home)} |" in PAGE


def test_the_page_is_found() -> None:
    assert "docs/sandbox.md" in (ROOT / "README.md").read_text(encoding="utf-8")
