"""The generators of boundary requests: what they reach, their bounds, and that they repeat."""

from __future__ import annotations

import pytest

from wilkc.analyze.boundary import BOUNDS, MAX_PER_SPEC, Level, boundary_requests
from wilkc.analyze.boundary.commands import around_command
from wilkc.analyze.boundary.globs import edits, glob_texts
from wilkc.analyze.boundary.hosts import around_host
from wilkc.analyze.boundary.meeting import meeting_path, meeting_text
from wilkc.analyze.boundary.names import around_name
from wilkc.analyze.boundary.paths import around_path
from wilkc.compiler import compile_sources
from wilkc.language.commands import command_matches, parse_command_rule
from wilkc.language.hosts import matches_name, parse_host_rule
from wilkc.language.names import name_matches, parse_name_rule
from wilkc.language.paths import parse_path, parse_path_rule, path_matches
from wilkc.plan import Plan, decide

SPEC = """
agent: a
permissions:
  filesystem:
    read: ['./src/**', './docs/*.md']
    execute: ['./x.py']
    write: ['./out/[a-c]?.txt']
    metadata:
      blocked_paths: ['**/.git/**', './src/secret*']
      max_file_size: 1000
      allowed_extensions: ['.txt']
  shell:
    allowed_commands: ['git log *', 'cat ./src/**', 'python3 ./x.py']
    blocked_commands: ['rm -rf *', 'git push --force']
    allowed_interpreters: [python3]
  network:
    allowed_hosts: ['api.example.com', '*.example.org', '8.8.0.0/16']
    blocked_hosts: ['private', 'bad.example.org']
    max_requests_per_minute: 5
  llm:
    allowed_models: ['gpt-4*']
    blocked_models: ['*-preview']
    max_tokens_per_request: 100
    max_requests_per_hour: 5
  tools: {allowed: ['web_*'], blocked: ['*_secret']}
  data: {data_classification: [public], encryption_required: true, pii_detection: true}
"""
LEVELS: tuple[Level, ...] = ("sample", "full")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_sources({"a.yaml": SPEC.encode()}, {}).plan


@pytest.mark.parametrize(
    "text",
    [
        "./a/b",
        "./src/**",
        "./*.md",
        "**/.git/**",
        "~/x?",
        "/etc/[a-c]x",
        "./[!a]b",
        "./{a,b}/*",
        "/**",
    ],
)
def test_a_path_pattern_takes_its_first_member_and_not_every_neighbour(text: str) -> None:
    for pattern in parse_path_rule(text, "allow"):
        around = around_path(pattern)
        assert path_matches(pattern, parse_path(around.members[0]))
        assert not set(around.neighbours) <= set(around.members)


def test_an_exact_path_has_no_neighbour_that_it_takes() -> None:
    (pattern,) = parse_path_rule("./a/b", "allow")
    canonical = [text for text in around_path(pattern).neighbours if text in {"./a", "./a/ba"}]
    assert canonical
    assert not any(path_matches(pattern, parse_path(text)) for text in canonical)


@pytest.mark.parametrize("text", ["gpt-4*", "?x", "[a-c]", "[!a-c]", "{a,b}c", "*a*"])
def test_a_name_pattern_takes_members_and_refuses_neighbours(text: str) -> None:
    for pattern in parse_name_rule(text):
        around = around_name(pattern)
        assert name_matches(pattern, around.members[0])
        every = (*around.members, *around.neighbours)
        assert not all(name_matches(pattern, name) for name in every)


@pytest.mark.parametrize("effect", ["allow", "block"])
@pytest.mark.parametrize(
    "text", ["git log *", "rm -rf *", "cat ./src/**", "ls * x", "cp --force a"]
)
def test_a_command_pattern_takes_its_first_member(text: str, effect: str) -> None:
    for pattern in parse_command_rule(text, effect):
        around = around_command(pattern)
        assert command_matches(pattern, around.members[0])
        assert not all(command_matches(pattern, argv) for argv in around.neighbours)


@pytest.mark.parametrize("text", ["a.example", "*.example.org"])
def test_a_host_pattern_takes_its_first_member(text: str) -> None:
    (pattern,) = parse_host_rule(text)
    around = around_host(pattern)
    assert matches_name(pattern, around.members[0], "allow")
    assert not all(matches_name(pattern, name, "allow") for name in around.neighbours)


def test_the_edges_of_a_block_of_addresses_are_asked() -> None:
    (pattern,) = parse_host_rule("10.1.0.0/16")
    around = around_host(pattern)
    assert {"10.1.0.0", "10.1.255.255"} <= set(around.members)
    assert {"10.0.255.255", "10.2.0.0"} <= set(around.neighbours)


def test_class_edges_and_what_lies_beyond() -> None:
    (pattern,) = parse_name_rule("[b-d]")
    assert set(glob_texts(pattern.glob)) == {"b", "d", "a", "e", ""}


def test_edits_differ_from_their_text() -> None:
    assert "abc" not in edits("abc")
    assert {"ab", "bc", "ABC", ".abc", "abca"} <= set(edits("abc"))


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [("./src/**", "**/.git/**", True), ("./src/*.ts", "./src/a*", True), ("./a/*", "./b/*", False)],
)
def test_two_path_patterns_meet_in_a_path_that_both_take(
    one: str, other: str, *, meet: bool
) -> None:
    (first,) = parse_path_rule(one, "allow")
    (second,) = (p for p in parse_path_rule(other, "block")[:1])
    segments = meeting_path(first, second)
    assert (segments is not None) == meet
    if segments is not None:
        path = parse_path("/".join((".", *segments)))
        assert path_matches(first, path)
        assert path_matches(second, path)


def test_two_names_meet() -> None:
    (first,), (second,) = parse_name_rule("gpt-4*"), parse_name_rule("*-preview")
    text = meeting_text(first.glob, second.glob)
    assert text is not None
    assert name_matches(first, text)
    assert name_matches(second, text)


@pytest.mark.parametrize("level", LEVELS)
def test_the_same_plan_gives_the_same_distinct_requests(plan: Plan, level: Level) -> None:
    asked = list(boundary_requests(plan, level))
    assert asked == list(boundary_requests(plan, level))
    assert len({str(request) for request in asked}) == len(asked)
    assert len(asked) <= MAX_PER_SPEC[level] + 10


@pytest.mark.parametrize("level", LEVELS)
def test_every_type_is_granted_and_refused(plan: Plan, level: Level) -> None:
    answers = {(one.type, decide(plan, one).allow) for one in boundary_requests(plan, level)}
    for kind in ("file", "shell", "network", "llm", "tool", "data"):
        assert {(kind, True), (kind, False)} <= answers


def test_every_list_entry_decides_some_request(plan: Plan) -> None:
    rules = (decide(plan, one).rule for one in boundary_requests(plan, "full"))
    decided = {rule.id for rule in rules if rule is not None}
    entries = {rule for rule in plan.specs["a"].positions if rule.rpartition(".")[2].isdecimal()}
    assert entries <= decided


def test_a_sample_is_small() -> None:
    assert BOUNDS["sample"].members == BOUNDS["sample"].neighbours == 1


CONDITIONAL = """
agent: a
permissions:
  filesystem:
    read:
      - path: './prod/**'
        when:
          context.time: {between: ['09:00', '17:00'], tz: Europe/Berlin, days: [mon-fri]}
          context.ip: {cidr: ['10.0.0.0/8']}
          context.environment: {not: [prod]}
          resource.size: {max: 1MB}
"""


@pytest.mark.parametrize("level", LEVELS)
def test_every_edge_of_a_condition_is_asked_about(level: Level) -> None:
    plan = compile_sources({"a.yaml": CONDITIONAL.encode()}, {}).plan
    asked = [*boundary_requests(plan, level)]
    for room, name, inside, outside in (
        ("context", "ip", "10.0.0.0", "9.255.255.255"),
        ("context", "ip", "10.255.255.255", "11.0.0.0"),
        ("context", "environment", "other0", "prod"),
        ("properties", "size", 1048576, 1048577),
    ):
        answers = {
            value: {
                decide(plan, one).allow for one in asked if getattr(one, room).get(name) == value
            }
            for value in (inside, outside)
        }
        assert True in answers[inside], name
        assert answers[outside] == {False}, name
    times = {
        (one.context["time"][11:], decide(plan, one).allow)
        for one in asked
        if isinstance(one.context.get("time"), str)
    }
    # Both edges of the window, and the instant before each; Berlin is one or two hours ahead.
    for start, end in (("08:00:00Z", "16:00:00Z"), ("07:00:00Z", "15:00:00Z")):
        assert (start, True) in times
        assert (end, False) in times
    assert ("15:59:59.999999999Z", True) in times
    assert ("07:59:59.999999999Z", False) in times
    missing = [one for one in asked if one.context and "environment" not in one.context]
    assert any("ip" in one.context and "time" in one.context for one in missing)
    assert not any(decide(plan, one).allow for one in missing)


def test_agents_with_other_roles_are_asked_for_themselves() -> None:
    sources = {
        "s.yaml": b"agent: s\npermissions: {filesystem: {read: "
        b"[{path: ./a, when: {subject.roles: [red]}}]}}\n---\nbindings: {roles: {red: []}}\n",
        "f.jsonl": b'{"agent": "one", "spec": "s", "roles": ["red"]}\n'
        b'{"agent": "other", "spec": "s"}\n{"agent": "same", "spec": "s"}\n',
    }
    plan = compile_sources(sources, {}).plan
    asked = [one for one in boundary_requests(plan, "full") if one.type == "file"]
    assert {one.agent for one in asked} >= {"one", "other"}
    assert "same" not in {one.agent for one in asked}
    granted = {one.agent for one in asked if decide(plan, one).allow}
    assert granted == {"one"}
