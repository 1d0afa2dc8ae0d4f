"""What a compile gives. Layer: compiler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.audit_settings import AUDIT_MEMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json
    from wilkc.core.diagnostics import Diagnostic
    from wilkc.plan import Plan
    from wilkc.spec import Document

DATA_FILE: Final = "wilk/data.json"
SANDBOX_FILE: Final = "wilk/sandbox.jsonl"
"""How commands of each spec are confined, one line of JSON for each; OPA loads nothing from it."""
AUDIT_FILE: Final = AUDIT_MEMBER
"""How records are written, where the specs say; OPA loads nothing from it."""
Form = Literal["indexed", "rules"]
"""How profiles are compiled: as data in buckets, or as Rego to be read."""
FORMS: Final[tuple[Form, ...]] = ("indexed", "rules")


@dataclass(frozen=True, slots=True)
class Compiled:
    """What one compile gives.

    Attributes:
        plan: what the specs mean; the reference evaluator judges by it.
        files: members of the bundle but the manifest: name to bytes.
        manifest: the bundle's manifest, see OPA's bundle documentation.
        revision: digest of the content, also `data.wilk.revision`.
        warnings: problems that did not stop the compile.
    """

    plan: Plan
    files: Mapping[str, bytes]
    manifest: Mapping[str, Json]
    revision: str
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """What specs mean, beside the documents that say it.

    Attributes:
        documents: every document, typed.
        plan: what they mean together.
    """

    documents: tuple[Document, ...]
    plan: Plan
