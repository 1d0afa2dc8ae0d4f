"""The page of a report in a real browser: it fits, loads nothing, runs nothing, can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.review.test_page import CONTRAST
from wilkc.cli.reports import html, markdown
from wilkc.runtime.audit.note import Checkpoint
from wilkc.runtime.compliance import read_period
from wilkc.runtime.compliance.body import report_body
from wilkc.runtime.compliance.gathering import Found, Gathered, Review
from wilkc.runtime.compliance.rule import Violation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chromium import Browser

HOSTILE = "</dd><script>window.x = 1</script>'\"><img src=x onerror=window.x=2>{{ 7 * 7 }}|*_[a](b)"
REF = "01972000-0000-7000-8000-000000000000"


def _body() -> dict[str, Any]:
    """A report with all five states, and hostile text wherever a record can bring some."""
    gathered = Gathered("SOC2", read_period("2026-01-01", "2026-12-31"), 10)
    gathered.events, gathered.risks = 7, {"high": 3, "low": 4}
    gathered.evidence["CC8.1", "activated policies, with their digests"] = Found(1, [3])
    for seq in range(40):
        one = Violation("R1", "high", REF[:-2] + f"{seq:02d}", seq, "2026-02-01T00:00:00.000000Z")
        gathered.violations[one.id] = one
    gathered.more["R1"] = 5
    gathered.scope["SOC2:CC6.2"] = Review(4, "2026-02-01T00:00:00.000000Z", HOSTILE, "out_of_scope")
    return report_body(gathered, Checkpoint("example.org/" + "long-" * 20 + "x", 10, bytes(32)))


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Browser:
    """The browser with the page, 1280 pixels wide."""
    page = tmp_path / "report.html"
    page.write_text(html(_body()), encoding="utf-8")
    browser.size(1280)
    browser.dark(on=False)
    browser.requests.clear()
    browser.blocked.clear()
    browser.open(page.as_uri())
    return browser


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window(opened: Browser, width: int) -> None:
    opened.size(width)
    assert opened.run("innerWidth") == width
    assert opened.run("document.documentElement.scrollWidth") <= width


def test_nothing_is_loaded_and_nothing_of_a_record_runs(opened: Browser) -> None:
    assert [url.partition(":")[0] for url in opened.requests] == ["file"]
    assert opened.run("document.querySelectorAll('img, iframe, link, script').length") == 0
    assert opened.run("typeof window.x") == "undefined"
    assert opened.run("document.body.textContent.includes('onerror=window.x=2>{{ 7 * 7 }}')")


def test_the_policy_of_the_page_lets_nothing_run(opened: Browser) -> None:
    opened.run(
        "(() => { const one = document.createElement('script'); one.textContent = 'window.x = 1';"
        " document.body.append(one); const two = document.createElement('img');"
        " two.src = 'https://evil.example/x.png'; document.body.append(two); })()"
    )
    assert opened.run("typeof window.x") == "undefined"
    opened.run("new Promise((done) => setTimeout(done, 100))")
    assert opened.blocked == ["csp"]


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_read(opened: Browser, dark: bool) -> None:
    opened.dark(on=dark)
    # Level AA of WCAG 2.2 for text of normal size.
    assert opened.run(CONTRAST) >= 4.5


def test_every_control_and_state_is_shown(opened: Browser) -> None:
    text = opened.run("document.body.innerText")
    for one in _body()["controls"]:
        assert f"{one['id']} {one['title']}" in text
    assert "evidenced" in text
    assert "out of scope" in text
    assert "not listed: 5 of R1" in text


def test_markdown_holds_nothing_that_a_record_made_active() -> None:
    text = markdown(_body())
    assert "<script" not in text.replace("\\<", "")
    rows = [line for line in text.splitlines() if line.startswith("| CC")]
    columns = {line.replace("\\|", "").count("|") for line in rows}
    assert columns == {7}
    assert "\\[a\\]\\(b\\)" in text
