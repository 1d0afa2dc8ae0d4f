"""A spec as data: its profile and its entries' places. Layer: emit. DESIGN.md 'Compiled form'.

A profile holds everything that a decision rests on and nothing of where it was written, so
that specs which mean the same share one. Its key is the digest of its content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.emit.files import file_data
from wilkc.emit.names import labels_data, llm_data, named_data
from wilkc.emit.network import network_data
from wilkc.emit.shell import shell_data
from wilkc.emit.tools import tools_data

if TYPE_CHECKING:
    from wilkc.core.contract import Json, RuleRef
    from wilkc.plan.model import SpecPlan

PROFILE_KEY_LENGTH = 32
"""Hexadecimal digits of a profile's digest that name it: 128 bits."""


def profile_data(spec: SpecPlan) -> Json:
    """Everything that decisions by one spec rest on."""
    permissions = spec.permissions
    return {
        "file": file_data(permissions.file, fold=spec.fold),
        "network": network_data(permissions.network),
        "shell": shell_data(permissions.shell, fold=spec.fold),
        "llm": llm_data(permissions.llm),
        "data": labels_data(permissions.data),
        "named": named_data(permissions.named),
        "tools": tools_data(permissions.tools),
        "text": {ref.id: ref.text for ref in spec.positions.values()},
    }


def place_data(spec: SpecPlan) -> Json:
    """Where the entries of one spec stand: rule id to file, line and column."""
    return {ref.id: _place(ref) for ref in spec.positions.values()}


def _place(ref: RuleRef) -> Json:
    return [ref.file, ref.line, ref.column]
