"""Command lines and argument lists under small policies, by the reference and by OPA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.requests import canonical_request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged
    from wilkc.compiler import Compiled

HERE = Path(__file__).parent
CASES = json.loads((HERE / "command-cases.json").read_text(encoding="utf-8"))["cases"]
ATTACKS = json.loads((HERE / "command-attack-cases.json").read_text(encoding="utf-8"))
SIBLINGS = json.loads((HERE / "command-sibling-cases.json").read_text(encoding="utf-8"))
DECIDED = [case for case in ATTACKS if case["expect"] in {"allow", "deny", "deny-parse"}]
ATTACKED = """
agent: attacked
permissions:
  filesystem:
    read: ['./**']
    write: ['./out/**']
    execute: ['./scripts/**']
    metadata: {blocked_paths: ['.env*', '**/blocked/**', '~/.ssh/**', '~/.aws/**']}
  shell:
    allowed_interpreters: ['python3']
    allowed_commands: ['git status *', 'git log *', 'git diff *', 'git add *', 'git commit *',
      'git gc *', 'git grep *', 'git clone *', 'git fetch *', 'git branch --list *', 'ls *',
      'cat *', 'find *', 'sed *', 'rg *', 'sort *', 'echo *', 'base64 *', 'file *', 'man *',
      'docker ps *', 'python3 *', 'env *', 'timeout *', 'npm test']
"""


def _spec(policy: dict[str, list[str]]) -> str:
    shell = {"allowed_commands": policy["allow"], "blocked_commands": policy["block"]}
    return json.dumps({"agent": "asked", "permissions": {"shell": shell}})


def _request(agent: str, command: str | list[str]) -> Request | None:
    """The request as the enforcement point sends it, or None where it refuses to."""
    text = command if isinstance(command, str) else " ".join(command)
    properties = {} if isinstance(command, str) else {"argv": command}
    try:
        return canonical_request(Request(agent, "execute", "shell", text, properties))
    except RequestError:
        return None


def _line(case: dict[str, Any]) -> str | list[str]:
    request = case["request"]
    if request["kind"] == "argv":
        return list(request["argv"])
    parts = request.get("line_parts") or [[request["line"], 1]]
    return "".join(text * times for text, times in parts)


def test_every_case_in_the_reference_and_in_opa(judged: Judged) -> None:
    wrong = []
    for policy in {json.dumps(case["policy"]) for case in CASES}:
        compiled = judged.compiled(asked=_spec(json.loads(policy)))
        cases = [case for case in CASES if json.dumps(case["policy"]) == policy]
        sent = [(case, _request("asked", case["command"])) for case in cases]
        for case, request in sent:
            allowed = request is not None and decide(compiled.plan, request).allow
            if allowed != (case["expected"] == "allow"):
                wrong.append(f"{case['command']}: {case['why']}")
        wrong += judged.differences(compiled, [one for _, one in sent if one is not None])
    assert wrong == []


def test_every_attack_is_judged_as_expected_in_the_reference_and_in_opa(judged: Judged) -> None:
    compiled = judged.compiled(attacked=ATTACKED)
    sent = [(case, _request("attacked", _line(case))) for case in DECIDED]
    wrong = [
        f"{case['id']}: {case['attack']}"
        for case, request in sent
        if (request is not None and decide(compiled.plan, request).allow)
        != (case["expect"] == "allow")
    ]
    assert wrong == []
    assert judged.differences(compiled, [one for _, one in sent if one is not None]) == []


@pytest.mark.parametrize("policy", ["attacked", *SIBLINGS["policies"]])
def test_what_stands_beside_an_attack_is_told_from_it(judged: Judged, policy: str) -> None:
    agent = "attacked" if policy == "attacked" else "asked"
    spec = ATTACKED if policy == "attacked" else _spec(SIBLINGS["policies"][policy])
    compiled = judged.compiled(**{agent: spec})
    cases = [case for case in SIBLINGS["cases"] if case["policy"] == policy]
    sent = [(case, _request(agent, case["command"])) for case in cases]
    wanted = {json.dumps(case["command"]): case["expected"] for case in cases}
    found = {
        json.dumps(case["command"]): _answer(compiled, request, case["expected"])
        for case, request in sent
    }
    assert found == wanted
    assert judged.differences(compiled, [one for _, one in sent if one is not None]) == []


def _answer(compiled: Compiled, request: Request | None, expected: str) -> str:
    """The answer in the words of a case; a line that is not understood is denied as well."""
    if request is None:
        return expected if expected == "deny" else "deny-parse"
    return "allow" if decide(compiled.plan, request).allow else "deny"


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("git status && " * 49 + "git status", True),
        ("git status && " * 49 + "curl https://evil.example.net", False),
        ("git status && " * 50 + "git status", False),
        ("echo " + "a" * 9_995, True),
        ("echo " + "a" * 9_996, False),
    ],
)
def test_a_line_is_judged_up_to_its_limits(judged: Judged, line: str, *, allowed: bool) -> None:
    compiled = judged.compiled(attacked=ATTACKED)
    request = _request("attacked", line)
    assert (request is not None and decide(compiled.plan, request).allow) == allowed
    assert judged.differences(compiled, [one for one in [request] if one is not None]) == []


def test_every_attack_of_the_siblings_has_a_source() -> None:
    assert {case["family"] for case in SIBLINGS["cases"]} == set(SIBLINGS["sources"])


@pytest.mark.parametrize("case", [c for c in DECIDED if c["expect"] == "deny-parse"])
def test_what_is_not_understood_is_refused_before_it_is_asked(case: dict[str, Any]) -> None:
    assert _request("attacked", _line(case)) is None
