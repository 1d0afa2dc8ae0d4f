"""The answers a reader of the seeds' example expects, each naming its YAML line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import Compiled, compile_sources
from wilkc.language.requests import canonical_request, parse_short
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"
# resource, action, allowed, line of the deciding entry (0: none), list where none matched
ANSWERS = [
    ("file:./src/a.ts", "read", True, 5, ""),
    ("file:.env", "read", False, 17, ""),
    ("file:./src/.git/config", "read", False, 18, ""),
    ("file:./reports/x.md", "write", True, 9, ""),
    ("file:./reports/x.exe", "write", False, 15, ""),
    ("file:./scripts/build.sh", "execute", True, 12, ""),
    ("file:./src/a.ts", "delete", False, 0, "filesystem.delete"),
    ("network:https://api.github.com", "connect", True, 25, ""),
    ("network:https://github.com", "connect", False, 0, "network.allowed_hosts"),
    ("network:http://api.openai.com", "connect", False, 0, "network.allowed_hosts"),
    ("network:https://localhost", "connect", False, 29, ""),
    ("shell:git status", "execute", True, 36, ""),
    ("shell:git status; rm -rf /", "execute", False, 41, ""),
    ("shell:sudo git status", "execute", False, 42, ""),
    ("llm:gpt-4", "request", True, 51, ""),
    ("llm:x-uncensored", "request", False, 52, ""),
    ("llm:gpt-5", "request", False, 0, "llm.allowed_models"),
]


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    sources = {path.name: path.read_bytes() for path in sorted(EXAMPLES.glob("*.yaml"))}
    return compile_sources(sources, read_library())


@pytest.mark.parametrize(("resource", "action", "allowed", "line", "place"), ANSWERS)
def test_answer(
    compiled: Compiled, resource: str, action: str, allowed: bool, line: int, place: str
) -> None:
    request = canonical_request(parse_short("reviewer", resource, action))
    decision = decide(compiled.plan, request)
    assert decision.allow is allowed
    if line:
        assert decision.rule is not None
        assert (decision.rule.file, decision.rule.line) == ("reviewer.yaml", line)
    else:
        assert decision.rule is None
        assert f"`{place}`" in decision.message


def test_opa_gives_the_same_answers(judged: Judged, compiled: Compiled) -> None:
    requests = [
        canonical_request(parse_short("reviewer", resource, action))
        for resource, action, *_ in ANSWERS
    ]
    assert judged.differences(compiled, requests) == []
    answers = judged.ask(compiled, requests)
    assert [answer["decision"] for answer in answers] == [row[2] for row in ANSWERS]
