"""Compiled specs to the members of a bundle. Layer: compiler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc import __version__
from wilkc.compiler.model import AUDIT_FILE, DATA_FILE, SANDBOX_FILE, Form
from wilkc.core.canonical import canonical_json, canonical_object, digest, sha256_hex
from wilkc.emit import Piece, common_data, data_piece, profiles_data, sandbox_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json
    from wilkc.plan import Plan, SpecPlan


def piece_of(spec: SpecPlan, form: Form) -> Piece:
    """One spec in compiled form."""
    if form == "indexed":
        return data_piece(spec)
    # Templates are loaded where they are asked for: most compiles do without.
    from wilkc.emit.rules import rules_piece  # noqa: PLC0415

    return rules_piece(spec)


def members_of(
    plan: Plan, pieces: Mapping[str, Piece], library: Mapping[str, bytes], form: Form
) -> tuple[dict[str, bytes], str]:
    """The members of a bundle but the manifest, and their revision.

    Args:
        plan: for its agents, levels and settings; its specs are not looked at.
        pieces: spec name to its compiled form.
        library: the fixed Rego: member name to bytes.
        form: the form of all pieces.
    """
    members = common_data(pieces, plan.agents, plan.levels, plan.roles)
    if form == "indexed":
        members["profiles"] = profiles_data(pieces.values())
    rego = dict(library)
    for piece in pieces.values():
        rego.update(piece.modules)
    sandboxes = sandbox_lines(pieces)
    told: dict[str, bytes] = {"sandbox": sandboxes}
    files: dict[str, bytes] = {SANDBOX_FILE: sandboxes}
    if plan.audit is not None:
        files[AUDIT_FILE] = told["audit"] = canonical_json(plan.audit.settings.as_json())
    revision = _revision({**members, **told}, rego)
    data = canonical_object({**members, "revision": canonical_json(revision)})
    return {DATA_FILE: data, **files, **rego}, revision


def manifest_of(revision: str, sources: Mapping[str, bytes]) -> dict[str, Json]:
    """The manifest of a bundle made from these sources."""
    return {
        "revision": revision,
        "roots": ["wilk"],
        "rego_version": 1,
        "metadata": {
            "compiler": __version__,
            "sources": {name: sha256_hex(text) for name, text in sorted(sources.items())},
        },
    }


def _revision(members: Mapping[str, bytes], rego: Mapping[str, bytes]) -> str:
    """The digest of everything in force: data but the revision, sandboxes, settings and Rego."""
    content = {
        "data": {name: sha256_hex(value) for name, value in members.items()},
        "library": {name: sha256_hex(text) for name, text in rego.items()},
    }
    return digest(content)
