"""Documents written in every odd way that YAML has, with comments wherever one may stand."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

REMARKS = [
    "why", "see: [x]", "- no item", "key: value", "'open", '"open', "tab\there", "ß 😀 é", "---",
    "{{ x }}", "# twice", "a" * 200, "%YAML 1.2", "&a *b !c", "\\", "", "| >",
]  # fmt: skip
PLAIN = re.compile(r"[A-Za-z./][A-Za-z0-9./_-]*")
WORDS = {"true", "false", "null", "y", "n", "yes", "no", "on", "off"}
"""What is no text without quotes, or not for every reader."""
ORDERED = {"arguments", "context", "set", "bindings", "roles"}
"""Keys below which the order of keys counts."""


class Untidy:
    """Writes values; everything random comes from one generator.

    Attributes:
        comments: the text of each comment written so far.
    """

    def __init__(self, rng: random.Random, *, bare: bool = False) -> None:
        """With `bare` there are no comments and no blank lines, and all lists are in brackets."""
        self.random = rng
        self.bare = bare
        # A comment further right than a block of lines would be a part of it.
        self.blocks = rng.random() < 0.5
        self.comments: list[str] = []

    def file(self, documents: Sequence[dict[str, Any]]) -> bytes:
        """One file of these documents."""
        lines: list[str] = []
        for number, document in enumerate(documents):
            if number or self._chance(0.2):
                lines.append("---" + self._beside())
            lines += [*self._between(), *self._mapping(document, "", "")]
        lines += self._between()
        end = self.random.choice(["\n", "\n", "\r\n"])
        return (end.join(lines) + self.random.choice(["", end, end * 3])).encode()

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _comment(self) -> str:
        text = f"#{self.random.choice(['', ' ', '  ', '!'])}{len(self.comments)} "
        text = (text + self.random.choice(REMARKS)).rstrip()
        self.comments.append(text)
        return text

    def _beside(self, *, tabs: bool = True) -> str:
        blanks = self.random.choice([" ", "  ", "\t", " \t "] if tabs else [" ", "  "])
        return blanks + self._comment() if self._chance(0.15) and not self.bare else ""

    def _between(self) -> list[str]:
        """Blank lines, and comments in any column, between two entries."""
        lines = []
        while self._chance(0.25) and not self.bare:
            column = " " * (0 if self.blocks else self.random.choice([0, 0, 1, 2, 3, 4, 6, 9]))
            lines.append(column + self._comment() if self._chance(0.3) else column)
            if not lines[-1].strip():
                lines += [""] * self.random.randint(0, 2)
        return lines

    def _mapping(self, held: dict[str, Any], pad: str, path: str) -> list[str]:
        names = list(held)
        if not ORDERED & set(path.split("/")):
            self.random.shuffle(names)
        lines: list[str] = []
        for name in names:
            head = pad + self._text(name) + ":"
            lines += [*self._entry(head, held[name], pad, f"{path}/{name}"), *self._between()]
        return lines

    def _items(self, held: Sequence[Any], pad: str, path: str) -> list[str]:
        lines: list[str] = []
        for item in held:
            lines += [*self._entry(pad + "-", item, pad, path), *self._between()]
        return lines

    def _entry(self, head: str, value: Any, pad: str, path: str) -> list[str]:
        if not isinstance(value, dict | list):
            return self._scalar(head, value, pad)
        if not value or self._chance(0.4) or self.bare:
            flow = self._flow(value, pad + "  ")
            return (f"{head} {flow}{self._beside()}").split("\n")
        inner = pad + " " * self.random.randint(1, 4)
        if isinstance(value, list) and not head.endswith("-") and self._chance(0.3):
            inner = pad
        body = (
            self._mapping(value, inner, path)
            if isinstance(value, dict)
            else self._items(value, inner, path)
        )
        # Not every reader takes a tab after a dash for a blank.
        beside = self._beside(tabs=not head.endswith("-"))
        return [head + beside, *self._between(), *body]

    def _scalar(self, head: str, value: Any, pad: str) -> list[str]:
        whole = isinstance(value, str) and re.fullmatch(r"[!-~]+(?: [!-~]+)*", value)
        if whole and self.blocks and self._chance(0.2):
            style = self.random.choice(["|-", ">-", "|2-"])
            inner = pad + ("  " if "2" in style else " " * self.random.randint(1, 4))
            return [f"{head} {style}{self._beside()}", inner + value]
        return [f"{head} {self._text(value)}{self._beside()}"]

    def _flow(self, value: Any, pad: str) -> str:
        if not isinstance(value, dict | list):
            return self._text(value)
        parts = (
            [f"{self._text(name)}: {self._flow(held, pad)}" for name, held in value.items()]
            if isinstance(value, dict)
            else [self._flow(held, pad) for held in value]
        )
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        text = opening
        for number, part in enumerate(parts):
            text += self._gap(pad) + part + self._gap(pad)
            text += "," if number + 1 < len(parts) or self._chance(0.2) else ""
        return text + self._gap(pad) + closing

    def _gap(self, pad: str) -> str:
        if self._chance(0.8) or self.bare:
            return self.random.choice(["", " "])
        return (f" {self._comment()}" if self._chance(0.5) else " ") + "\n" + pad

    def _text(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        choice = self.random.randrange(3)
        if choice == 0 and PLAIN.fullmatch(value) and value.lower() not in WORDS:
            return value
        if choice == 1 and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=False)
