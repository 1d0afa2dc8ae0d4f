"""Calls of tools: names, signatures and arguments, by the reference evaluator and by OPA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import Compiled, check, compile_sources
from wilkc.core.contract import Request
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Mapping

SPEC = b"""\
permissions:
  tools:
    allowed: ['mcp__fs__*', search]
    blocked: ['*delete*']
    signed: [release-key]
    arguments:
      'mcp__fs__*':
        required: [path]
        additionalProperties: false
        properties: {path: {type: string, x-glob: 'src/*'}, lines: {type: integer, maximum: 99}}
      Mcp__fs__write:
        properties: {lines: {maximum: 9}}
"""
GOOD = {"path": "src/a", "lines": 5}
CASES: list[tuple[str, Mapping[str, Any], str]] = [
    ("mcp__fs__read", {"arguments": GOOD}, "allowed"),
    ("mcp__fs__read", {"arguments": {"path": "src/a"}}, "allowed"),
    ("mcp__fs__read", {"arguments": {"path": "etc/a"}}, "arguments_not_allowed"),
    ("mcp__fs__read", {"arguments": {"path": 1}}, "arguments_not_allowed"),
    ("mcp__fs__read", {"arguments": {"path": "src/a", "mode": 1}}, "arguments_not_allowed"),
    ("mcp__fs__read", {"arguments": {"path": "src/a", "lines": 100}}, "arguments_not_allowed"),
    ("mcp__fs__read", {}, "arguments_not_allowed"),
    ("mcp__fs__write", {"arguments": {"path": "src/a", "lines": 9}}, "allowed"),
    ("mcp__fs__write", {"arguments": {"path": "src/a", "lines": 10}}, "arguments_not_allowed"),
    ("mcp__fs__WRITE", {"arguments": {"path": "src/a", "lines": 9}}, "allowed"),
    ("mcp__fs__WRITE", {"arguments": {"path": "src/a", "lines": 10}}, "arguments_not_allowed"),
    ("mcp__fs__WRITE", {"arguments": {"path": "SRC/a"}}, "arguments_not_allowed"),
    ("search", {}, "allowed"),
    ("search", {"arguments": {"anything": [1, {"x": None}]}}, "allowed"),
    ("search", {"signed_by": "other-key"}, "signature_required"),
    ("search", {"signed_by": None}, "signer_not_text"),
    ("search", {"arguments": []}, "arguments_not_object"),
    ("search", {"arguments": None}, "arguments_not_object"),
    ("mcp__fs__DELETE", {"arguments": GOOD}, "blocked"),
    ("other", {}, "no_rule_matches"),
]


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_sources({"a.yaml": SPEC}, read_library())


def _request(tool: str, properties: Mapping[str, Any], action: str = "call") -> Request:
    return Request("a", action, "tool", tool, {"signed_by": "release-key", **properties})


@pytest.mark.parametrize(("tool", "properties", "detail"), CASES, ids=range(len(CASES)))
def test_calls(compiled: Compiled, tool: str, properties: Mapping[str, Any], detail: str) -> None:
    answer = decide(compiled.plan, _request(tool, properties))
    assert (answer.detail, answer.allow) == (detail, detail == "allowed")


def test_refused_arguments_name_the_schema(compiled: Compiled) -> None:
    answer = decide(compiled.plan, _request("mcp__fs__write", {"arguments": {"path": "x"}}))
    assert answer.rule is not None
    assert (answer.rule.text, answer.rule.line) == ("mcp__fs__*", 8)


def test_without_signed_no_signature_is_needed() -> None:
    plan = compile_sources(
        {"a.yaml": b"permissions: {tools: {allowed: [x]}}\n"}, read_library()
    ).plan
    assert decide(plan, Request("a", "call", "tool", "x")).allow


def test_opa_answers_alike(judged: Any, compiled: Compiled) -> None:
    requests = [_request(tool, properties) for tool, properties, _ in CASES]
    requests.append(_request("search", {}, "read"))
    requests.append(Request("a", "call", "tool", "search"))
    hostile = [{"path\0": "src/a"}, {"path": "src/a", "\1": 1}, {"path": "src/a", "lines": 2**53},
        {"path": "src/a", "lines": 5.0}, {"path": "src/a", "lines": 5.5},
        {"path": "src/a", "lines": True}, {"path": "src/\n"}, {"path": ["src/a"]}]  # fmt: skip
    requests += [_request("mcp__fs__read", {"arguments": one}) for one in hostile]
    assert judged.differences(compiled, requests) == []


def test_a_schema_outside_the_subset_is_found_where_it_stands() -> None:
    text = b"permissions:\n  tools:\n    arguments:\n      t: {pattern: x}\n"
    (found,) = check({"a.yaml": text})
    assert (found.code, found.span.line, found.span.column) == ("W111", 4, 10)


@pytest.mark.parametrize(
    ("key", "accepted"),
    [
        ("release-key", True),
        ("example.org/plugins+e8d70bde+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", True),
        ("example.org/plugins", False),
        ("example.org/plugins+e8d70bde", False),
        ("a b+e8d70bde+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", False),
        ("x+E8D70BDE+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", False),
        ("x+e8d70bde+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4=", False),
    ],
)
def test_a_key_is_a_name_or_a_public_key(key: str, accepted: object) -> None:
    text = f"agent: a\npermissions: {{tools: {{allowed: [x], signed: ['{key}']}}}}\n"
    found = check({"a.yaml": text.encode()})
    assert (not any(one.code == "W105" for one in found)) is accepted
