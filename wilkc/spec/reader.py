"""Sources to typed documents, all problems at once. Layer: spec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from wilkc.core.diagnostics import Diagnostic, has_errors, sort_diagnostics
from wilkc.core.spans import Span
from wilkc.spec.documents import Document, Kind
from wilkc.spec.files import FLEET_SUFFIX
from wilkc.spec.fleets import Fleet, read_fleet
from wilkc.spec.models.agent import AgentSpec
from wilkc.spec.models.grant import GrantDocument
from wilkc.spec.models.policy import (
    BindingsDocument,
    PermissionModel,
    PolicyDocument,
    WrappedPermissionModel,
)
from wilkc.spec.models.settings import Settings
from wilkc.spec.problems import doubtful_scalars, problems_of
from wilkc.syntax import Mapping, Node, Scalar, Sequence, plain_data, read_documents

if TYPE_CHECKING:
    from collections.abc import Mapping as Table

    from wilkc.spec.documents import Model

_KINDS: Final = {
    "permissions": Kind.AGENT_SPEC,
    "security_policy": Kind.SECURITY_POLICY,
    "bindings": Kind.BINDINGS,
    "grant": Kind.GRANT,
    "core": Kind.PERMISSION_MODEL,
    "runtime": Kind.PERMISSION_MODEL,
    **dict.fromkeys(
        ("audit", "data_protection", "access_control", "security_defaults"), Kind.SETTINGS
    ),
}
_MODEL_KEYS: Final = frozenset({"core", "runtime"})


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The documents that have no errors of their own, and every problem of all sources."""

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_specs(sources: Table[str, bytes]) -> ReadResult:
    """Read every document of every source.

    Args:
        sources: file name as diagnostics shall show it, to the file's bytes; `*.jsonl` is a
            fleet, anything else YAML.

    Returns:
        What could be typed, and every problem found, sorted.
    """
    documents: list[Document] = []
    problems: list[Diagnostic] = []
    for file in sorted(sources):
        if file.endswith(FLEET_SUFFIX):
            fleet, found = read_fleet(sources[file], file)
            problems.extend(found)
            documents.append(_fleet_document(fleet, file))
            continue
        nodes, found = read_documents(sources[file], file)
        problems.extend(found)
        if not nodes and not found:
            problems.append(_nothing(file))
        for node in nodes:
            document, wrong = typed_document(node, file)
            problems.extend(wrong)
            if document is not None and not has_errors((*found, *wrong)):
                documents.append(document)
    return ReadResult(tuple(documents), sort_diagnostics(problems))


def _fleet_document(fleet: Fleet, file: str) -> Document:
    start = Span(file, 1, 1, 1, 1)
    return Document(Kind.FLEET, file, start, fleet, Sequence(start, ()))


def _nothing(file: str) -> Diagnostic:
    return Diagnostic(
        "W009",
        "error",
        "there is nothing in this file",
        Span(file, 1, 1, 1, 1),
        help="write a document with `permissions`, or leave the file out",
    )


def typed_document(node: Node, file: str) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document that a node is, or None, and every problem with it."""
    if not isinstance(node, Mapping):
        return None, (_no_kind(node.span),)
    kinds = _kinds_of(node)
    if not kinds:
        return None, (_no_kind(node.span),)
    if len({kind for kind, _ in kinds}) > 1:
        return None, (_two_kinds(kinds),)
    kind, key = kinds[0]
    doubtful = tuple(doubtful_scalars(node))
    try:
        model = _model(kind, node)
    except ValidationError as error:
        told = {problem.span for problem in doubtful}
        wrong = (problem for problem in problems_of(error, node) if problem.span not in told)
        return None, (*doubtful, *wrong)
    return Document(kind, file, key.span, model, node), doubtful


def _kinds_of(node: Mapping) -> list[tuple[Kind, Scalar]]:
    """The kind keys of a document in the order written."""
    found = []
    for key, value in node.entries:
        kind = _KINDS.get(key.text)
        if kind is Kind.AGENT_SPEC and _holds_model(value):
            kind = Kind.PERMISSION_MODEL
        if kind is not None:
            found.append((kind, key))
    return found


def _holds_model(value: Node) -> bool:
    if not isinstance(value, Mapping) or not value.entries:
        return False
    return {key.text for key, _ in value.entries} <= _MODEL_KEYS


def _model(kind: Kind, node: Mapping) -> Model:
    data = plain_data(node)
    match kind:
        case Kind.AGENT_SPEC:
            return AgentSpec.model_validate(data)
        case Kind.SECURITY_POLICY:
            return PolicyDocument.model_validate(data).security_policy
        case Kind.BINDINGS:
            return BindingsDocument.model_validate(data).bindings
        case Kind.GRANT:
            return GrantDocument.model_validate(data).grant
        case Kind.SETTINGS:
            return Settings.model_validate(data)
        case _:
            if "permissions" in data:
                return WrappedPermissionModel.model_validate(data).permissions
            return PermissionModel.model_validate(data)


def _no_kind(span: Span) -> Diagnostic:
    return Diagnostic(
        "W010",
        "error",
        "the document has no kind",
        Span(span.file, span.line, span.column, span.line, span.column + 1),
        help="begin it with `permissions`, `security_policy`, `bindings`, `core` or `runtime`",
    )


def _two_kinds(kinds: list[tuple[Kind, Scalar]]) -> Diagnostic:
    other = next(key for kind, key in kinds if kind is not kinds[0][0])
    return Diagnostic(
        "W011",
        "error",
        f"`{other.text}` stands in a document of `{kinds[0][1].text}`",
        other.span,
        help="put it into a document of its own, after a line `---`",
    )
