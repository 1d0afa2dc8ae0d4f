"""Compiling everything from its sources. Layer: compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.analyze import run_spec_tests
from wilkc.compiler.assembling import manifest_of, members_of, piece_of
from wilkc.compiler.model import Compiled, Form, Understood
from wilkc.core.diagnostics import Diagnostic, has_errors, sort_diagnostics
from wilkc.core.errors import SpecError
from wilkc.plan import Plan, build_plan
from wilkc.spec import Document, SecurityPolicy, read_specs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def check(sources: Mapping[str, bytes]) -> tuple[Diagnostic, ...]:
    """Every problem of all sources: reading, typing, meaning, and the specs' own tests."""
    return analyse(sources)[2]


def understand(sources: Mapping[str, bytes]) -> Understood:
    """What specs mean, without asking whether their own tests hold.

    Raises:
        SpecError: with every problem, if any is an error.
    """
    whole, plan, problems = _understood(sources)
    if plan is None or has_errors(problems):
        raise SpecError(sort_diagnostics(problems))
    return Understood(whole, plan)


def compile_sources(
    sources: Mapping[str, bytes], library: Mapping[str, bytes], *, form: Form = "indexed"
) -> Compiled:
    """Compile specs to the members of a bundle.

    Args:
        sources: file name, as diagnostics shall show it, to its bytes.
        library: the fixed Rego: member name to bytes.
        form: how profiles are compiled; the decisions are the same.

    Returns:
        Plan and members; the same input gives the same bytes on any machine.

    Raises:
        SpecError: with every problem, if any is an error.
    """
    plan, _, problems = analyse(sources)
    if plan is None or has_errors(problems):
        raise SpecError(problems)
    files, revision = assemble(plan, library, form)
    return Compiled(plan, files, manifest_of(revision, sources), revision, problems)


def assemble(
    plan: Plan, library: Mapping[str, bytes], form: Form = "indexed"
) -> tuple[dict[str, bytes], str]:
    """The members of a plan's bundle but the manifest, and their revision."""
    pieces = {name: piece_of(spec, form) for name, spec in plan.specs.items()}
    return members_of(plan, pieces, library, form)


def analyse(
    sources: Mapping[str, bytes],
) -> tuple[Plan | None, tuple[Document, ...], tuple[Diagnostic, ...]]:
    """What the sources mean, the documents of files without errors, and every problem."""
    whole, plan, found = _understood(sources)
    if plan is not None:
        found = (*found, *run_spec_tests(plan, whole), *_guardrail_problems(plan, whole))
    return plan, whole, sort_diagnostics(found)


def _guardrail_problems(plan: Plan, documents: tuple[Document, ...]) -> tuple[Diagnostic, ...]:
    """The guardrails that do not hold."""
    if not states_guardrails(documents):
        return ()
    # The automata are loaded only where something is to be proved.
    from wilkc.analyze.prove import guardrail_problems  # noqa: PLC0415

    return tuple(guardrail_problems(plan, documents))


def states_guardrails(documents: Iterable[Document]) -> bool:
    """Whether a policy among the documents states guardrails."""
    return any(
        isinstance(one.model, SecurityPolicy) and one.model.guardrails is not None
        for one in documents
    )


def _understood(
    sources: Mapping[str, bytes],
) -> tuple[tuple[Document, ...], Plan | None, tuple[Diagnostic, ...]]:
    read = read_specs(sources)
    whole = _without_errors(read.documents, read.diagnostics)
    plan, problems = build_plan(whole)
    return whole, plan, (*read.diagnostics, *problems)


def _without_errors(
    documents: tuple[Document, ...], diagnostics: tuple[Diagnostic, ...]
) -> tuple[Document, ...]:
    """Documents of files that have errors are left out: what they mean is not known."""
    broken = {found.span.file for found in diagnostics if found.severity == "error"}
    return tuple(document for document in documents if document.file not in broken)
