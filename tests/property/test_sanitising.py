"""Nothing that acts, no secret and no personal datum comes out, whatever is around it."""

from __future__ import annotations

import random
import re
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from tests.unit.runtime.guard.canaries import (
    EXECUTABLE,
    HIDING,
    PERSONAL,
    SECRETS,
    joined,
    opened,
    rendered,
)
from wilkc.runtime.guard.sanitising import sanitize_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.runtime.guard.sanitising import Place

CASES = 60
PLACES: tuple[Place, ...] = ("html", "json", "markdown", "terminal")
CANARIES = tuple({**SECRETS, **PERSONAL}.values())
ROUND = (" ", "\n", "\t", "'", '"', "<", ">", "(", ")", "`", "&", ";", "=", "|", "*", "{{", "\\ ",
         " 12 ", " EUR ")  # fmt: skip
"""What may stand beside a secret: a form begins and ends where no letter or digit is."""


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.found.append(tag)

    handle_startendtag = handle_starttag

    def handle_comment(self, data: str) -> None:
        self.found.append(data)


def _tags(page: str) -> list[str]:
    reader = _Tags()
    reader.feed(page)
    reader.close()
    return reader.found


def _text(chance: random.Random) -> str:
    pieces = []
    for _ in range(chance.randrange(1, 8)):
        piece = chance.choice((*CANARIES, *EXECUTABLE, "word", "\x1b[", "\r"))
        if chance.random() < 0.3:
            piece = joined(piece, chance.choice(HIDING))
        pieces.append(piece)
    return "".join(f"{chance.choice(ROUND)}{one}{chance.choice(ROUND)}" for one in pieces)


def _acts(shown: str, place: Place) -> bool:
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} - {""} for char in shown
           if char not in "\n\t"):  # fmt: skip
        return True
    if place == "html":
        return bool(_tags(shown)) or bool(_tags(f'<p title="{shown}">')[1:])
    if place == "json":
        return not shown.isascii() or bool(set(shown) & set("<>&'\n"))
    if place == "markdown":
        return not set(_tags(rendered(shown))) <= {"p"}
    return False


def test_nothing_on_the_canary_list_passes(
    seed: int, effort: int, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(seed)
    compared = 0
    for _ in range(CASES * effort):
        text = _text(chance)
        for place in PLACES:
            shown = sanitize_output(text, place)
            read = opened(shown, place)
            assert not _acts(shown, place), (place, text, shown)
            for canary in CANARIES:
                flat = re.sub(r"\s+", " ", canary)
                assert flat not in re.sub(r"\s+", " ", read), (place, text, shown)
                compared += 1
    record_property("compared", compared)


def test_to_sanitise_twice_changes_nothing_on_a_terminal(seed: int, effort: int) -> None:
    chance = random.Random(seed)
    for _ in range(CASES * effort):
        once = sanitize_output(_text(chance), "terminal")
        assert sanitize_output(once, "terminal") == once
