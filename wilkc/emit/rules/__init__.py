"""The plan as readable Rego: a module for each category of a profile. Room: emit.

The modules stand where the indexed form has data, under `data.wilk.profiles`, and answer the
same references, so that the fixed Rego judges both forms alike. What the indexed form finds
through buckets is here one rule for each entry, labelled with its id, place and text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.canonical import canonical_json, sha256_hex
from wilkc.emit.conditional import spec_data
from wilkc.emit.data import PROFILE_KEY_LENGTH, place_data, profile_data
from wilkc.emit.pieces import Piece, place_members
from wilkc.emit.rules.files import file_rules
from wilkc.emit.rules.names import labels_rules, llm_rules, named_rules, tools_rules
from wilkc.emit.rules.network import network_rules
from wilkc.emit.rules.shell import shell_rules
from wilkc.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.emit.rules.model import Category
    from wilkc.plan.model import SpecPlan

__all__ = ["rules_piece"]


def rules_piece(spec: SpecPlan) -> Piece:
    """A spec whose profiles are modules.

    Specs share modules where they agree in what they mean and in where it is written.
    """
    modules: dict[str, bytes] = {}

    def profile(one: SpecPlan) -> str:
        key = _key(one)
        modules.update(_modules(key, one))
        return key

    named = canonical_json(spec_data(spec, profile))
    return Piece(named, *place_members(spec), modules=modules)


def _key(spec: SpecPlan) -> str:
    """A name by content; a letter in front makes it an identifier."""
    content = {"profile": profile_data(spec), "places": place_data(spec)}
    return "p" + sha256_hex(canonical_json(content))[:PROFILE_KEY_LENGTH]


def _modules(key: str, spec: SpecPlan) -> Iterator[tuple[str, bytes]]:
    texts = sorted((ref.id, ref.text) for ref in spec.positions.values())
    yield (
        f"wilk/profiles/{key}/text.rego",
        render("texts.rego.j2", profile=key, texts=texts).encode(),
    )
    for category in _categories(spec):
        text = render(
            "category.rego.j2",
            profile=key,
            category=category.name,
            title=category.title,
            subject=category.subject,
            parts=category.parts,
        )
        yield f"wilk/profiles/{key}/{category.name}.rego", text.encode()


def _categories(spec: SpecPlan) -> tuple[Category, ...]:
    held, refs = spec.permissions, {ref.id: ref for ref in spec.positions.values()}
    return (
        file_rules(held.file, refs, fold=spec.fold),
        network_rules(held.network, refs),
        shell_rules(held.shell, refs, fold=spec.fold),
        llm_rules(held.llm, refs),
        labels_rules(held.data, refs),
        named_rules(held.named, refs),
        tools_rules(held.tools, refs),
    )
