"""Text of an agent made fit to be shown: no secrets, nothing that acts. Layer: runtime. Pure.

    what cannot be seen is taken out → secrets and personal data by their forms → the place's own
    encoding

In that order: a character of no width inside a token must not hide it, and what was encoded has
another form. What has no form is not found (`runtime/audit/minimise/patterns.py`), nor what was
encoded before it came here.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.minimise import PATTERNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.runtime.audit.minimise import Pattern

Place = Literal["html", "json", "markdown", "terminal"]
MAX_TEXT: Final = 262_144
"""Characters that are looked at; what follows is left out, and its absence told."""
_CUT: Final = "[cut]"
_TURNS: Final = 8
"""How deep sequences inside each other are taken out; of what is deeper only their controls."""

# ECMA-48, section 5.4: control sequences, and strings up to their terminator. A string ends where
# another begins, so that no character is looked at from more than one beginning.
_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*+(?:\x07|\x1b\\|\x9c)"
    r"|\x1b(?:[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"
)
_BREAKS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point of Unicode, and interlinear annotations."""
_KEY_BLOCK: Final = re.compile(
    r"-----BEGIN [0-9A-Z ]{0,64}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [0-9A-Z ]{0,64}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
"""The key itself too, and all that follows where its end is missing."""
_REST: Final = r"[^\s\"'<>()\[\]{}|,;`&*\\]{0,8192}"
"""What goes on behind the part of a secret that tells it."""
_ACTIVE: Final = re.compile(r"([!-/:-@\[-`{-~])")
"""ASCII punctuation, all of which CommonMark lets a backslash make plain (section 2.4)."""
_SCRIPT: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&'"}


def sanitize_output(text: str, context: Place) -> str:
    """The text as it may be shown in a place.

    Args:
        text: whatever an agent or a tool said; of more than 256 Ki characters the first.
        context: `terminal`: lines of plain text. `html`: for a text node or a quoted attribute
            that is no address, script or style. `json`: a JSON text with its quotes, also inside
            `<script>`. `markdown`: plain paragraphs for CommonMark and what extends it.

    Returns:
        The text, with `[removed: FORM]` in place of each secret and each personal datum.

    Raises:
        UsageError: the context is none of these.
    """
    encoder = _ENCODERS.get(context)
    if encoder is None:
        raise UsageError(
            f"`{context}` is no place to show text in",
            help_text=f"name one of {', '.join(sorted(_ENCODERS))}",
        )
    return encoder(_without_secrets(_seen(_short(text))))


def _short(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    # Half a token has no form any more, so the last word goes as a whole.
    end = MAX_TEXT
    while end and not text[end - 1].isspace():
        end -= 1
    return text[:end] + _CUT


def _seen(text: str) -> str:
    """The text without what a person does not see and a terminal acts on."""
    for _ in range(_TURNS):
        # What is taken out may have stood inside another sequence.
        before = text
        text = _UNSEEN.sub("", _SEQUENCE.sub("", text))
        if text == before:
            break
    text = _BREAKS.sub("\n", text)
    return "".join(char for char in text if char in "\n\t" or not _acts(char))


def _acts(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs"}


def _without_secrets(text: str) -> str:
    for pattern, form in _FORMS:
        # By marks first, in whatever case, as most texts hold none.
        if not pattern.marks or any(mark.lower() in text.lower() for mark in pattern.marks):
            removed = f"[removed: {pattern.name}]"
            text = form.sub(removed, text) if form else _without(pattern, text, removed)
    return text


def _without(pattern: Pattern, text: str, removed: str) -> str:
    """The text with one mark in place of each stretch that the pattern's hits cover."""
    pieces, kept_to = [], 0
    for start, end in pattern.spans(text):
        if start >= kept_to:
            pieces += [text[kept_to:start], removed]
        kept_to = max(kept_to, end)
    return "".join([*pieces, text[kept_to:]])


def _whole(pattern: Pattern) -> re.Pattern[str] | None:
    """The form of all that goes: those that find a secret may look at its beginning only.

    None for personal data, which goes as it is found.
    """
    if pattern.name == "private-key":
        return _KEY_BLOCK
    if pattern.kind == "personal":
        return None
    return re.compile(pattern.form.pattern + _REST, pattern.form.flags)


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=True).translate(_SCRIPT)


def _as_markdown(text: str) -> str:
    # A line that begins with blanks would be code, in which backslashes are shown.
    lines = (line.strip(" \t").replace("\t", " ") for line in text.split("\n"))
    return "\n".join(_ACTIVE.sub(r"\\\1", line) for line in lines)


_ENCODERS: Final[Mapping[str, Callable[[str], str]]] = {
    "terminal": lambda text: text,
    "html": lambda text: html.escape(text).replace("`", "&#96;"),
    "json": _as_json,
    "markdown": _as_markdown,
}
# Secrets first: an address with a password holds something like one of mail, too.
_FORMS: Final = tuple(
    (one, _whole(one)) for one in sorted(PATTERNS, key=lambda one: one.kind != "secret")
)
