"""What a reviewer could read in another way than the compiler is refused, and nothing else."""

from __future__ import annotations

import pytest
import yaml

from wilkc.compiler import check
from wilkc.syntax import reader

SPEC = "agent: a\npermissions:\n  filesystem:\n    read:\n      - ./docs/**\n"
ODD_BREAKS = ["\r", "\x85", "\u2028", "\u2029"]


def _found(text: str) -> list[tuple[str, int, int]]:
    return [
        (found.code, found.span.line, found.span.column)
        for found in check({"a.yaml": text.encode()})
        if found.severity == "error"
    ]


@pytest.mark.parametrize("odd", ODD_BREAKS)
def test_no_entry_stands_in_what_is_shown_as_a_comment(odd: str) -> None:
    assert _found(f"{SPEC}      # see the guide{odd}      - /**\n") == [("W004", 6, 22)]


@pytest.mark.parametrize("odd", ODD_BREAKS)
@pytest.mark.parametrize("place", ["description: x{}y\n", "{}", "description: 'x{}y'\n", "# {}x\n"])
def test_such_line_breaks_are_refused_everywhere(odd: str, place: str) -> None:
    ((code, line, _),) = _found(SPEC + place.format(odd))
    assert (code, line) == ("W004", 6)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_ends_of_editors_are_taken(end: str) -> None:
    text = f"{SPEC}      # see the guide\n      - ./src/**\n"
    assert _found(text.replace("\n", end)) == []


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("agent: ! x\npermissions: {}\n", 8),
        ("agent: ! 'x'\npermissions: {}\n", 8),
        ("agent: !\npermissions: {}\n", 8),
        ("agents: ! [x]\npermissions: {}\n", 9),
        ("agent: !!str x\npermissions: {}\n", 8),
        ("! agent: x\npermissions: {}\n", 1),
        ("! {agent: x, permissions: {}}\n", 1),
        ("{agent: x,! permissions: {}}\n", 11),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
def test_every_tag_is_refused(
    text: str, column: int, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_LOADER", getattr(yaml, loader))
    assert _found(text) == [("W006", 1, column)]


@pytest.mark.parametrize("text", ["'!x'", "x!", "é! y", "x # ! y", "|\n  ! x", "'\U0001f600' # !"])
def test_an_exclamation_mark_elsewhere_is_no_tag(text: str) -> None:
    assert _found(f"# é\U0001f600\r\nagent: a\ndescription: {text}\npermissions: {{}}\n") == []


@pytest.mark.parametrize("escape", [r"\0", r"\a", r"\e", r"\r", r"\N", r"\x7f", r"\u0085"])
@pytest.mark.parametrize(
    "text",
    [
        'description: "x{}"\npermissions: {{}}\n',
        'permissions: {{data: {{data_classification: ["p{}"]}}}}\n',
        'permissions: {{shell: {{environment_variables: {{set: {{A: "x{}y"}}}}}}}}\n',
        '"permissions{}": {{}}\npermissions: {{}}\n',
    ],
    ids=range(4),
)
def test_no_escape_brings_a_control_character_in(escape: str, text: str) -> None:
    assert "W004" in [code for code, _, _ in _found(text.format(escape))]


@pytest.mark.parametrize("escape", [r"\n", r"\t", r"\u2028", r"\u00e9", r"\\0"])
def test_other_escapes_are_taken(escape: str) -> None:
    assert _found(f'description: "x{escape}y"\npermissions: {{}}\n') == []


@pytest.mark.parametrize("size", ["+5", "+0", "-0", "-5", "+5MB", "'+5'"])
def test_sizes_have_no_sign(size: str) -> None:
    text = f"permissions: {{filesystem: {{metadata: {{max_file_size: {size}}}}}}}\n"
    ((code, line, _),) = _found(text)
    assert (code, line) in {("W100", 1), ("W104", 1)}


@pytest.mark.parametrize("size", ["5", "0", "5MB"])
def test_sizes_without_a_sign_are_taken(size: str) -> None:
    text = f"permissions: {{filesystem: {{metadata: {{max_file_size: {size}}}}}}}\n"
    assert _found(text) == []


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("text", ["null", "~", "Null # nothing", "NULL"])
def test_a_null_that_somebody_wrote_is_a_document_without_a_kind(
    text: str, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_LOADER", getattr(yaml, loader))
    assert _found(f"{text}\n---\n{SPEC}") == [("W010", 1, 1)]
    assert _found(f"{SPEC}---\n{text}\n") == [("W010", 7, 1)]


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("left", ["{}---\n", "---\n---\n{}", "{}---\n# nothing\n---\n", "{}...\n"])
def test_a_separator_that_was_left_over_begins_no_document(
    left: str, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_LOADER", getattr(yaml, loader))
    assert _found(left.format(SPEC)) == []
