"""Guardrail texts: what they name, what is refused, and where."""

from __future__ import annotations

import pytest

from wilkc.compiler import check
from wilkc.core.errors import PatternError
from wilkc.language.atoms import BLOCK
from wilkc.language.guardrails import parse_granted, parse_guardrail
from wilkc.language.paths import parse_path_rule


def test_the_pattern_stands_in_block_position() -> None:
    found = parse_guardrail("file:.ssh read")
    assert (found.type, found.action) == ("file", "read")
    assert found.patterns == parse_path_rule(".ssh", BLOCK)


@pytest.mark.parametrize(
    "text",
    [
        "shell:rm -rf * execute", "network:*.corp.example connect", "llm:*-preview request",
        "data:secret export", "system:LD_* env.write", "tool:mcp__* call", "agent:* share",
        "file:a b write",
    ],
)  # fmt: skip
def test_every_type_has_guardrails(text: str) -> None:
    assert parse_guardrail(text).patterns


def test_connections_may_be_called_requests() -> None:
    assert parse_guardrail("network:a.example request") == parse_guardrail(
        "network:a.example connect"
    )
    assert parse_granted("network:a.example request").action == "connect"
    with pytest.raises(PatternError):
        parse_guardrail("file:./a request")


@pytest.mark.parametrize(
    ("text", "code", "start", "end"),
    [
        ("**/.ssh/** read", "W112", 0, 15),
        ("file:a", "W112", 0, 6),
        ("file: read", "W112", 0, 10),
        ("files:a read", "W112", 0, 5),
        ("file:a reed", "W112", 7, 11),
        ("shell:ls read", "W112", 9, 13),
        ("file:a/../b read", "W038", 7, 9),
        ("shell:ls $x execute", "W051", 6, 11),
    ],
)
def test_refusals_say_where(text: str, code: str, start: int, end: int) -> None:
    with pytest.raises(PatternError) as caught:
        parse_guardrail(text)
    assert (caught.value.code, caught.value.start, caught.value.end) == (code, start, end)


def test_guardrails_are_proved_when_policies_are_checked() -> None:
    text = b"security_policy:\n  guardrails: {never: ['file:.ssh read'], within: base}\n"
    spec = b"agent: base\npermissions: {}\n"
    assert check({"p.yaml": text, "s.yaml": spec}) == ()
    assert [one.code for one in check({"p.yaml": text})] == ["W141"]
    granted = spec.replace(b"{}", b"{filesystem: {read: ['./*']}}")
    (found,) = check({"p.yaml": text, "s.yaml": granted})
    assert (found.code, found.severity, found.span.line) == ("W151", "error", 2)
    assert "`base` may do `file:./.ssh read`" in found.message
    assert found.label == "`./*` at s.yaml:2:35 grants it"
