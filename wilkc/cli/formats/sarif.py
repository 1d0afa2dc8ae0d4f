"""For code scanning: SARIF 2.1.0, the OASIS standard. Layer: cli (pure).

Columns count code points, as everywhere in Wilk (section 3.14.17). A result's fingerprint
holds neither line nor column, so that edits above it do not make it a new one.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from wilkc import __version__
from wilkc.cli.decision_text import printable
from wilkc.core.canonical import sha256_hex
from wilkc.core.codes import CODES, Code

if TYPE_CHECKING:
    from wilkc.cli.formats.model import Report
    from wilkc.core.diagnostics import Diagnostic
    from wilkc.core.spans import Span

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_FINGERPRINT: Final = "wilk/v1"
_PLACEHOLDER: Final = re.compile(r"\{([0-9]+)\}", re.ASCII)


def render(report: Report) -> str:
    """See the module."""
    codes = sorted({found.code for found in report.diagnostics})
    driver = {
        "name": "wilkc",
        "semanticVersion": __version__,
        "rules": [_rule(CODES[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": _results(report, codes),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(code: Code) -> dict[str, Any]:
    example = f"Before:\n\n{_indented(code.before)}\n\nAfter:\n\n{_indented(code.after)}"
    return {
        "id": code.id,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.why},
        "help": {
            "text": f"{code.why} `wilkc rules {code.id}` shows an example.",
            "markdown": f"{code.why}\n\n{example}",
        },
    }


def _indented(text: str) -> str:
    return "\n".join(f"    {printable(line)}" for line in text.rstrip("\n").split("\n"))


def _results(report: Report, codes: list[str]) -> list[dict[str, Any]]:
    results = []
    seen: Counter[tuple[str, str, str]] = Counter()
    for found in report.diagnostics:
        same = (found.code, found.span.file, report.about.get(found, found.message))
        seen[same] += 1
        results.append(
            {
                "ruleId": found.code,
                "ruleIndex": codes.index(found.code),
                "level": found.severity,
                "message": {"text": _message(found)},
                "locations": [{"physicalLocation": _location(found.span)}],
                "partialFingerprints": {_FINGERPRINT: _fingerprint(*same, seen[same])},
            }
        )
    return results


def _fingerprint(*parts: str | int) -> str:
    return sha256_hex(json.dumps(parts).encode("ascii"))


def _message(found: Diagnostic) -> str:
    """Sentence, label and help in one text.

    Only what would be taken for a placeholder or a link is escaped (sections 3.11.5 and
    3.11.6): patterns are full of braces and brackets, and many viewers undo no escapes.
    """
    parts = [found.message, found.label, found.help and f"help: {found.help}"]
    text = "; ".join(part for part in parts if part)
    text = _PLACEHOLDER.sub(r"{{\1}}", text)
    return text.replace("](", "\\](")


def _location(span: Span) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": _uri(span.file)},
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        },
    }


def _uri(file: str) -> str:
    """A relative reference for a relative path, a `file:` URI for another (section 3.4.3)."""
    path = PurePath(file)
    if path.is_absolute():
        return path.as_uri()
    text = quote(os.fsencode(path.as_posix()), safe="/")
    return f"./{text}" if ":" in text.partition("/")[0] else text
