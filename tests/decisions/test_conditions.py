"""Conditions on who asks, from where, when and about what: what is not shown never grants."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import check, compile_sources
from wilkc.core.contract import Request
from wilkc.language.when import showing
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

CASES: dict[str, dict[str, Any]] = {
    case["name"]: case
    for case in json.loads(
        (Path(__file__).parents[1] / "conformance" / "condition-cases.json").read_text("utf-8")
    )["cases"]
}
ASKED = Request("a", "read", "file", "./a")


def _spec(permissions: dict[str, Any]) -> dict[str, str]:
    return {"a": json.dumps({"agent": "a", "permissions": permissions})}


def _entry(attribute: str, test: Any) -> dict[str, Any]:
    return {"path": "./a", "when": {attribute: test}}


def _allowing(attribute: str, test: Any) -> dict[str, Any]:
    return {"filesystem": {"read": [_entry(attribute, test)]}}


def _blocking(attribute: str, test: Any) -> dict[str, Any]:
    blocked = {"blocked_paths": [_entry(attribute, test)]}
    return {"filesystem": {"read": ["./**"], "metadata": blocked}}


def _shown(attribute: str, values: list[Any]) -> list[Request]:
    return [showing(ASKED, {attribute: value}) for value in values]


@pytest.mark.parametrize("name", CASES)
def test_an_allow_grants_only_to_what_shows_that_its_test_holds(judged: Judged, name: str) -> None:
    case = CASES[name]
    attribute = case["attribute"]
    compiled = judged.compiled(**_spec(_allowing(attribute, case["test"])))
    held, failing = (_shown(attribute, case[key]) for key in ("holds", "fails"))
    unshown = [ASKED, *_shown(attribute, case["unshown"])]
    assert [one for one in held if not decide(compiled.plan, one).allow] == []
    refused = {decide(compiled.plan, one).detail for one in (*failing, *unshown)}
    assert refused == {"condition_not_met"}
    assert judged.differences(compiled, [*held, *failing, *unshown]) == []


@pytest.mark.parametrize("name", CASES)
def test_a_block_lets_pass_only_what_shows_that_its_test_fails(judged: Judged, name: str) -> None:
    case = CASES[name]
    attribute = case["attribute"]
    compiled = judged.compiled(**_spec(_blocking(attribute, case["test"])))
    held, failing = (_shown(attribute, case[key]) for key in ("holds", "fails"))
    unshown = [ASKED, *_shown(attribute, case["unshown"])]
    # That nothing is there is what presence tests; it is the one test that says so.
    passing, blocked = (
        (failing + unshown, held) if name == "presence" else (failing, held + unshown)
    )
    assert [one for one in passing if not decide(compiled.plan, one).allow] == []
    assert {decide(compiled.plan, one).detail for one in blocked} == {"blocked"}
    assert judged.differences(compiled, [*held, *failing, *unshown]) == []


def test_all_tests_of_a_condition_must_hold(judged: Judged) -> None:
    when = {
        "context.environment": {"not": ["prod"]}, "context.ip": {"cidr": ["10.0.0.0/8"]},
        "resource.size": {"max": "1KB"},
    }  # fmt: skip
    shown = {"context.environment": "dev", "context.ip": "10.1.2.3", "resource.size": 1024}
    other = {"context.environment": "prod", "context.ip": "11.0.0.0", "resource.size": 1025}
    for effect in ("allow", "block"):
        entry = {"path": "./a", "when": when}
        held = {"read": [entry]} if effect == "allow" else {
            "read": ["./**"], "metadata": {"blocked_paths": [entry]},
        }  # fmt: skip
        compiled = judged.compiled(**_spec({"filesystem": held}))
        asked = [showing(ASKED, shown)]
        asked += [showing(ASKED, {**shown, name: other[name]}) for name in shown]
        asked += [showing(ASKED, {k: v for k, v in shown.items() if k != name}) for name in shown]
        # One that fails lets a block pass, whatever else is missing.
        asked += [showing(ASKED, {name: other[name]}) for name in shown]
        granted = [decide(compiled.plan, one).allow for one in asked]
        wanted = (
            [True] + [False] * 9
            if effect == "allow"
            else [False, *[True] * 3, *[False] * 3, *[True] * 3]
        )
        assert granted == wanted, effect
        assert judged.differences(compiled, asked) == []


ROLES = {
    "spec.yaml": json.dumps({"agent": "spec", "permissions": {"filesystem": {
        "read": [{"path": "./a", "when": {"subject.roles": ["release"]}},
                 {"path": "./b", "when": {"subject.roles": {"not": ["release"]}}},
                 {"path": "./c", "when": {"subject.id": ["both", "spec"]}},
                 "./d", "./e"],
        "metadata": {"blocked_paths": [
            {"path": "./d", "when": {"subject.roles": ["guest"]}},
            {"path": "./e", "when": {"subject.id": {"not": ["both"]}}}]},
    }}}).encode(),
    "roles.yaml": b"bindings: {roles: {release: [], guest: []}}\n",
    "fleet.jsonl": b'{"agent": "releaser", "spec": "spec", "roles": ["release"]}\n'
                   b'{"agent": "guest", "spec": "spec", "roles": ["guest"]}\n'
                   b'{"agent": "both", "spec": "spec", "roles": ["guest", "release"]}\n',
}  # fmt: skip
GRANTED = {
    # Without a role nothing is shown: an allow does not grant, and a block blocks.
    "spec": {"./c"}, "releaser": {"./a", "./d"}, "guest": {"./b"}, "both": {"./a", "./c", "./e"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"), [([1], [True]), ([0], [False]), ({"not": [1]}, {"not": [True]})]
)
def test_a_number_and_a_truth_value_are_two_conditions(
    judged: Judged, one: Any, other: Any
) -> None:
    """Python takes 1 and `True` for equal; the type that a test declares tells them apart."""
    for first, second in ((one, other), (other, one)):
        read = [
            {"path": "./i", "when": {"context.flag": first}},
            {"path": "./b", "when": {"context.flag": second}},
        ]
        compiled = judged.compiled(**_spec({"filesystem": {"read": read}}))
        asked = [
            showing(replace(ASKED, id=path), {"context.flag": value})
            for path in ("./i", "./b")
            for value in (0, 1, 2, True, False)
        ]
        whole = "./i" if first is one else "./b"
        for request in asked:
            value = request.context["flag"]
            said = isinstance(value, int) and not isinstance(value, bool)
            wanted = one if said else other
            inner = wanted["not"] if isinstance(wanted, dict) else wanted
            holds = (value in inner) != isinstance(wanted, dict)
            mine = (request.id == whole) == said
            assert decide(compiled.plan, request).allow is (mine and holds), request
        assert judged.differences(compiled, asked) == []


def test_roles_are_those_that_bindings_give(judged: Judged) -> None:
    compiled = compile_sources(ROLES, read_library())
    claims: list[dict[str, Any]] = [{}, {"roles": ["release"]}, {"roles": ["guest"], "id": "both"}]
    asked = [
        Request(agent, "read", "file", f"./{name}", subject=claim)
        for agent in (*GRANTED, "nobody")
        for name in "abcde"
        for claim in claims
    ]
    granted: dict[str, set[str]] = {}
    for one in asked:
        if decide(compiled.plan, one).allow:
            granted.setdefault(one.agent, set()).add(one.id)
    assert granted == GRANTED
    assert judged.differences(compiled, asked) == []


def test_a_role_that_nobody_defines_is_refused() -> None:
    sources = {**ROLES, "roles.yaml": b"bindings: {roles: {release: []}}\n", "fleet.jsonl":
               b'{"agent": "releaser", "spec": "spec", "roles": ["release"]}\n'}  # fmt: skip
    found = [one for one in check(sources) if one.severity == "error"]
    assert [(one.code, one.span.file) for one in found] == [("W147", "spec.yaml")]
    assert "`guest`" in found[0].message


def test_further_names_and_scripts_are_judged_under_the_same_conditions(judged: Judged) -> None:
    when = {"resource.size": {"max": 10}, "subject.properties.team": ["red"]}
    compiled = judged.compiled(**_spec({
        "filesystem": {
            "read": ["./**"],
            "execute": [{"path": "./s.py", "when": when}],
            "metadata": {"blocked_paths": [{"path": "./secret", "when": when}]},
        },
        "shell": {"allowed_commands": ["python3 *"], "allowed_interpreters": ["python3"]},
    }))  # fmt: skip
    linked = Request("a", "read", "file", "./b", {"aliases": ["./secret"]})
    script = Request("a", "execute", "shell", "", {"argv": ["python3", "s.py"]})
    shown = {"resource.size": 10, "subject.properties.team": "red"}
    beyond = {**shown, "resource.size": 11}
    asked = [showing(one, held) for one in (linked, script) for held in (shown, beyond, {})]
    granted = [decide(compiled.plan, one).allow for one in asked]
    assert granted == [False, True, False, True, False, False]
    assert judged.differences(compiled, asked) == []


WRONG = """\
permissions:
  filesystem:
    read:
      - {path: ./a, when: {subject.role: [release]}}
      - {path: ./b, when: {context.time: {between: ['09:00', '17:00'], tz: Europe/Belin}}}
      - {path: ./c, when: {context.time: {between: ['09:00', '17:00'], tz: Local}}}
      - {path: ./d, when: {context.time: {between: ['09:00', '09:00'], tz: UTC}}}
      - {path: ./e, when: {context.time: {between: ['9:00', '17:00'], tz: UTC}}}
      - {path: ./f, when: {context.time: {between: ['09:00', '17:00']}}}
      - {path: ./g, when: {context.time: {tz: UTC, days: [mon]}}}
      - {path: ./h, when: {context.time: {between: ['09:00', '17:00'], tz: UTC, days: [day]}}}
      - {path: ./i, when: {context.ip: {cidr: [example.com]}}}
      - {path: ./j, when: {context.ip: {cidr: ['10.0.0.1/8']}}}
      - {path: ./k, when: {context.ip: {cidr: []}}}
      - {path: ./l, when: {context.a: []}}
      - {path: ./m, when: {context.a: {not: []}}}
      - {path: ./n, when: {context.a: {not: [true, false]}}}
      - {path: ./o, when: {context.a: [a, 1]}}
      - {path: ./p, when: {context.a: {min: 2, max: 1}}}
      - {path: ./q, when: {context.a: {min: -1}}}
      - {path: ./r, when: {context.a: {present: false}}}
      - {path: ./s, when: {resource.host: [a]}}
      - {path: ./t, when: {context.a: b}}
      - {path: ./u, when: {context.a.b: [c]}}
      - {path: ./v, when: {subject.roles: {min: 1}}}
      - {path: ./w, when: {subject.id: {present: true}}}
      - {path: ./y, when: {context.time: {max: '1970-01-01T00:00:00Z'}}}
      - path: ./x
        when: {context.time: {min: '2026-11-28T00:00:00Z', max: '2026-11-30T08:00:00Z',
                              between: ['09:00', '17:00'], tz: Europe/Berlin, days: [mon-fri]}}
"""
CODES = [
    "W113", "W116", "W116", "W115", "W114", "W102", "W102", "W103", "W073", "W073", "W115", "W115",
    "W115", "W115", "W101", "W115", "W104", "W115", "W113", "W101", "W113", "W113", "W113", "W115",
    "W115",
]  # fmt: skip


def test_every_wrong_test_is_refused_where_it_stands() -> None:
    found = check({"a.yaml": WRONG.encode()})
    codes: dict[int, set[str]] = {}
    for one in found:
        codes.setdefault(one.span.line, set()).add(one.code)
        assert one.help
    lines = [4 + place if place < 24 else 29 for place in range(len(CODES))]
    for line, code in zip(lines, CODES, strict=True):
        assert code in codes.pop(line, set()), line
    assert codes == {}


def test_a_window_that_meets_its_bounds_is_accepted() -> None:
    text = WRONG.splitlines()[:3] + WRONG.splitlines()[-3:]
    made = "\n".join(text).replace("T08:00:00Z'", "T08:00:01Z'")
    assert check({"a.yaml": made.encode()}) == ()


def test_a_test_has_few_values() -> None:
    for many in (
        list(map(str, range(257))),
        {"cidr": [f"10.0.{n // 256}.{n % 256}" for n in range(257)]},
    ):
        found = check(
            {"a.yaml": json.dumps({"permissions": _allowing("context.a", many)}).encode()}
        )
        assert [one.code for one in found if one.severity == "error"] == ["W104"]
    fewer = list(map(str, range(256)))
    assert (
        check({"a.yaml": json.dumps({"permissions": _allowing("context.a", fewer)}).encode()}) == ()
    )


def test_conditions_in_too_many_ways_are_refused() -> None:
    def spec(attributes: int) -> dict[str, bytes]:
        entries = [_entry(f"context.a{place}", ["x"]) for place in range(attributes)]
        document = {"permissions": {"filesystem": {"read": entries}}}
        return {"a.yaml": json.dumps(document).encode()}

    assert [one.code for one in check(spec(8))] == []
    assert [one.code for one in check(spec(9))] == ["W152"]
