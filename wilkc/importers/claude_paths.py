"""Path rules of Claude Code: gitignore patterns with roots of its own. Layer: importers. Pure.

`//a` is absolute, `~/a` in the home, `/a` relative to the settings, `a` and `./a` to the workspace.
A bare name matches at any depth. A rule `a/**` is anchored where it allows, and where it denies it
matches at any depth. Braces are plain characters there.
"""

from __future__ import annotations

import re
from typing import Final

_BRACES: Final = re.compile(r"(?<!\\)([{}])")
_WILD: Final = re.compile(r"([\\*?\[\]{}])")
_LAST_BLANKS: Final = re.compile(r"(?<!\\)((?:\\\\)*)\s+$")
"""Blanks that gitignore passes over at the end: those without a backslash before them."""


def allowed_path(spec: str) -> str | None:
    """The pattern that allows what a rule allows, or less.

    None where nobody knows its root or its end, or where it takes something out of another rule or
    says nothing.
    """
    if _LAST_BLANKS.search(spec):
        return None
    text = _BRACES.sub(r"\\\1", spec)
    if text.startswith("//"):
        return text[1:]
    # A line of gitignore that begins with `#` says nothing. What `~` means alone is not told.
    if text.startswith(("/", "!", "#")) or text in {"~", "~/"}:
        return None
    if text.startswith("~"):
        return text
    path = text.removeprefix("./")
    if "/" not in path and path == text and path != "**":
        return f"./**/{path}"
    return f"./{path}"


def blocked_path(spec: str) -> tuple[str, ...]:
    """The patterns that block what a rule denies, or more: with every root that it may have."""
    # Whether blanks at its end are a part of it or not, and its braces are plain or not: all are
    # blocked.
    ends = dict.fromkeys((_LAST_BLANKS.sub(r"\1", spec), spec))
    found = dict.fromkeys(path for end in ends for path in _rooted(end))
    return tuple(found)


def denied_paths(text: str) -> tuple[str, ...]:
    """The patterns that block what the sandbox denies, or more.

    There `/a` and `//a` are absolute, and what is relative is so to where the settings are. For all
    paths it is an empty one, which no list holds.
    """
    path = text.removesuffix("/**").rstrip("/")
    if path.startswith(("/", "~")):
        root, path = "", f"/{path.lstrip('/')}" if path.startswith("/") else path
    else:
        root, path = "**/", path.removeprefix("./")
    if not path.strip("/*"):
        return ("",)
    # Whether its wildcards are some depends on the system: both are blocked.
    return tuple(dict.fromkeys((f"{root}{path}", root + _WILD.sub(r"\\\1", path))))


def _rooted(spec: str) -> tuple[str, ...]:
    if spec.startswith("//"):
        path = spec[1:]
    elif spec.startswith("~"):
        path = spec
    else:
        path = spec.removeprefix("./").lstrip("/")
        # Everything below a match is blocked too, so that what ends in `/**` needs no end.
        path = path.removesuffix("/**") or path
        path = path if path.startswith("**") else f"**/{path}"
    return (path, _BRACES.sub(r"\\\1", path))
