"""Every example of the language page compiles, or fails as it says, and decides as it says.

A table with the columns `request`, `decision` and `why` belongs to the block of YAML before it.
A request is `TYPE:REST ACTION` and may be followed by a JSON object: the properties of the
resource, and under `context` the circumstances.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import Compiled, check, compile_sources
from wilkc.core.contract import Request, denial
from wilkc.core.details import MESSAGES
from wilkc.core.errors import RequestError
from wilkc.language.requests import canonical_request, parse_short
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "language.md"
STEM: Final = "example"
_PART = re.compile(
    r"^```(?P<info>yaml[^\n]*|jsonl)\n(?P<text>.*?)^```$|^(?P<row>\|[^\n]*\|)$",
    re.MULTILINE | re.DOTALL,
)
_CODE = re.compile(r"`([^`]*)`")
_AGENT = re.compile(r"^agent: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One line of a decision table."""

    agent: str
    text: str
    extra: str
    allow: bool
    detail: str


@dataclass(frozen=True)
class Example:
    """A block of YAML, the fleet beside it, and the decisions that belong to it."""

    line: int
    wrong: str
    files: tuple[tuple[str, bytes], ...]
    rows: tuple[Row, ...] = ()

    def __str__(self) -> str:
        return f"line{self.line}"


def _examples() -> list[Example]:
    page = PAGE.read_text(encoding="utf-8")
    found: list[Example] = []
    for part in _PART.finditer(page):
        line = page.count("\n", 0, part.start()) + 1
        if part["info"] == "jsonl":
            fleet = ("fleet.jsonl", part["text"].encode())
            found[-1] = replace(found[-1], files=(*found[-1].files, fleet))
        elif part["info"]:
            wrong = part["info"].removeprefix("yaml").removeprefix(" wrong ")
            found.append(Example(line, wrong, ((f"{STEM}.yaml", part["text"].encode()),)))
        else:
            rows = tuple(_rows(part["row"], found[-1])) if found else ()
            found[-1:] = [replace(one, rows=(*one.rows, *rows)) for one in found[-1:]]
    return found


def _rows(line: str, example: Example) -> Iterator[Row]:
    cells = [cell.strip() for cell in line.strip("|").split(" | ")]
    if len(cells) < 3 or cells[-2] not in {"allow", "deny"}:
        return
    named = _AGENT.search(example.files[0][1].decode())
    asked, *extra = _CODE.findall(cells[-3])
    agent = _CODE.findall(cells[0])[0] if len(cells) == 4 else named[1] if named else STEM
    yield Row(
        agent, asked, extra[0] if extra else "{}", cells[-2] == "allow", cells[-1].strip("` |")
    )


EXAMPLES = _examples()
RIGHT = [one for one in EXAMPLES if not one.wrong]
WRONG = [one for one in EXAMPLES if one.wrong]


@functools.cache
def _compiled(example: Example) -> Compiled:
    return compile_sources(dict(example.files), read_library())


def _request(row: Row) -> Request:
    given: dict[str, Any] = json.loads(row.extra)
    resource, _, action = row.text.rpartition(" ")
    request = parse_short(row.agent, resource, action)
    context = given.pop("context", {})
    return canonical_request(replace(request, properties=given, context=context))


def test_the_page_has_its_examples() -> None:
    assert len(RIGHT) > 20
    assert len(WRONG) > 10
    assert sum(len(one.rows) for one in RIGHT) > 120
    assert not any(one.rows for one in WRONG)
    answers = {row.allow for one in RIGHT for row in one.rows}
    assert answers == {True, False}


@pytest.mark.parametrize("example", RIGHT, ids=str)
def test_example_compiles_without_a_word(example: Example) -> None:
    assert [one.message for one in check(dict(example.files)) if one.severity == "error"] == []


@pytest.mark.parametrize("example", WRONG, ids=str)
def test_wrong_example_draws_exactly_its_code(example: Example) -> None:
    assert {one.code for one in check(dict(example.files))} == {example.wrong}


@pytest.mark.parametrize("example", [one for one in RIGHT if one.rows], ids=str)
def test_table_is_what_the_reference_answers(example: Example) -> None:
    for row in example.rows:
        try:
            answer = decide(_compiled(example).plan, _request(row))
        except RequestError as error:
            answer = denial("VALIDATION_ERROR", error.detail, error.message)
        assert (answer.allow, answer.detail) == (row.allow, row.detail), row


def test_tables_are_what_opa_answers(judged: Any) -> None:
    for example in RIGHT:
        compiled = _compiled(example)
        requests = [found for row in example.rows if (found := _readable(row)) is not None]
        if requests:
            assert judged.differences(compiled, requests) == [], example


def test_every_answer_of_the_language_is_shown() -> None:
    shown = {row.detail for example in RIGHT for row in example.rows}
    # A type or action that does not exist teaches nothing.
    assert set(MESSAGES) - shown <= {"unknown_type", "unknown_action"}


def _readable(row: Row) -> Request | None:
    """The request, unless it is refused before any decision point is asked."""
    try:
        return _request(row)
    except RequestError:
        return None
