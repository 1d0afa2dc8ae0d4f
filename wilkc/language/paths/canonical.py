"""Reading the path of a request. Layer: language (pure). LANGUAGE.md section 3.

Making a path canonical (symlinks, the deepest root) needs a file system and is the
enforcement point's duty; here a path that is not canonical is refused, never repaired.
"""

from __future__ import annotations

import unicodedata
from typing import Final, cast

from wilkc.core.errors import RequestError
from wilkc.language.paths.model import Path, Root

MAX_PATH: Final = 8_192
"""Code points of a path."""


def parse_path(text: str) -> Path:
    """The canonical path that a text is; a bare `a/b` is read as `./a/b`.

    Raises:
        RequestError: with detail `path_not_canonical`; the message says why.
    """
    if not isinstance(text, str):
        raise _refusal("it is not a text")
    if not text:
        raise _refusal("it is empty")
    if len(text) > MAX_PATH:
        raise _refusal(f"it has more than {MAX_PATH} characters")
    _check_characters(text)
    root, segments = _split(text)
    for segment in segments:
        if not segment:
            raise _refusal("it holds an empty segment")
        if segment in {".", ".."}:
            raise _refusal(f"it holds the segment `{segment}`")
    return Path(root, segments)


def _split(text: str) -> tuple[Root, tuple[str, ...]]:
    if text in {".", "~"}:
        return cast("Root", text), ()
    if text == "/":
        return "/", ()
    first, *rest = text.split("/")
    if not first:
        return "/", tuple(rest)
    if first in {".", "~"}:
        return cast("Root", first), tuple(rest)
    return ".", (first, *rest)


def _check_characters(text: str) -> None:
    if text.isascii() and text.isprintable():
        return
    for char in text:
        category = unicodedata.category(char)
        if category == "Cc":
            raise _refusal("it holds a control character")
        if category == "Cs":
            raise _refusal("it is not valid Unicode")
    if not unicodedata.is_normalized("NFC", text):
        raise _refusal("it is not in Unicode form NFC")


def _refusal(why: str) -> RequestError:
    return RequestError("path_not_canonical", f"the path is not canonical: {why}")
