"""The comment on a pull request: readable, within its limit, and nothing in it acts."""

from __future__ import annotations

import html as page
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from tests.unit.cli.review.conftest import (
    GITHUB,
    OPEN,
    PEM,
    REVIEWER,
    SAME,
    asks,
    group,
    review_of,
    rule,
)
from wilkc.analyze.difference import RISKS, AgentGroup, Change
from wilkc.cli.review import MARKER, MAX_COMMENT, Links, Review, markdown
from wilkc.cli.review.markdown import code
from wilkc.cli.review.words import visible
from wilkc.compiler import LeftOut
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

BLOB = "https://github.com/o/r/blob/{rev}/{file}#L{line}"
SAFE = re.compile(r"(?:[A-Za-z0-9 ,;/.\-\u0080-\U0010ffff]|&#\d+;)*")


def _comment(review: Review, template: str = "") -> str:
    return markdown(review, Links(template, review.old.version, review.new.version))


def test_the_comment(golden: Callable[[str, str], None]) -> None:
    review = review_of(REVIEWER, SAME, fail_on="widening", refused=["1 agent wider"])
    golden("review/comment.md", _comment(review, BLOB))


def test_what_is_not_known_is_in_the_comment(golden: Callable[[str, str], None]) -> None:
    unsure = AgentGroup(("x",), "changed", ("x",), ("x",), ("x.yaml",), (), (OPEN,))
    new = AgentGroup(("helper",), "added", (), ("helper",), (), (PEM,))
    gone = AgentGroup(("legacy",), "removed", ("legacy",), (), (), (GITHUB,))
    left = (LeftOut("z.yaml", "W013 on line 1: a merge was not finished"),)
    review = review_of(unsure, new, gone, SAME, new_left_out=left, compiler="0.0.9")
    golden("review/comment_rest.md", _comment(review))


def test_no_change_is_a_comment_without_a_table() -> None:
    comment = _comment(review_of(SAME))
    assert comment.startswith(f"{MARKER}\n### Policy review: no agent can do more or less")
    assert "|" not in comment
    assert "not compared: nothing was left out" in comment


def test_the_table_is_sorted_by_risk() -> None:
    groups = tuple(group(risk, risk) for risk in RISKS)
    rows = [line for line in _comment(review_of(*groups)).split("\n") if line.startswith("| ")]
    assert [row.split(" ")[1] for row in rows[1:]] == list(RISKS)


def test_agents_that_change_alike_share_a_row_when_they_are_many() -> None:
    alike = replace(REVIEWER, agents=tuple(f"a{number}" for number in range(20)))
    assert _comment(review_of(alike)).count("<details>") == 20
    more = replace(REVIEWER, agents=tuple(f"a{number}" for number in range(21)))
    comment = _comment(review_of(more))
    assert comment.count("<details>") == 1
    assert "| a0, a1, a2, a3 and 17 more |" in comment
    assert "Alike for 21 agents: a0, a1" in comment


@pytest.mark.parametrize("number", [500, 5_000])
def test_many_agents_stay_within_the_limit_and_the_rest_is_counted(number: int) -> None:
    risks = sorted((RISKS[index % 3] for index in range(number)), key=RISKS.index)
    groups = tuple(group(f"agent-{index:04}", risk) for index, risk in enumerate(risks))
    comment = _comment(review_of(*groups, fail_on="widening", refused=["wider"]), BLOB)
    assert len(comment.encode()) <= MAX_COMMENT
    rows = comment.count("\n| agent-")
    blocks = comment.count("<details>")
    assert rows + _left(comment, "in the table") == number
    assert blocks + _left(comment, "in detail") == number
    assert rows > 100
    assert blocks > 20
    shown = re.findall(r"\n\| agent-\d+ \|.*?\| \**(\w+)\** \|", comment)
    assert shown == risks[:rows]
    assert comment.endswith("not compared: nothing was left out\n")
    assert comment.count("<details>") == comment.count("</details>")


def _left(comment: str, where: str) -> int:
    found = re.search(rf"\*\*([\d,]+) more agents?\*\* \([^)]*\) did not fit here {where}", comment)
    return int(found[1].replace(",", "")) if found else 0


def test_long_texts_of_many_agents_stay_within_the_limit() -> None:
    groups = tuple(group(f"a{index}", "high", text="\u202e|`" * 5_000) for index in range(500))
    left = tuple(LeftOut(f"{index}.yaml", "<" * 1_000) for index in range(500))
    review = review_of(*groups, new_left_out=left)
    comment = _comment(replace(review, command="wilkc diff " + "x" * 500), BLOB)
    assert len(comment.encode()) <= MAX_COMMENT
    assert "more remarks" in comment


HOSTILE = [
    "a | b",
    "`code`",
    "<img src=x onerror=alert(1)>",
    "<!-- wilk-review -->",
    "</code></details><script>alert(1)</script>",
    "@everyone",
    "#1 GH-1 o/r#1",
    "[a](javascript:alert(1)) ![a](//evil.example/x)",
    "https://evil.example www.evil.example a@evil.example",
    "**bold** _em_ ~~gone~~ $x$ :smile:",
    "\\| \\` &lt; &#64;",
    "  two  spaces  ",
    "- item",
    "1. item",
    "a\n\n# heading\n\n- [x] done",
    "\u202eevil",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_a_text_means_anything_to_github(hostile: str) -> None:
    shown = code(hostile)
    inner = shown.removeprefix("<code>").removesuffix("</code>")
    assert SAFE.fullmatch(inner)
    assert page.unescape(inner) == hostile
    assert "www." not in inner
    change = Change(
        "newly_allowed", "file", "read", asks(hostile), None, rule(hostile, 1), "high", hostile,
        hostile,
    )  # fmt: skip
    harmless = replace(change, witness=asks("x"), new=rule("x", 1), why="x", detail="x")
    comments = [
        _comment(review_of(replace(REVIEWER, changes=(one,), files=(hostile,))), BLOB)
        for one in (change, harmless)
    ]
    shapes = [re.sub(r"&#\d+;|[A-Za-z0-9\u0080-\U0010ffff;,/. -]", "", one) for one in comments]
    assert shapes[0] == shapes[1]


class _Shown(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(" ".join([tag, *(f"{name}={value}" for name, value in attrs)]))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_reader_of_markdown_shows_every_text_and_builds_nothing_of_it(hostile: str) -> None:
    change = replace(PEM, witness=asks(hostile), new=rule(hostile, 1), why=hostile, detail=hostile)
    harmless = replace(change, witness=asks("x"), new=rule("x", 1), why="x", detail="x")
    found = _Shown(_comment(review_of(replace(REVIEWER, changes=(change,))), BLOB))
    wanted = _Shown(_comment(review_of(replace(REVIEWER, changes=(harmless,))), BLOB))
    assert found.tags == wanted.tags
    assert {tag.partition(" ")[0] for tag in found.tags} >= {"table", "details", "code", "a"}
    assert found.text.count(visible(hostile)) >= 4


def test_generated_texts_come_out_as_they_went_in() -> None:
    seed = 20_261_128
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(2_000):
        text = "".join(chance.choice("ab .-_*`|<>&@#[]()!\\~$:w/\"'ü") for _ in range(12))
        inner = code(text).removeprefix("<code>").removesuffix("</code>")
        assert SAFE.fullmatch(inner), text
        assert page.unescape(inner) == text
        # White space at the edges of a table's cell is dropped by every reader.
        cell = _Shown(f"| a |\n|---|\n| {code(text)} |\n")
        assert cell.tags == ["table", "thead", "tr", "th", "tbody", "tr", "td", "code"], text
        assert text in cell.text


def test_lines_lead_to_both_versions() -> None:
    comment = _comment(review_of(REVIEWER), BLOB)
    one, other = "0" * 40, "1" * 40
    assert f'href="https://github.com/o/r/blob/{other}/policies/reviewer.yaml#L9"' in comment
    assert f'href="https://github.com/o/r/blob/{one}/policies/reviewer.yaml#L27"' in comment


def test_a_template_of_one_version_leads_to_the_new_one_only() -> None:
    comment = _comment(review_of(REVIEWER), "https://example.org/x/{file}#L{line}")
    assert 'href="https://example.org/x/policies/reviewer.yaml#L9"' in comment
    assert "#L27" not in comment


def test_a_file_name_cannot_leave_its_link() -> None:
    odd = replace(PEM, new=rule("x", 1, 'a"> <b>?#%.yaml'))
    comment = _comment(review_of(replace(REVIEWER, changes=(odd,))), BLOB)
    assert "a%22%3E%20%3Cb%3E%3F%23%25.yaml#L1" in comment
    assert "<b>?" not in comment


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("javascript:alert(1)//{file}", "is no web address"),
        ("/{file}", "is no web address"),
        ("https://example.org/\n{file}", "is no web address"),
        ("https://example.org/{line}", "has no `{file}`"),
        ("https://example.org/{file}/{sha}", "knows no `{sha}`"),
    ],
)
def test_a_template_that_makes_no_links_is_refused(template: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        _comment(review_of(REVIEWER), template)
