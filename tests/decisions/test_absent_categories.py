"""A category, or an action of one, that a spec does not mention: nothing in it is granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.core.contract import Request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

WEB = {"host": "a.b", "port": 443, "protocol": "https"}
ASKED = [
    *(Request("a", action, "file", "./x") for action in ("read", "write", "execute", "delete")),
    Request("a", "watch", "file", "/x"),
    Request("a", "execute", "shell", "", {"argv": ["ls"]}),
    Request("a", "connect", "network", "a.b", WEB),
    Request("a", "request", "llm", "gpt-4"),
    Request("a", "process", "data", "x", {"classification": "public"}),
    Request("a", "info", "system", "os"),
    Request("a", "call", "tool", "search"),
    Request("a", "use", "agent", "b"),
]
REFUSALS = {"no_rule_matches", "unlabelled_data"}
NONE = "permissions: {}\n"
EMPTY = """\
permissions: {filesystem: {}, network: {}, shell: {}, llm: {}, data: {}, system: {}, tools: {},
  agents: {}}
"""
ALL = """\
permissions:
  filesystem: {read: ['**'], write: ['**'], execute: ['**'], delete: ['**'], watch: ['/**']}
  network: {allowed_hosts: ['a.b']}
  shell: {allowed_commands: [ls]}
  llm: {allowed_models: ['*']}
  data: {data_classification: [public]}
  system: {info: ['*']}
  tools: {allowed: ['*']}
  agents: {use: ['*']}
"""


@pytest.mark.parametrize("spec", [NONE, EMPTY], ids=["absent", "empty"])
def test_what_is_not_mentioned_is_not_granted(judged: Judged, spec: str) -> None:
    compiled = judged.compiled(a=spec)
    answers = [decide(compiled.plan, request) for request in ASKED]
    assert not any(answer.allow for answer in answers)
    assert {answer.reason for answer in answers} == {"PERMISSION_DENIED"}
    assert {answer.detail for answer in answers} <= REFUSALS
    assert judged.differences(compiled, ASKED) == []


def test_what_is_mentioned_is_granted(judged: Judged) -> None:
    compiled = judged.compiled(a=ALL)
    assert all(decide(compiled.plan, request).allow for request in ASKED)
    assert judged.differences(compiled, ASKED) == []
