"""Attacks on limits: what holds them, or that without it nothing starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.conformance.sandbox.conftest import CASES, Attacked
from tests.conformance.sandbox.programs import PROGRAMS

if TYPE_CHECKING:
    from tests.unit.runtime.sandbox.conftest import Result

NO_GROUPS: Final = "sandbox.limit_not_enforceable"


def _with_program(attacked: Attacked, name: str, **policy: Any) -> Result:
    """Launch a case's program; where no control group can be had, under a strict plan."""
    given = CASES[name]["request"]
    path = given["argv"][-1]
    attacked.scenery.file(path, PROGRAMS[path])
    attacked.scenery.own()
    policy = {**given.get("policy", {}), **policy}
    if not attacked.groups:
        policy["level"] = "strict"
    return attacked.launch({"request": {"policy": policy}}, *given["argv"])


def _held_by_groups(attacked: Attacked, ended: Result) -> bool:
    """Whether the command ran at all: what no control group holds must not start."""
    if attacked.groups:
        return True
    assert (ended.status, ended.detail, ended.stdout) == (120, NO_GROUPS, ""), ended
    attacked.require("cgroup", ended.message)
    return False


def test_k11a_a_fork_bomb(attacked: Attacked) -> None:
    given = CASES["K11a"]["request"]
    attacked.scenery.file(given["argv"][-1], PROGRAMS[given["argv"][-1]])
    attacked.scenery.own()
    ended = attacked.launch(CASES["K11a"], *given["argv"])
    made = int(ended.stdout)
    assert 0 < made <= attacked.spec({}).plan.limits.pids < given["children"]
    assert ended.launch["limits"]["pids"]["strength"] == (
        "enforced" if attacked.groups else "partial"
    )


def test_k12c_more_files_than_memory(attacked: Attacked) -> None:
    ended = _with_program(attacked, "K12c", memory={"max": "96MB"})
    if _held_by_groups(attacked, ended):
        assert (ended.kind, ended.status, ended.detail) == ("limit", 122, "memory"), ended
        assert "all made" not in ended.stdout


def test_k13a_more_memory_than_the_limit(attacked: Attacked) -> None:
    ended = _with_program(attacked, "K13a")
    if _held_by_groups(attacked, ended):
        assert (ended.kind, ended.status, ended.detail) == ("limit", 122, "memory"), ended
        # The control: the same program under a limit that it keeps.
        fits = _with_program(attacked, "K13a", memory={"max": "512MB"})
        assert fits.stdout == "all eaten\n", fits


def test_k13d_monitored_memory_goes_on(attacked: Attacked) -> None:
    ended = _with_program(attacked, "K13d", monitor_interval_s=1)
    if _held_by_groups(attacked, ended):
        assert (ended.kind, ended.stdout) == ("exited", "all eaten\n"), ended
        told = [one["type"] for one in ended.launch["alerts"]]
        assert CASES["K13d"]["request"]["alert"] in told, ended


def test_k14a_a_busy_loop(attacked: Attacked) -> None:
    ended = _with_program(attacked, "K14a")
    if _held_by_groups(attacked, ended):
        assert float(ended.stdout) <= CASES["K14a"]["request"]["at_most_cpu_s_in_2_s"]
