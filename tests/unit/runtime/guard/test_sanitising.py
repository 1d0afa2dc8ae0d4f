"""Text that is fit to be shown: each place, each kind of secret, and what hides one."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.guard.canaries import (
    EXECUTABLE,
    HIDING,
    PERSONAL,
    SECRETS,
    joined,
    opened,
    rendered,
)
from wilkc.core.errors import UsageError
from wilkc.runtime import Guard
from wilkc.runtime.guard import sanitising
from wilkc.runtime.guard.sanitising import MAX_TEXT, sanitize_output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.guard.sanitising import Place

PLACES: list[Place] = ["html", "json", "markdown", "terminal"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", [*SECRETS, *PERSONAL])
def test_no_secret_and_no_personal_datum_is_shown(name: str, place: Place) -> None:
    canary = {**SECRETS, **PERSONAL}[name]
    shown = sanitize_output(f"before {canary} after", place)
    assert canary not in opened(shown, place)
    assert opened(shown, place).startswith("before [removed: ")
    if name != "private-key":
        assert opened(shown, place).endswith("] after")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("4111 1111 1111 1111 12/27 123", "[removed: card] 12/27 123"),
        ("4111-1111-1111-1111 737", "[removed: card] 737"),
        ("55 4111 1111 1111 1111 x", "[removed: card] x"),
        ("DE89 3704 0044 0532 0130 00 BIC COBADEFFXXX", "[removed: iban] BIC COBADEFFXXX"),
        ("DE89 3704 0044 0532 0130 00 EUR 20", "[removed: iban] EUR 20"),
        ("4111 1111 1111 1112 12/27 123", "4111 1111 1111 1112 12/27 123"),
    ],
)
def test_a_number_goes_whatever_stands_behind_it(text: str, seen: str) -> None:
    assert sanitize_output(text, "terminal") == seen


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("hider", HIDING)
def test_what_is_not_seen_hides_no_secret(hider: str, place: Place) -> None:
    token = SECRETS["github-token"]
    shown = opened(sanitize_output(f"a {joined(token, hider)} b", place), place)
    assert shown == "a [removed: github-token] b"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ["", "plain", "Grüße, 世界", "a\n\nb", "1 < 2 & 3 > 2", "50% 'x'"])
def test_other_text_stays_what_it_was(text: str, place: Place) -> None:
    assert opened(sanitize_output(text, place), place) == text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;https://x.example\x1b\\link", "alink"),
        ("a\x9b2Jb", "ab"),
        ("a\x1b\x1b[0m[2Jb", "ab"),
        ("a\x1b[\x1b[0m2Jb", "ab"),
        ("overwritten\rshown", "overwritten\nshown"),
        ("a\x08\x7f\x00b", "ab"),
        ("a\u202egnp.exe\u202c", "agnp.exe"),
        ("a\u2028b\u0085c\r\nd", "a\nb\nc\nd"),
        ("a\ud800b", "ab"),
        ("a\U000e0041\ufeffb", "ab"),
    ],
)
def test_what_acts_on_a_terminal_or_is_not_seen_is_taken_out(
    given: str, seen: str, place: Place
) -> None:
    assert opened(sanitize_output(given, place), place) == seen


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


@pytest.mark.parametrize("quote", ["'", '"'])
def test_html_leaves_no_attribute(quote: str) -> None:
    hostile = "x' onload='evil()\" onload=\"evil()` onload=`><script>evil()</script>"
    reader = _Tags()
    reader.feed(f"<b title={quote}{sanitize_output(hostile, 'html')}{quote}>")
    assert reader.found == [("b", [("title", hostile)])]


@pytest.mark.parametrize("text", EXECUTABLE)
def test_markdown_becomes_nothing_but_paragraphs(text: str) -> None:
    reader = _Tags()
    reader.feed(rendered(sanitize_output(text, "markdown")))
    assert {tag for tag, _ in reader.found} <= {"p"}


def test_json_is_a_text_that_may_stand_in_a_script() -> None:
    hostile = "</script><!--\"\\\u2028'&"
    shown = sanitize_output(hostile, "json")
    assert shown.isascii()
    assert not set(shown) & set("<>&'")
    assert json.loads(shown) == hostile.replace("\u2028", "\n")


def test_a_key_goes_with_all_that_follows_where_its_end_is_missing() -> None:
    text = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nmore"
    assert sanitize_output(text, "terminal") == "a\n[removed: private-key]"


def test_a_long_text_is_cut_at_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitising, "MAX_TEXT", 20)
    token = SECRETS["github-token"]
    assert sanitize_output(f"a word and {token}", "terminal") == "a word and [cut]"


def test_of_what_is_too_deep_the_controls_go() -> None:
    def nested(depth: int) -> str:
        return sanitize_output("a" + "\x1b" * depth + "[0m" * depth + "b", "terminal")

    assert nested(8) == "ab"
    assert nested(20) == "a" + "[0m" * 12 + "b"


@pytest.mark.parametrize(
    "text",
    [
        "a" * (MAX_TEXT - 9) + " " + "b" * 9,
        "a" * (MAX_TEXT + 1),
        "\x9d" * MAX_TEXT,
        "\x9d\x90" * (MAX_TEXT // 2),
        "\x1b]" * (MAX_TEXT // 2),
        "\x9b" + "0" * (MAX_TEXT - 1),
        "\x1b" * (MAX_TEXT // 3) + "[m" * (MAX_TEXT // 3),
        "3 " * (MAX_TEXT // 2),
        "x://:" * (MAX_TEXT // 5),
        "-eyJ" * (MAX_TEXT // 4 - 1) + ".eyJ",
        "." * (MAX_TEXT - 1) + "@",
    ],
    ids=lambda text: ascii(text[:10]),
)
def test_no_text_takes_long(text: str) -> None:
    with _ended_after(seconds=10):
        sanitize_output(text, "terminal")


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """An exception once this process has worked so long; a busy machine does not count."""

    def end(number: int, frame: object) -> None:
        del number, frame
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_a_string_that_another_begins_in_hides_no_secret() -> None:
    token = SECRETS["github-token"]
    shown = sanitize_output(f"a \x9dx\x90 {token}\x9c b", "terminal")
    assert token not in shown
    assert shown.isprintable()


@pytest.mark.parametrize("place", ["url", "", "HTML"])
def test_another_place_is_refused(place: str) -> None:
    with pytest.raises(UsageError, match="no place"):
        sanitize_output("x", place)  # type: ignore[arg-type]  # what the test is about


def test_a_guard_offers_it() -> None:
    assert Guard.sanitize_output("<b>", "html") == "&lt;b&gt;"
