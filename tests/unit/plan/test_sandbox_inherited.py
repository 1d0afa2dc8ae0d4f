"""The sandbox of a base confines the specs that extend it, and never loosens them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.compiler import check, review
from wilkc.core.contract import Request
from wilkc.core.sandbox_plan import MIB
from wilkc.plan import build_plan, decide
from wilkc.spec import read_specs

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.plan import Plan

RULES = {
    "filesystem": {"read": ["./src/**"], "write": ["./out/**"]},
    "network": {"allowed_hosts": ["a.example", "b.example"]},
}


def _sources(base: Any, own: Any, *, between: bool) -> dict[str, bytes]:
    documents = [
        {"agent": "base", "permissions": RULES, **({"sandbox": base} if base else {})},
        {"agent": "middle", "extends": ["base"], "permissions": {}},
        {
            "agent": "child",
            "extends": ["middle" if between else "base"],
            "permissions": {},
            **({"sandbox": own} if own else {}),
        },
    ]
    return {f"{one['agent']}.yaml": json.dumps(one).encode() for one in documents}


def _plan(base: Any, own: Any = None, *, between: bool = False) -> Plan:
    read = read_specs(_sources(base, own, between=between))
    plan, problems = build_plan(read.documents)
    assert plan is not None, (read.diagnostics, problems)
    return plan


def _child(base: Any, own: Any = None) -> SandboxPlan:
    return _plan(base, own).specs["child"].sandbox


def _connect(host: str) -> Request:
    return Request(
        "child", "connect", "network", f"{host}:443",
        {"host": host, "port": 443, "protocol": "https"},
    )  # fmt: skip


READ = Request("child", "read", "file", "./src/a")
WRITE = Request("child", "write", "file", "./out/a")


@pytest.mark.parametrize("between", [False, True])
def test_what_the_words_of_a_base_deny_is_denied_to_its_heirs(between: bool) -> None:
    plan = _plan({"permissions": {"deny": ["net", "write"]}}, between=between)
    assert decide(plan, READ).allow
    assert not decide(plan, WRITE).allow
    assert not decide(plan, _connect("a.example")).allow
    assert plan.specs["child"].sandbox.network == "none"
    assert {one.action for one in plan.specs["child"].sandbox.mounts} == {"read"}


def test_words_of_both_deny() -> None:
    plan = _plan({"permissions": {"deny": ["write"]}}, {"permissions": {"allow": ["fs", "run"]}})
    assert decide(plan, READ).allow
    assert not decide(plan, WRITE).allow
    assert not decide(plan, _connect("a.example")).allow
    assert plan.specs["child"].sandbox.run
    denied = _plan({"permissions": {"deny": ["run", "env"]}}, {"permissions": {"deny": ["net"]}})
    assert not denied.specs["child"].sandbox.run


def test_without_a_sandbox_of_the_base_nothing_is_lost() -> None:
    plan = _plan(None)
    assert all(decide(plan, one).allow for one in (READ, WRITE, _connect("a.example")))


def test_hosts_are_those_of_both() -> None:
    plan = _plan({"resources": {"network": {"allowedHosts": ["a.example"]}}})
    assert decide(plan, _connect("a.example")).allow
    assert not decide(plan, _connect("b.example")).allow


@pytest.mark.parametrize(
    ("base", "own", "wanted"),
    [
        ({"memory": {"max": "64MB"}}, {}, 64),
        ({"memory": {"limit": "64MB"}}, {"memory": {"max": "512MB"}}, 64),
        ({"memory": {"max": "512MB"}}, {"memory": {"max": "64MB"}}, 64),
        # The default is the stricter one.
        ({"memory": {"max": "512MB"}}, {}, 256),
        # A base that says nothing of memory takes nothing away.
        ({"cpu": {"max": "50%"}}, {"memory": {"max": "512MB"}}, 512),
    ],
)
def test_of_two_limits_the_smaller_holds(base: Any, own: Any, wanted: int) -> None:
    memory = _child({"resources": base}, {"resources": own}).limits.memory
    assert memory.max == wanted * MIB
    assert memory.warning <= memory.max
    assert memory.enforcement == "hard"


def test_a_soft_limit_gets_hard_and_numbers_smaller() -> None:
    base = {
        "resources": {"cpu": {"max": "50%", "timeLimit": 5000}},
        "wall_clock_s": 7, "pids": 5, "tmp": "1MB", "output_max": "1KB", "open_files": 9,
    }  # fmt: skip
    own = {
        "resources": {"cpu": {"max": "90%", "enforcement": "soft"}},
        "wall_clock_s": 90, "pids": 4, "tmp": "2MB",
    }  # fmt: skip
    held = _child(base, own).limits
    assert (held.cpu.max, held.cpu.enforcement) == (50, "hard")
    assert (held.wall_clock_ms, held.cpu_time_ms) == (5000, 5000)
    assert (held.pids, held.tmp, held.output, held.open_files) == (4, MIB, 1024, 9)


@pytest.mark.parametrize(
    ("key", "base", "own", "wanted"),
    [
        ("level", {"isolation": {"level": "moderate"}}, {}, "strict"),
        (
            "level",
            {"isolation": {"level": "moderate"}},
            {"isolation": {"level": "minimal"}},
            "moderate",
        ),
        ("level", {"pids": 9}, {"isolation": {"level": "minimal"}}, "minimal"),
        ("network", {"isolation": {"network": "none"}}, {}, "none"),
        ("network", {"isolation": {"network": "restricted"}}, {}, "restricted"),
        (
            "context",
            {"isolation": {"level": "moderate", "context": "isolated"}},
            {"isolation": {"level": "moderate", "context": "shared"}},
            "isolated",
        ),
        ("write_gap", {"write_gap": "refuse"}, {}, "refuse"),
        ("write_gap", {"write_gap": "narrow"}, {"isolation": {"level": "moderate"}}, "narrow"),
        (
            "write_gap",
            {"isolation": {"level": "moderate"}, "write_gap": "postcheck"},
            {},
            "narrow",
        ),
        ("allow_root", {"allow_root": False}, {"allow_root": True}, False),
        ("allow_root", {"allow_root": True}, {}, False),
        ("run_as", {"run_as": "nobody"}, {}, "nobody"),
        ("apparmor", {"security": {"apparmor": True}}, {}, True),
        ("frozen", {"protected": ["./out/keep"]}, {}, ("./out/keep/**",)),
    ],
)
def test_of_two_settings_the_stricter_holds(key: str, base: Any, own: Any, wanted: Any) -> None:
    assert getattr(_child(base, own), key) == wanted


@pytest.mark.parametrize(
    ("base", "own", "alike"),
    [
        ({"run_as": "nobody"}, {"run_as": "build"}, {}),
        (
            {"resources": {"disk": {"max": "20MB/s"}}},
            {"resources": {"disk": {"max": "1GB"}}},
            {"resources": {"disk": {"max": "30MB/s"}}},
        ),
    ],
)
def test_what_has_no_stricter_one_is_refused(base: Any, own: Any, alike: Any) -> None:
    for section, wanted in ((own, ["W187"]), (alike, [])):
        found = check(_sources(base, section, between=False))
        told = [one for one in found if one.span.file == "child.yaml" and one.severity == "error"]
        assert [one.code for one in told] == wanted


def test_a_key_that_a_base_s_level_does_not_allow_is_refused() -> None:
    base = {"isolation": {"level": "strict"}}
    own = {"isolation": {"level": "minimal", "process": "shared"}}
    assert "W171" in {one.code for one in check(_sources(base, own, between=False))}


def test_a_base_that_confines_is_not_idle() -> None:
    sources = _sources({"pids": 9}, None, between=False)
    child = json.loads(sources["child.yaml"]) | {"permissions": RULES}
    text = json.dumps(child).encode()
    assert "W214" not in _found({**sources, "child.yaml": text})
    plain = _sources(None, None, between=False)
    assert "W214" in _found({**plain, "child.yaml": text})


def _found(sources: dict[str, bytes]) -> set[str]:
    return {one.diagnostic.code for one in review(sources).findings}
