"""Values in files of other programs than OPA. Layer: render (pure).

systemd: systemd.service(5), "Command lines", and systemd.unit(5), "Specifiers". YAML: a JSON
text in printable ASCII is YAML (YAML 1.2.2, section 1.2); all else is escaped as YAML does it,
because it does not join the two halves that JSON writes of one character (section 5.7).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from wilkc.core.contract import Json


def unit(text: str) -> str:
    """A text as one word of a unit file.

    Raises:
        UsageError: it holds a character that no line of a unit file can.
    """
    if not text.isprintable():
        raise UsageError(f"{text!a} cannot stand in a unit file")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped.replace("%", "%%").replace("$", "$$")}"'


def yaml(value: Json) -> str:
    """A value as YAML, on one line."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(one if " " <= one <= "~" else f"\\U{ord(one):08x}" for one in text)
