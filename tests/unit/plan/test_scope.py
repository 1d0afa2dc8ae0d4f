"""The core/runtime model bounds what specs may grant."""

from __future__ import annotations

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import check, compile_sources

MODEL = """\
core:
  network: {level: Critical, scope: [SCOPE_N], validation: Explicit allow-list, default: Deny-all}
  fileSystem: {level: Critical, scope: [SCOPE_F], validation: Path-based, default: No access}
  env: {level: Sensitive, scope: [read], validation: Variable-specific, default: Deny-all}
runtime:
  execution: {level: High, scope: [SCOPE_E], validation: VALIDATION, default: Sandbox-only}
  resources: {level: Standard, scope: [memory], validation: Quota-based, default: Deny-all}
"""


def _codes(spec: str, *, network: str = "", files: str = "", execution: str = "",
           validation: str = "Quota-based") -> list[tuple[str, int]]:  # fmt: skip
    model = MODEL.replace("SCOPE_N", network).replace("SCOPE_F", files)
    model = model.replace("SCOPE_E", execution).replace("VALIDATION", validation)
    found = check({"model.yaml": model.encode(), "spec.yaml": spec.encode()})
    return [(one.code, one.span.line) for one in found]


@pytest.mark.parametrize(
    ("spec", "scope"),
    [
        ("permissions: {network: {allowed_hosts: [a.example]}}", {"network": "api"}),
        ("permissions: {network: {allowed_hosts: [a.example]}}", {"network": "external"}),
        ("permissions: {llm: {allowed_models: [x]}}", {"network": "llm"}),
        ("permissions: {filesystem: {read: [./a]}}", {"files": "read"}),
        ("permissions: {filesystem: {delete: [./a]}}", {"files": "delete"}),
        ("permissions: {shell: {allowed_commands: [ls]}}", {"execution": "functions"}),
        ("permissions: {tools: {allowed: [x]}}", {"execution": "tools"}),
        ("permissions: {tools: {allowed: [x]}}", {"execution": "plugins"}),
    ],
    ids=range(8),
)
def test_a_kind_must_be_in_scope(spec: str, scope: dict[str, str]) -> None:
    assert _codes(spec, **scope) == []
    assert _codes(spec) == [("W149", 1)]


def test_kinds_of_other_lists_do_not_help() -> None:
    assert _codes("permissions: {filesystem: {write: [./a]}}", files="read") == [("W149", 1)]
    assert _codes("permissions: {llm: {allowed_models: [x]}}", network="api") == [("W149", 1)]
    assert _codes("permissions: {system: {env: {read: [A]}}}") == []
    assert _codes("permissions: {system: {env: {write: [A]}}}") == [("W149", 1)]


def test_lists_that_grant_nothing_need_no_scope() -> None:
    assert _codes("permissions: {filesystem: {write: []}, shell: {blocked_commands: [ls]}}") == []


def test_signature_based_execution_demands_signed_tools() -> None:
    signed = "permissions: {tools: {allowed: [x], signed: [key]}}"
    unsigned = "permissions: {tools: {allowed: [x]}}"
    for spec, wanted in ((signed, []), (unsigned, [("W150", 1)])):
        assert _codes(spec, execution="tools", validation="Signature-based") == wanted
    assert _codes("permissions: {tools: {}}", validation="Signature-based") == []


def test_an_inherited_list_is_told_once() -> None:
    spec = "agent: a\npermissions: {filesystem: {read: [./a]}}\n---\nagent: b\nextends: [a]\n"
    assert _codes(spec + "permissions: {}\n") == [("W149", 2)]


def test_an_unknown_kind_is_refused() -> None:
    (found,) = _codes("permissions: {}", files="reed")
    assert found[0] == "W103"


def test_levels_are_handed_on_by_resource_type() -> None:
    model = MODEL.replace("VALIDATION", "Quota-based")
    for name in ("N", "F", "E"):
        model = model.replace(f"SCOPE_{name}", "")
    plan = compile_sources({"m.yaml": model.encode()}, read_library()).plan
    assert plan.levels == {
        "network": "Critical",
        "llm": "Critical",
        "file": "Critical",
        "system": "Sensitive",
        "shell": "High",
        "tool": "High",
    }
