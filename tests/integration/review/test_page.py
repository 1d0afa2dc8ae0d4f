"""The page of a review in a real browser: narrow, wide, dark, by keyboard, and alone."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.review.conftest import REVIEWER, SAME, asks, group, review_of, rule
from wilkc.analyze.difference import Change
from wilkc.cli.review import Links, html

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chromium import Browser
    from wilkc.cli.review import Review

BLOB = "https://github.com/o/r/blob/{rev}/{file}#L{line}"
HOSTILE = "</code><script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7 * 7 }}"
CHANGE = Change(
    "newly_allowed", "file", "read", asks(HOSTILE), None, rule(HOSTILE, 1, HOSTILE), "high",
    HOSTILE, HOSTILE,
)  # fmt: skip
LONG = group("a-name-that-goes-on-" + "and-on-" * 12 + "x", text="x" * 4_000)
MANY = (
    replace(REVIEWER, agents=("reviewer", *(f"agent-{index}" for index in range(40)))),
    replace(REVIEWER, agents=("hostile",), changes=(CHANGE,), files=(HOSTILE,)),
    LONG,
    *(group(f"other-{index}", "medium") for index in range(100)),
    SAME,
)
# Relative luminance and contrast ratio, WCAG 2.2.
CONTRAST = """
(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let least = 99;
  for (const element of document.querySelectorAll("body, body *")) {
    const own = Array.from(element.childNodes).some((node) =>
      node.nodeType === 3 && node.textContent.trim());
    if (!own || element.tagName === "SCRIPT") continue;
    const pair = [light(parts(getComputedStyle(element).color)), light(behind(element))];
    least = Math.min(least, (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05));
  }
  return least;
})()
"""


def _page(review: Review) -> str:
    return html(review, Links(BLOB, review.old.version, review.new.version))


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Browser:
    """The browser with a page of many changes, 1280 pixels wide."""
    page = tmp_path / "review.html"
    review = review_of(*MANY, fail_on="widening", refused=["many agents wider"])
    page.write_text(_page(review), encoding="utf-8")
    browser.size(1280)
    browser.dark(on=False)
    browser.requests.clear()
    browser.blocked.clear()
    browser.open(page.as_uri())
    return browser


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window(opened: Browser, width: int) -> None:
    opened.size(width)
    opened.run("document.querySelectorAll('details').forEach((one) => one.open = true)")
    assert opened.run("innerWidth") == width
    assert opened.run("document.documentElement.scrollWidth") <= width
    boxes = opened.run(
        "Array.from(document.querySelectorAll('body *:not(script)'))"
        ".map((one) => one.getBoundingClientRect()).filter((one) => one.width)"
        ".reduce((most, one) => Math.max(most, one.right), 0)"
    )
    assert boxes <= width


def test_nothing_is_loaded_and_nothing_of_a_spec_runs(opened: Browser) -> None:
    assert [url.partition(":")[0] for url in opened.requests] == ["file"]
    assert opened.run("document.querySelectorAll('img, iframe, link, body script').length") == 1
    assert opened.run("document.body.textContent.includes('onerror=alert(2)>{{ 7 * 7 }}')")


def test_the_policy_of_the_page_stops_what_is_not_its_own(opened: Browser) -> None:
    opened.run(
        "(() => { const one = document.createElement('script'); one.textContent = 'window.x = 1';"
        " document.body.append(one); const two = document.createElement('img');"
        " two.src = 'https://evil.example/x.png'; document.body.append(two); })()"
    )
    assert opened.run("typeof window.x") == "undefined"
    opened.run("new Promise((done) => setTimeout(done, 100))")
    assert opened.requests[1:] == ["https://evil.example/x.png"]
    assert opened.blocked == ["csp"]


def test_the_filter_leaves_what_was_asked_for(opened: Browser) -> None:
    total = len(MANY) - 1
    assert opened.run("document.getElementById('count').textContent") == f"{total} of {total}"
    opened.run("document.getElementById('filter').focus()")
    for letter in "OTHER-99":
        opened.press(letter, letter)
    assert opened.run("document.getElementById('count').textContent") == f"1 of {total}"
    shown = "Array.from(document.querySelectorAll('details')).filter((one) => one.offsetHeight)"
    assert opened.run(f"{shown}.map((one) => one.querySelector('.who').textContent).join()") == (
        "other-99"
    )


def test_everything_is_reached_and_opened_by_keyboard(opened: Browser) -> None:
    reached = []
    for _ in range(400):
        opened.press("Tab")
        tag = opened.run("document.activeElement.tagName")
        if tag == "BODY":
            break
        assert opened.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        reached.append(tag)
    assert reached.count("INPUT") == 1
    assert reached.count("SUMMARY") == len(MANY) - 1
    assert reached.count("A") > 0
    closed = "document.querySelectorAll('details')[50]"
    assert opened.run(f"{closed}.open") is False
    opened.run(f"{closed}.querySelector('summary').focus()")
    opened.press("Enter", "\r")
    assert opened.run(f"{closed}.open") is True


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_read(opened: Browser, dark: bool) -> None:
    opened.dark(on=dark)
    opened.run("document.querySelectorAll('details').forEach((one) => one.open = true)")
    backdrop = opened.run("getComputedStyle(document.body).backgroundColor")
    assert (backdrop == "rgb(255, 255, 255)") is not dark
    # Level AA of WCAG 2.2 for text of normal size.
    assert opened.run(CONTRAST) >= 4.5


def test_the_page_is_the_same_each_time_and_names_no_address_but_the_links() -> None:
    review = review_of(REVIEWER, SAME)
    assert _page(review) == _page(review)
    addresses = re.findall(r"(?:https?:)?//[^\s\"'<]+", _page(review))
    assert {address.split("/")[2] for address in addresses} == {"github.com", "x.github.com"}


def test_no_change_is_a_page_too() -> None:
    page = _page(review_of(SAME))
    assert "<details" not in page
    assert "no agent can do more or less than before" in page
