"""All checks, in the order of their codes. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.checks import (
    block_list,
    cleared_environment,
    duplicate,
    idle_base,
    idle_interpreter,
    idle_test,
    impossible_test,
    missing_apex,
    missing_limits,
    opaque_command,
    plain_protocol,
    plain_storage,
    private_range,
    public_suffix,
    redundant,
    run_by_others,
    secrets_read,
    shadowed,
    starred_program,
    unnamed_agent,
    unreachable,
    weak_sandbox,
    written_and_run,
)
from wilkc.analyze.lint.model import Check, Finding, subjects

if TYPE_CHECKING:
    from wilkc.plan import Family, Plan

CHECKS: Final[tuple[Check, ...]] = (
    unreachable.CHECK,
    redundant.CHECK,
    duplicate.CHECK,
    secrets_read.CHECK,
    block_list.CHECK,
    public_suffix.CHECK,
    missing_apex.CHECK,
    private_range.CHECK,
    plain_protocol.CHECK,
    idle_interpreter.CHECK,
    run_by_others.CHECK,
    missing_limits.CHECK,
    weak_sandbox.CHECK,
    unnamed_agent.CHECK,
    idle_base.CHECK,
    plain_storage.CHECK,
    written_and_run.CHECK,
    shadowed.CHECK,
    idle_test.CHECK,
    impossible_test.CHECK,
    opaque_command.CHECK,
    cleared_environment.CHECK,
    starred_program.CHECK,
)


def lint(plan: Plan, family: Family) -> tuple[Finding, ...]:
    """Everything that is valid in the plan and deserves a second look.

    Args:
        plan: a plan without errors.
        family: the documents that it was made from.

    Returns:
        Findings sorted by place; the same one of two subjects only once.
    """
    found = {
        finding.diagnostic: finding
        for subject in subjects(plan, family)
        for check in CHECKS
        for finding in check.run(subject)
    }
    return tuple(sorted(found.values(), key=lambda one: (one.diagnostic.span, one.diagnostic.code)))
