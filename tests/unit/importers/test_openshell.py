"""Policies of OpenShell: what becomes of paths, hosts and programs, and which are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.core.contract import Request
from wilkc.core.errors import UsageError
from wilkc.importers import Draft, import_rules
from wilkc.plan import decide

if TYPE_CHECKING:
    from wilkc.core.contract import Json

HOSTS = "network.allowed_hosts"
ALL = [{"path": "/**"}]
PLAIN = {"host": "x.org", "port": 443}
ONE = "version: 1\nnetwork_policies:\n  r: {endpoints: [{port: 1"
TCP = f"{ONE}, protocol: tcp"


def policy(**sections: Any) -> Draft:
    text = json.dumps({"version": 1, **sections})
    return import_rules("openshell", {"p.yaml": text.encode()})


def network(*endpoints: dict[str, Any], binaries: Any = ALL) -> Draft:
    return policy(network_policies={"r": {"endpoints": list(endpoints), "binaries": binaries}})


def hosts(draft: Draft) -> list[str]:
    return [str(one) for one in draft.entries.get(HOSTS, {})]


def connects(draft: Draft, host: str, **context: str) -> bool:
    spec = {"a.yaml": draft.document("a").encode()}
    plan = compile_sources(spec, read_library()).plan
    target: dict[str, Json] = {"host": host, "port": 443, "protocol": "https"}
    return decide(plan, Request("a", "connect", "network", host, target, {**context})).allow


@pytest.mark.parametrize(
    ("section", "read", "write"),
    [
        ({"read_only": ["/usr", "/etc/ssl/"]}, ["/usr/**", "/etc/ssl/**"], []),
        ({"read_write": ["/srv"]}, ["/srv/**"], ["/srv/**"]),
        ({"include_workdir": True}, ["./**"], ["./**"]),
        ({"include_workdir": False}, [], []),
        ({}, [], []),
        ({"read_only": ["/", "/a*", "/b[c]", "/d\\e", "/f{g}", "/h?", "/a//b"]}, [], []),
    ],
)
def test_paths(section: dict[str, Any], read: list[str], write: list[str]) -> None:
    draft = policy(filesystem_policy=section)
    assert list(draft.entries.get("filesystem.read", {})) == read
    assert list(draft.entries.get("filesystem.write", {})) == write
    left = [one for one in section.get("read_only", []) if not read]
    assert [note.text for note in draft.notes] == left


def test_what_an_absent_section_means_is_not_carried_over() -> None:
    draft = policy()
    assert draft.entries == {}
    assert [note.text for note in draft.notes] == ["filesystem_policy"]


@pytest.mark.parametrize(
    ("endpoint", "entries"),
    [
        (PLAIN, ["x.org"]),
        ({**PLAIN, "host": "X.org", "tls": "skip"}, ["x.org"]),
        ({**PLAIN, "protocol": "rest", "access": "full", "enforcement": "enforce"}, ["x.org"]),
        ({"host": "x.org", "port": 8443}, ["{host: 'x.org', ports: [8443]}"]),
        ({"host": "x.org", "port": 80}, ["{host: 'x.org', ports: [80], protocols: [http]}"]),
        ({"host": "**.x.org", "ports": [443]}, ["*.x.org"]),
        (
            {"host": "x.org", "port": 5432, "protocol": "tcp"},
            ["{host: 'x.org', ports: [5432], protocols: [tcp]}"],
        ),
        ({"host": "8.8.8.8", "port": 443}, ["8.8.8.8"]),
    ],
)
def test_hosts(endpoint: dict[str, Any], entries: list[str]) -> None:
    assert hosts(network(endpoint)) == entries


@pytest.mark.parametrize(
    "endpoint",
    [
        {**PLAIN, "protocol": "rest", "access": "read-only", "enforcement": "enforce"},
        # The source lets these through, and only writes down that they break a rule.
        {**PLAIN, "protocol": "rest", "access": "read-only", "enforcement": "audit"},
        {**PLAIN, "access": "read-only"},
        {**PLAIN, "protocol": "rest"},
        {**PLAIN, "protocol": "websocket", "access": "full"},
        {**PLAIN, "protocol": "rest", "rules": [{"allow": {"method": "*", "path": "/**"}}]},
        {**PLAIN, "protocol": "rest", "access": "full", "deny_rules": [{"method": "PUT"}]},
        {**PLAIN, "path": "/v1/**"},
        {**PLAIN, "allowed_ips": ["10.0.0.0/8"]},
        {**PLAIN, "not_yet_known": True},
        {"port": 443, "allowed_ips": ["10.0.0.0/8"]},
        *(
            {"host": host, "port": 443}
            for host in (
                "*.x.org", "*-api.x.org", "api.*.x.org", "localhost",
                "a.localhost", "host.openshell.internal", "127.0.0.1", "10.0.0.1", "0.0.0.1",
                "169.254.169.254", "private", "10.0.0.0/8", "8.8.8.0/24",
                "8.8.8.8/32", "[::1]", "::1", "2606:4700::1111",
                "0x7f.1", "x_y.org", "х.org ", "a..b",
            )
        ),
        *({"host": "x.org", "port": port} for port in (2379, 2380, 6443, 10250, 10255)),
    ],
)  # fmt: skip
def test_an_endpoint_that_cannot_be_said_is_left_out_and_told(endpoint: dict[str, Any]) -> None:
    draft = network({"host": "kept.org", "port": 22}, endpoint)
    assert hosts(draft) == ["{host: 'kept.org', ports: [22]}"]
    told = [note for note in draft.notes if note.text != "filesystem_policy"]
    assert [note.place for note in told] == ["p.yaml:1 network_policies.r.endpoints[1]"]


@pytest.mark.parametrize(
    ("host", "port", "kept"),
    [
        ("x.org", 443, False),
        ("X.ORG", 443, False),
        ("*x.org", 443, False),
        ("**.x.org", 443, True),
        ("y.org", 443, True),
        ("x.org", 8443, True),
        ("8.8.8.0/24", 443, False),
    ],
)
def test_what_another_rule_narrows_is_not_allowed(host: str, port: int, kept: bool) -> None:
    narrow = {"host": host, "port": port, "protocol": "rest", "access": "read-only"}
    draft = policy(
        network_policies={
            "one": {"endpoints": [PLAIN], "binaries": ALL},
            "other": {"endpoints": [narrow], "binaries": [{"path": "/usr/bin/curl"}]},
        }
    )
    assert hosts(draft) == (["x.org"] if kept else [])


def test_a_host_is_allowed_to_the_programs_of_its_rule_alone() -> None:
    draft = network(PLAIN, binaries=[{"path": "/usr/bin/gh"}, {"path": "/opt/it's"}])
    assert connects(draft, "x.org", program="/usr/bin/gh")
    assert connects(draft, "x.org", program="/opt/it's")
    for context in ({}, {"program": "/usr/bin/curl"}, {"program": "gh"}, {"program": ""}):
        assert not connects(draft, "x.org", **context)
    assert "context.program" in draft.notes[-1].why
    assert connects(network(PLAIN), "x.org")


@pytest.mark.parametrize(
    "binaries", [[], [{"path": "/usr/*/gh"}], [{"path": "**"}], [{"path": "gh"}]]
)
def test_without_a_program_nothing_is_allowed(binaries: list[dict[str, str]]) -> None:
    draft = network(PLAIN, binaries=binaries)
    assert hosts(draft) == []
    assert draft.notes[-1].why == "no program may reach it"


def test_what_a_middleware_may_refuse_is_not_allowed() -> None:
    sections = {"network_policies": {"r": {"endpoints": [PLAIN], "binaries": ALL}}}
    assert "x.org" in policy(**sections, network_middlewares={}).document("a")
    draft = policy(**sections, network_middlewares={"m": {"middleware": "x"}})
    assert "x.org" not in draft.document("a")


def test_a_sandbox_has_one_policy() -> None:
    for files in ({}, {"a.yaml": b"version: 1", "b.yaml": b"version: 1"}):
        with pytest.raises(UsageError):
            import_rules("openshell", files)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "1:1"),
        ("- a", "1:1"),
        ("version: 2", "1:10"),
        ("version: true", "1:10"),
        ("version: '1'", "1:10"),
        ("process: {}", "1:1"),
        ("version: 1\nversion: 1", "2:1"),
        ("version: 1\n---\nversion: 1", "1:1"),
        ("version: 1\nnew: 1", "2:1"),
        ("version: 1\nprocess: &a {}", "2:10"),
        ("version: 1\nprocess: !!map {}", "2:10"),
        ("version: 1\nprocess: []", "2:10"),
        ("version: 1.0", "1:10"),
        ("version: 1\nlandlock: x", "2:11"),
        ("version: 1\nlandlock: {compatibility: none}", "2:27"),
        ("version: 1\nlandlock: {compatibility: 1}", "2:27"),
        ("version: 1\nlandlock: {strict: 'x'}", "2:12"),
        ("version: 1\nprocess: {run_as_user: root}", "2:24"),
        ("version: 1\nprocess: {run_as_user: '0'}", "2:24"),
        ("version: 1\nprocess: {run_as_group: '4294967295'}", "2:25"),
        ("version: 1\nprocess: {run_as_user: '1 '}", "2:24"),
        ("version: 1\nprocess: {run_as_user: 1000}", "2:24"),
        ("version: 1\nprocess: {shell: 'x'}", "2:11"),
        (f"version: 1\nfilesystem_policy:\n  read_only: [{', '.join(['/a'] * 257)}]", "3:3"),
        ("version: 1\nfilesystem_policy: {read: [/a]}", "2:21"),
        ("version: 1\nfilesystem_policy: {include_workdir: yes}", "2:38"),
        ("version: 1\nfilesystem_policy: {read_only: /a}", "2:32"),
        ("version: 1\nfilesystem_policy:\n  read_only:\n  - a", "4:5"),
        ("version: 1\nfilesystem_policy:\n  read_only:\n  - /a/../b", "4:5"),
        ("version: 1\nfilesystem_policy:\n  read_only:\n  - 1", "4:5"),
        (f"version: 1\nfilesystem_policy:\n  read_only:\n  - /{'a' * 4096}", "4:5"),
        ("version: 1\nfilesystem_policy:\n  read_write:\n  - /", "4:5"),
        ("version: 1\nnetwork_policies: []", "2:19"),
        ("version: 1\nnetwork_policies:\n  _provider_x: {}", "3:3"),
        ("version: 1\nnetwork_policies:\n  r: {more: 1}", "3:7"),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{host: a.b}]}", "3:19"),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{port: 1}]}", "3:19"),
        *(
            (f"{ONE}, host: '{host}'}}]}}", "3:19")
            for host in ("*", "**", "*.org", "**.org", "a.**.x.org", "a.b*.org", "**a.x.org", " ")
        ),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{port: 1, ports: [1]}]}", "3:19"),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{port: 0}]}", "3:26"),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{port: true}]}", "3:26"),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{port: 65536}]}", "3:26"),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{port: 1, host: 1}]}", "3:35"),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{port: 1, tls: x}]}", "3:34"),
        ("version: 1\nnetwork_policies:\n  r: {endpoints: [{port: 1, enforcement: x}]}", "3:42"),
        *(
            (f"{TCP}, {more}}}]}}", place)
            for more, place in (
                ("host: a.b, enforcement: audit", "3:68"), ("host: a.b, access: full", "3:63"),
                ("host: 8.8.8.8", "3:19"), ("host: a.b.", "3:19"), ("tls: skip", "3:19"),
            )
        ),
        ("version: 1\nnetwork_policies:\n  r: {binaries: [{}]}", "3:18"),
        ("version: 1\nnetwork_policies:\n  r: {binaries: [{path: /a, x: 1}]}", "3:29"),
        ("version: 1\na: [", "3:1"),
        (f"version: 1\na: {'[' * 100}", "2:35"),
        (f"# {'x' * 2**20}", "1:1"),
        ("version: 1 # \u202e", "1:14"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_at_its_place(text: str, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        import_rules("openshell", {"p.yaml": text.encode()})
    assert caught.value.message.startswith(f"p.yaml:{place}: ")


@pytest.mark.parametrize(
    "sections",
    [
        {"landlock": {"compatibility": "hard_requirement"}},
        {"process": {"run_as_user": "sandbox", "run_as_group": "4294967294"}},
        {"process": {"run_as_user": ""}},
    ],
)
def test_values_that_the_source_takes_are_told(sections: dict[str, dict[str, str]]) -> None:
    draft = policy(**sections, filesystem_policy={"read_only": ["/a"] * 256})
    assert list(draft.entries) == ["filesystem.read"]
    ((section, values),) = sections.items()
    assert [note.place for note in draft.notes] == [f"p.yaml:1 {section}.{key}" for key in values]


def test_too_many_endpoints_are_refused() -> None:
    with pytest.raises(UsageError):
        network(*[PLAIN] * 1001)
    assert hosts(network(*[PLAIN] * 1000)) == ["x.org"]
