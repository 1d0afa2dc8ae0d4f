"""Secrets in what a command gave back. Layer: runtime. Pure.

By their form: keys and tokens that say what they are. A secret that was encoded, cut up or has
no form of its own is not found; what must not leave must not be readable in the sandbox.
"""

from __future__ import annotations

import re
from typing import Final

FORMS: Final[dict[str, re.Pattern[bytes]]] = {
    name: re.compile(form)
    for name, form in {
        "private_key": rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        "aws_access_key": rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])",
        "aws_secret_key": rb"(?i:aws_secret_access_key)[\"' ]{0,3}[=:][\"' ]{0,3}[A-Za-z0-9/+]{40}",
        "github_token": rb"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22})",
        "gitlab_token": rb"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}",
        "slack_token": rb"(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10}",
        "stripe_key": rb"(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{16}",
        "google_key": rb"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}",
        "model_key": rb"(?<![A-Za-z0-9])sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20}",
        "npm_token": rb"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}",
        "pypi_token": rb"(?<![A-Za-z0-9])pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20}",
        "web_token": rb"(?<![A-Za-z0-9])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10}",
        "password_in_url": rb"(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,64}:[^\s/@]{3,128}@",
    }.items()
}
"""Name of a form, and what it looks like; every repetition is bounded."""


def leak_in(data: bytes) -> str:
    """The name of the first form that the data holds, or empty."""
    return next((name for name, form in FORMS.items() if form.search(data)), "")
