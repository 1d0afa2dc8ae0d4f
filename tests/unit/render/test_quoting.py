"""Values in unit files and manifests: read back as they were, or refused."""

from __future__ import annotations

import pytest
import yaml as reader

from wilkc.core.errors import UsageError
from wilkc.render.quoting import unit, yaml

HOSTILE = ["a b", 'a"b', "a\\b", "$HOME", "%h", "a;b", "ä\U0001f600", "'", "{x: y}", "#", "- a", ""]


def unquoted(word: str) -> str:
    """What systemd makes of a quoted word, see systemd.service(5), "Command lines"."""
    assert word[0] == word[-1] == '"'
    text, at, inner = "", 0, word[1:-1].replace("%%", "%").replace("$$", "$")
    while at < len(inner):
        assert inner[at] != '"'
        at += inner[at] == "\\"
        text += inner[at]
        at += 1
    return text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_word_of_a_unit_survives(text: str) -> None:
    assert unquoted(unit(text)) == text


@pytest.mark.parametrize("text", ["a\nExecStartPre=/bin/x", "a\tb", "\0", "a\u2028b", "\x7f"])
def test_lines_and_control_characters_cannot_stand_in_a_unit(text: str) -> None:
    with pytest.raises(UsageError, match="cannot stand in a unit file"):
        unit(text)


@pytest.mark.parametrize("text", [*HOSTILE, "a\nb: c", "\u2028", "\x7f", "\ufeff", "yes", "0x1"])
def test_a_value_of_a_manifest_survives(text: str) -> None:
    assert reader.safe_load(f"- {{a: {yaml([text])}}}") == [{"a": [text]}]
