"""Proposals from requests: what they add, what they leave out, and what they show."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from wilkc.analyze.learning import Asked, Reason, Refused
from wilkc.compiler import understand
from wilkc.compiler.learning import Proposal, propose
from wilkc.core.contract import Request
from wilkc.core.errors import SpecError, UsageError
from wilkc.language.requests import canonical_request
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Mapping

SPEC = b"""\
agent: a
permissions:
  filesystem:
    read: ['./docs/**']
    metadata:
      blocked_paths: ['./private/**']
"""
WHY = Reason("secret_file", "it is a secret")


def file(path: str, action: str = "read", agent: str = "a") -> Request:
    return Request(agent, action, "file", path)


def command(text: str) -> Request:
    argv = shlex.split(text)
    return canonical_request(Request("a", "execute", "shell", text, {"argv": argv}))


def host(text: str) -> Request:
    return canonical_request(Request("a", "connect", "network", text))


def proposed(
    *requests: Request,
    never: tuple[Request, ...] = (),
    spec: bytes | Mapping[str, bytes] = SPEC,
    least: int | None = None,
    shared: bool = False,
) -> Proposal:
    sources = {"a.yaml": spec} if isinstance(spec, bytes) else spec
    refused = [Refused(Asked(one), WHY) for one in never]
    return propose(sources, [Asked(one) for one in requests], refused, least=least, shared=shared)


def texts(found: Proposal) -> list[str]:
    return [one.entry.text for one in found.listed]


def codes(found: Proposal) -> list[str]:
    return [one.reason.code for one in found.refused]


def allows(found: Proposal, request: Request) -> bool:
    return decide(understand(found.sources).plan, request).allow


def test_each_request_gets_its_literal_entry_and_no_more() -> None:
    asked = (
        file("./a/[x]*.md"), host("https://api.example.com:8443"), command("git status"),
        Request("a", "call", "tool", "mcp__x__y"), file("./out/x", "write"),
    )  # fmt: skip
    found = proposed(*asked)
    assert all(allows(found, one) for one in asked)
    assert found.refused == ()
    assert "'./a/\\[x\\]\\*.md'" in texts(found)
    for other in (
        file("./a/xx.md"), file("./a/[x]*.md", "write"), host("https://api.example.com"),
        host("https://x.api.example.com:8443"), command("git status -s"), command("git log"),
        Request("a", "call", "tool", "mcp__x__z"), file("./out/x.txt", "write"),
    ):  # fmt: skip
        assert not allows(found, other)
    for one in found.listed:
        line = found.sources["a.yaml"].decode().split("\n")[one.line - 1]
        assert one.entry.text in line


def test_a_script_needs_its_interpreter_which_is_shown_as_wider() -> None:
    found = proposed(command("python3 tools/x.py"))
    assert texts(found) == ["'./tools/x.py'", "'python3 tools/x.py'", "'python3'"]
    assert [bool(one.entry.notes) for one in found.listed] == [False, False, True]
    assert allows(found, command("python3 tools/x.py"))
    assert not allows(found, command("python3 tools/y.py"))


def test_what_nothing_answers_leaves_no_entry_behind() -> None:
    line = Request("a", "execute", "shell", "x", {"commands": [["make"], ["sudo"]]})
    directory = Request("a", "execute", "shell", "ls", {"argv": ["ls"]}, {"cwd": "./x//y"})
    found = proposed(line, directory, file("./private/x"), file("./x/../y"), file("./docs/a"))
    assert sorted(codes(found)) == ["blocked", "not_canonical", "not_canonical"]
    assert texts(found) == ["'make'", "'sudo'"]


def test_a_blocked_request_stays_so_whatever_else_is_asked() -> None:
    found = proposed(file("./private/x"), file("./y"))
    assert (texts(found), codes(found)) == (["'./y'"], ["blocked"])
    assert not allows(found, file("./private/x"))


@pytest.mark.parametrize(
    "request_",
    [
        file("./.github/workflows/x.yml", "write"), file("./Makefile", "write"),
        file("./.vscode/tasks.json", "write"), host("http://api.example.com"),
    ],
)  # fmt: skip
def test_what_check_would_warn_of_is_not_proposed(request_: Request) -> None:
    found = proposed(request_, file("./y"))
    assert (texts(found), codes(found)) == (["'./y'"], ["lint"])
    assert not allows(found, request_)


def test_what_is_written_is_not_run() -> None:
    found = proposed(file("./x.py", "write"), command("python3 x.py"))
    assert "lint" in codes(found)
    assert not (allows(found, file("./x.py", "write")) and allows(found, command("python3 x.py")))


def test_what_was_refused_is_not_granted_by_what_was_not() -> None:
    first = Request("a", "store", "data", "x", {"classification": "internal"})
    second = Request("a", "process", "data", "y", {"classification": "internal"})
    assert allows(proposed(first), second)  # a label is granted for every action
    found = proposed(first, file("./y"), never=(second,))
    assert texts(found) == ["'./y'"]
    assert sorted(codes(found)) == ["grants_refused", "secret_file"]


def test_siblings_become_a_pattern_only_when_asked_and_enough() -> None:
    three = tuple(file(f"./src/{name}.ts") for name in "abc")
    assert len(texts(proposed(*three))) == 3
    assert len(texts(proposed(*three, least=4))) == 3
    found = proposed(*three, file("./src/a.md"), file("./lib/a.ts"), least=3)
    assert sorted(texts(found)) == ["'./lib/a.ts'", "'./src/*.ts'", "'./src/a.md'"]
    (pattern,) = [one for one in found.listed if one.beyond]
    assert len(pattern.asked) == 3
    (change,) = pattern.beyond
    assert change.witness is not None
    assert allows(found, change.witness)
    assert change.witness not in three
    assert not allows(found, file("./src/a.js"))
    assert not allows(found, file("./src/b/a.ts"))


@pytest.mark.parametrize(
    ("asked", "never"),
    [
        ([("./x/a.yml", "delete"), ("./x/b.yml", "delete")], []),
        ([("./.github/workflows/a.txt", "write"), ("./x", "read")], []),
        ([("./src/a.ts", "read"), ("./src/b.ts", "read")], [("./src/c.ts", "read")]),
        ([("./a.json", "write"), ("./b.json", "write")], []),
        ([("./a.py", "read"), ("./b.ts", "read")], []),
        ([("./a", "read"), ("./b", "read")], []),
    ],
)  # fmt: skip
def test_no_pattern_for_what_would_be_too_much(
    asked: list[tuple[str, str]], never: list[tuple[str, str]]
) -> None:
    found = proposed(
        *(file(*one) for one in asked), never=tuple(file(*one) for one in never), least=2
    )
    assert not [text for text in texts(found) if "*" in text]
    assert not any(allows(found, file(*one)) for one in never)


def test_a_spec_of_several_agents_is_added_to_only_when_asked() -> None:
    specs = {
        "base.yaml": b"agent: base\npermissions: {}\n",
        "b.yaml": b"agents: [b, c]\nextends: [base]\npermissions: {}\n",
        "d.yaml": b"agent: d\npermissions: {}\n",
    }
    asked = [file("./y", agent=agent) for agent in ("base", "b", "d", "unknown")]
    found = proposed(*asked, spec=specs)
    assert codes(found) == ["shared_spec", "shared_spec", "unknown_agent"]
    assert [one.file for one in found.listed] == ["d.yaml"]
    found = proposed(*asked, spec=specs, shared=True)
    assert codes(found) == ["unknown_agent"]
    assert allows(found, file("./y", agent="c"))


def test_a_category_of_the_defaults_is_left_as_it_is() -> None:
    policy = (
        b"security_policy:\n  version: '1'\n  agent_defaults:\n    permissions:\n"
        b"      filesystem: {read: ['./x']}\n"
    )
    found = proposed(
        file("./y"), host("https://api.example.com"),
        spec={"a.yaml": b"agent: a\npermissions: {}\n", "p.yaml": policy},
    )  # fmt: skip
    assert codes(found) == ["shared_defaults"]
    assert allows(found, file("./x"))
    assert [one.entry.place.path[1] for one in found.listed] == ["network"]


def test_case_is_folded_once() -> None:
    spec = b"agent: a\ncase: insensitive\npermissions: {}\n"
    found = proposed(file("./A"), file("./a"), spec=spec)
    assert len(texts(found)) == 1
    assert found.refused == ()
    assert all(one.entry.notes for one in found.listed)


def test_present_specs_must_be_right_and_writable() -> None:
    with pytest.raises(SpecError):
        proposed(file("./y"), spec=b"agent: a\npermissions: {x: 1}\n")
    spec = b"agent: a\npermissions:\n  filesystem:\n    read:\n      - |-\n        ./x\n"
    with pytest.raises(UsageError, match="line by line"):
        proposed(file("./y"), spec=spec)


def test_characters_beyond_ascii_are_told() -> None:
    found = proposed(file("./\u0430.md"))
    assert [one.entry.notes for one in found.listed] == [
        ("it holds characters beyond ASCII, which may look like others",)
    ]
