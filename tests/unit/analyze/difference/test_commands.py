"""Commands that only one version runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.analyze.difference.conftest import clauses, confirmed, plan_of, spec
from wilkc.analyze.difference import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.analyze.difference import AgentGroup

    Compared = Callable[..., AgentGroup]


def shell(*allowed: str, blocked: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {"shell": {"allowed_commands": [*allowed], "blocked_commands": [*blocked], **more}}


def runs(
    *allowed: str, execute: tuple[str, ...] = ("./scripts/*.py",), **more: Any
) -> dict[str, Any]:
    more = {"allowed_interpreters": ["python3"], **more}
    return {**shell(*allowed, **more), "filesystem": {"execute": [*execute]}}


@pytest.mark.parametrize(
    ("old", "new", "example"),
    [
        (["git status"], ["git status", "git push *"], "git push"),
        (["git *"], ["git *", "git branch -D *"], "git branch -D"),
        (["ls"], ["ls", "ls -l"], "ls -l"),
        (["cat ./src/*"], ["cat ./src/**"], "cat ./src"),
        (["sed -n 5p *"], ["sed -n 5p *", "sed 1d *"], "sed 1d"),
        (["timeout *"], ["timeout *", "ls *"], "ls"),
        ([], ["sudo *"], "sudo"),
        ([], ["python3 --version"], "python3 --version"),
    ],
)
def test_an_added_entry_is_shown_with_a_shortest_command(
    compared: Compared, old: list[str], new: list[str], example: str
) -> None:
    assert clauses(compared(shell(*old), shell(*new))) == {
        ("newly_allowed", "shell execute", example)
    }
    assert clauses(compared(shell(*new), shell(*old))) == {
        ("newly_denied", "shell execute", example)
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["git *"], ["git *", "git log *"]),
        (["ls *"], ["ls *", "ls -l", "ls -l *"]),
        (["git branch -D *"], ["git branch -D *", "git branch -D x"]),
        ([], ["eval *"]),
        ([], ["sh -c ls"]),
        ([], ["timeout 5 ls"]),
        ([], ["python3 scripts/*.py"]),
        (["sed *"], ["sed *", "sed -n 5p *"]),
    ],
)
def test_an_entry_that_grants_nothing_new_is_no_difference(
    compared: Compared, old: list[str], new: list[str]
) -> None:
    group = compared(shell(*old), shell(*new))
    assert (group.changes, group.undecided) == ((), ())


def test_a_removed_block_frees_what_an_allow_takes(compared: Compared) -> None:
    group = compared(shell("rm *", blocked=("rm -rf *",)), shell("rm *"))
    (change,) = group.changes
    assert change.kind == "newly_allowed"
    assert change.old is not None
    assert change.old.text == "rm -rf *"
    same = compared(shell("rm *", blocked=("rm -rf *",)), shell("rm *", blocked=("rm -r -f *",)))
    assert (same.changes, same.undecided) == ((), ())
    nothing = compared(shell("ls", blocked=("rm -rf *",)), shell("ls"))
    assert (nothing.changes, nothing.undecided) == ((), ())


def test_an_interpreter_is_shown_with_a_script_that_it_may_run(compared: Compared) -> None:
    assert clauses(compared(runs(), runs("python3 scripts/*.py"))) == {
        ("newly_allowed", "shell execute", "python3 scripts/.py")
    }
    group = compared(runs("python3 *", allowed_interpreters=["node"]), runs("python3 *"))
    assert clauses(group) == {("newly_allowed", "shell execute", "python3 scripts/.py")}
    none = compared(runs(execute=()), runs("python3 scripts/*.py", execute=()))
    assert (none.changes, none.undecided) == ((), ())


def test_a_file_that_may_be_executed_is_a_script_that_may_be_run(compared: Compared) -> None:
    old, new = runs("python3 *"), runs("python3 *", execute=("./scripts/*.py", "./tools/a"))
    assert clauses(compared(old, new)) == {
        ("newly_allowed", "file execute", "./tools/a"),
        ("newly_allowed", "shell execute", "python3 tools/a"),
    }
    apart = compared(
        runs("python3 scripts/*"),
        runs("python3 scripts/*", execute=("./scripts/*.py", "./tools/a")),
    )
    assert clauses(apart) == {("newly_allowed", "file execute", "./tools/a")}


@pytest.mark.parametrize(
    ("old", "new", "cwd"),
    [
        (runs("python3 scripts/*.py"), runs("python3 scripts/*.py", "python3 *.py"), "./scripts"),
        (
            runs("python3 *.py"),
            runs("python3 *.py", execute=("./scripts/*.py", "./t/x.py")),
            "./t",
        ),
        (
            runs("python3 *.py", execute=("./t/*",), blocked=("python3 x*",)),
            runs("python3 *.py", execute=("./t/*",)),
            "./t",
        ),
        (
            runs("python3 *.py", execute=()),
            runs("python3 *.py", execute=("./a/b/x.py",), working_directories=["./a/**"]),
            "./a/b",
        ),
    ],
)
def test_a_script_may_be_run_from_another_directory(
    compared: Compared, old: dict[str, Any], new: dict[str, Any], cwd: str
) -> None:
    shown = [one for one in compared(old, new).changes if one.type == "shell" and one.witness]
    assert [one.witness.context for one in shown if one.witness] == [{"cwd": cwd}]
    kept = {**new, "shell": {**new["shell"], "working_directories": ["."]}}
    none = {**old, "shell": {**old["shell"], "working_directories": ["."]}}
    assert [one for one in compared(none, kept).changes if one.type == "shell"] == []


def test_a_blocked_file_is_no_script(compared: Compared) -> None:
    def held(*blocked: str) -> dict[str, Any]:
        found = runs("python3 *")
        found["filesystem"]["metadata"] = {"blocked_paths": [*blocked]}
        return found

    wider = clauses(compared(held("./scripts/a*"), held()))
    assert ("newly_allowed", "shell execute", "python3 scripts/a.py") in wider
    assert ("newly_allowed", "file execute", "./scripts/a.py") in wider


def test_a_script_of_bun_is_shown_as_it_must_be_written(compared: Compared) -> None:
    bun: dict[str, Any] = {"allowed_interpreters": ["bun"]}
    old, new = runs("bun *", **bun), runs("bun *", execute=("./scripts/*.py", "./tools/a"), **bun)
    assert clauses(compared(old, new)) == {
        ("newly_allowed", "file execute", "./tools/a"),
        ("newly_allowed", "shell execute", "bun ./tools/a"),
    }
    word = compared(runs(**bun), runs("bun scripts/a.py", **bun))
    assert (word.changes, word.undecided) == ((), ())
    path = compared(runs(**bun), runs("bun ./scripts/a.py", **bun))
    assert clauses(path) == {("newly_allowed", "shell execute", "bun ./scripts/a.py")}


def test_the_first_line_of_a_script_names_an_interpreter(compared: Compared) -> None:
    def held(*interpreters: str) -> dict[str, Any]:
        return runs("./run.sh", execute=("./run.sh",), allowed_interpreters=[*interpreters])

    (change,) = compared(held("node"), held("node", "bash")).changes
    assert change.witness is not None
    assert change.witness.properties == {"argv": ["./run.sh"], "interpreter": "bash"}


def test_working_directories(compared: Compared) -> None:
    old, new = shell("ls", working_directories=["./a"]), shell("ls", working_directories=["./[ab]"])
    (change,) = compared(old, new).changes
    assert change.witness is not None
    assert (change.witness.id, change.witness.context) == ("ls", {"cwd": "./b"})
    assert clauses(compared(shell("ls"), shell("ls", working_directories=["./**"]))) == set()
    nowhere = shell("ls", working_directories=[])
    assert clauses(compared(nowhere, shell("ls")))
    assert clauses(compared(nowhere, shell("ls", "cat", working_directories=[]))) == set()


def test_limits_and_variables_of_commands(compared: Compared) -> None:
    old = shell("ls", max_execution_time="30s", environment_variables={"allow": ["LC_*"]})
    new = shell("ls", max_execution_time="1m", environment_variables={"allow": ["LC_A", "HTTP_*"]})
    assert clauses(compared(old, new)) == {
        ("looser", "shell max_execution_time", "30 -> 60"),
        ("looser", "sandbox environment_variables", "HTTP_ kept back -> HTTP_ let through"),
        ("tighter", "sandbox environment_variables", "LC_ let through -> LC_ kept back"),
    }
    other = shell("cat", max_execution_time="1m")
    assert {kind for kind, *_ in clauses(compared(old, other))} == {"newly_allowed", "newly_denied"}


def test_commands_of_several_specs_may_stand_in_one_line_only_if_one_grants_all() -> None:
    fleet = {"bindings": {"roles": {"both": ["s0", "s1"]}}}
    specs = [spec(shell("ls"), "s0"), spec(shell("cat"), "s1")]
    wider = [spec(shell("ls", "cat"), "s0"), spec(shell("cat"), "s1")]

    def plan(documents: list[dict[str, Any]]) -> Any:
        made = plan_of(fleet, *documents)
        return replace(made, agents={"many": ("s0", "s1")})

    old, new = plan(specs), plan(wider)
    comparison = compare(old, new)
    confirmed(comparison, old, new)
    (change,) = comparison.groups[0].changes
    assert change.witness is not None
    assert change.witness.properties["commands"] == [["cat"], ["ls"]]
    assert compare(old, old).changed == ()
    # A command of a spec that runs nothing anywhere is no difference, nor is it left undecided.
    idle = [spec(shell("ls"), "s0"), spec(shell("cat", "sort *", working_directories=[]), "s1")]
    empty = [spec(shell("ls"), "s0"), spec(shell(), "s1")]
    assert compare(plan(empty), plan(idle)).changed == ()
    (group,) = compare(plan(empty), plan(specs)).groups
    assert len(group.changes) == 1


def test_scripts_that_another_spec_blocks_are_a_difference() -> None:
    """A block of a role is of all commands of the agent, also of those that another grants."""
    runner = spec(
        {
            "filesystem": {"execute": ["./scripts/**"]},
            "shell": {"allowed_commands": ["python3 *"], "allowed_interpreters": ["python3"]},
        },
        "s0",
    )

    def plan(*blocked: str) -> Any:
        files = {"read": ["./**"], "metadata": {"blocked_paths": list(blocked)}}
        made = plan_of(runner, spec({"filesystem": files}, "s1"))
        return replace(made, agents={"many": ("s0", "s1")})

    free, held = plan("./x"), plan("./x", "./scripts/evil.py")
    for old, new, kind in ((free, held, "newly_denied"), (held, free, "newly_allowed")):
        comparison = compare(old, new)
        confirmed(comparison, old, new)
        assert comparison.groups[0].undecided == ()
        assert [
            (one.kind, one.witness.id)
            for one in comparison.groups[0].changes
            if one.type == "shell" and one.witness is not None
        ] == [(kind, "python3 scripts/evil.py")]


def test_risks_of_commands(compared: Compared) -> None:
    def risk(entry: str) -> tuple[str, str]:
        (change,) = compared(runs(), runs(entry)).changes
        return change.risk, change.why

    assert risk("git push *") == ("high", "changes a remote; `*` also admits --force")
    assert risk("python3 *")[0] == "high"
    assert risk("timeout *") == ("high", "`timeout` runs other commands; `*` admits any arguments")
    assert risk("mytool *") == ("high", "`mytool` with any arguments")
    assert risk("mytool status") == ("medium", "`mytool` may be run")
    assert risk("rm ./out/*.html") == ("medium", "deletes files")
