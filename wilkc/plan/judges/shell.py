"""The meaning of `shell` for one request. Layer: plan (reference). LANGUAGE.md section 4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.contract import SANDBOX_CONDITION, Condition
from wilkc.core.errors import RequestError
from wilkc.core.verdict import Verdict
from wilkc.language.commands import (
    Argv,
    CommandPattern,
    CommandRules,
    check_argv,
    judge_commands,
    judge_layer,
    layers_of,
    program_name,
)
from wilkc.language.paths import parse_path, path_matches
from wilkc.plan.judges.files import blocks, permits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Request
    from wilkc.language.paths import Path
    from wilkc.plan.model import FilePlan, Permissions, Rule, ShellPlan

    Beside = Sequence[tuple[FilePlan, bool]]
    """File rules of other specs of the agent, and whether these ignore case."""

ALLOW_LIST: Final = "shell.allowed_commands"
MAX_COMMANDS: Final = 50


def judge_shell(
    permissions: Permissions, request: Request, *, fold: bool, beside: Beside = ()
) -> Verdict:
    """The verdict on running the commands of one line.

    A script is judged as a file: one that any of the agent's specs blocks is run by none.
    """
    plan = permissions.shell
    commands = _commands(request)
    cwd = _cwd(request)
    interpreter = _interpreter(request)
    scripts = script_names(request)
    if request.action != "execute":
        return Verdict("unmatched", "unknown_action", list="shell")

    rules = _command_rules(permissions, cwd, fold=fold, beside=beside)
    judged = judge_commands(commands, rules)
    if judged.outcome == "blocked":
        return Verdict("blocked", judged.detail, judged.rule, "shell.blocked_commands")
    if judged.outcome != "granted":
        return Verdict("unmatched", judged.detail, judged.rule, ALLOW_LIST)
    if interpreter and not _may_interpret(interpreter, commands[0], rules):
        return Verdict("unmatched", "interpreter_not_listed", list="shell.allowed_interpreters")
    if not all(_may_run(permissions, names, fold=fold, beside=beside) for names in scripts):
        return Verdict("unmatched", "script_not_allowed", list=ALLOW_LIST)
    if not _takes_directory(plan, cwd, fold=fold):
        return Verdict("unmatched", "directory_not_allowed", list="shell.working_directories")
    return Verdict("granted", "allowed", judged.rule, ALLOW_LIST, shell_conditions(plan))


def refused_layers(
    permissions: Permissions, request: Request, *, fold: bool
) -> tuple[tuple[Argv, str], ...]:
    """Every command of a line, also inside wrappers, that no allow grants, and its detail.

    Blocks, the interpreter of a `#!` line and the working directory are left aside.

    Raises:
        RequestError: the request is not canonical.
    """
    rules = _command_rules(permissions, _cwd(request), fold=fold)
    layers = [layer for argv in _commands(request) for layer in layers_of(argv)[0]]
    judged = [(layer, judge_layer(layer, rules)) for layer in dict.fromkeys(layers)]
    return tuple((layer, one.detail) for layer, one in judged if one.outcome != "granted")


def _command_rules(
    permissions: Permissions, cwd: Path, *, fold: bool, beside: Beside = ()
) -> CommandRules:
    plan = permissions.shell

    def script_allowed(script: str) -> bool:
        try:
            path = parse_path(join(cwd, script))
        except RequestError:
            return False
        return _may_run(permissions, (path,), fold=fold, beside=beside)

    listed = plan.interpreters.values if plan.interpreters else frozenset()
    return CommandRules(_entries(plan.allow), _entries(plan.block), listed, script_allowed)


def _may_run(
    permissions: Permissions, names: Sequence[Path], *, fold: bool, beside: Beside
) -> bool:
    """Whether a script may be run that has these names, the canonical one first."""
    held = ((permissions.file, fold), *beside)
    return permits(permissions.file, "execute", names[0], fold=fold) and not any(
        blocks(plan, name, fold=folded) for plan, folded in held for name in names
    )


def script_names(request: Request) -> tuple[tuple[Path, ...], ...]:
    """What the enforcement point found each script of a line to be: its canonical path first.

    Raises:
        RequestError: they are no lists of canonical paths.
    """
    given = request.properties.get("scripts", [])
    if not isinstance(given, list):
        raise RequestError("path_not_canonical", "`scripts` must be a list of lists of paths")
    return tuple(map(_names, given))


def _names(given: object) -> tuple[Path, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
        raise RequestError("path_not_canonical", "each of `scripts` must be a list of paths")
    return tuple(map(parse_path, given))


def join(cwd: Path, script: str) -> str:
    """The path of a script that a command names, seen from its working directory."""
    if script.startswith("/"):
        return script
    base = str(cwd)
    return f"{'' if base == '/' else base}/{script.removeprefix('./')}"


def shell_conditions(plan: ShellPlan) -> tuple[Condition, ...]:
    """The obligations of every grant of a command: the sandbox and its limits."""
    conditions = [Condition(SANDBOX_CONDITION, "sandbox")]
    if plan.max_seconds:
        seconds = {"seconds": plan.max_seconds.value}
        conditions.append(Condition(plan.max_seconds.id, "timeout", seconds))
    if plan.max_memory:
        memory = {"max_memory_bytes": plan.max_memory.value}
        conditions.append(Condition(plan.max_memory.id, "sandbox", memory))
    return tuple(conditions)


def _commands(request: Request) -> tuple[Argv, ...]:
    properties = request.properties
    if "argv" in properties and "commands" in properties:
        raise RequestError("shell_argv_invalid", "`argv` and `commands` stand beside each other")
    given = [properties["argv"]] if "argv" in properties else properties.get("commands")
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_COMMANDS:
        raise RequestError("shell_argv_invalid", "`argv` or `commands` is needed")
    return tuple(map(check_argv, given))


def _cwd(request: Request) -> Path:
    given = request.context.get("cwd", ".")
    if not isinstance(given, str):
        raise RequestError("path_not_canonical", "`context.cwd` must be a path")
    return parse_path(given)


def _interpreter(request: Request) -> str:
    given = request.properties.get("interpreter", "")
    if not isinstance(given, str):
        raise RequestError("shell_argv_invalid", "`interpreter` must be text")
    return given


def _may_interpret(interpreter: str, argv: Argv, rules: CommandRules) -> bool:
    """A `#!` line counts like naming the interpreter: it must be listed, the file executable."""
    listed = program_name((interpreter,)) in rules.interpreters
    return listed and "/" in argv[0] and rules.script_allowed(argv[0])


def _takes_directory(plan: ShellPlan, cwd: Path, *, fold: bool) -> bool:
    return any(
        path_matches(pattern, cwd, fold=fold)
        for rule in plan.directories or ()
        for pattern in rule.patterns
    )


def _entries(rules: Sequence[Rule[CommandPattern]]) -> tuple[tuple[str, CommandPattern], ...]:
    return tuple((rule.id, pattern) for rule in rules for pattern in rule.patterns)
