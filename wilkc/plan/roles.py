"""Roles that conditions name. Layer: plan. LANGUAGE.md sections 1 and 12."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.language.when import ROLES, OneOf
from wilkc.plan.agents import unknown_role
from wilkc.plan.model import Rule
from wilkc.plan.positions import entries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wilkc.core.diagnostics import Diagnostic
    from wilkc.plan.model import Permissions


def unknown_roles(permissions: Permissions, known: Collection[str]) -> Iterator[Diagnostic]:
    """A problem for every role in a condition that no binding defines.

    No agent has such a role: an allow would never grant, and a block never block.
    """
    for rule in entries(permissions).values():
        for attribute, test in rule.when.tests if isinstance(rule, Rule) and rule.when else ():
            if attribute == ROLES and isinstance(test, OneOf):
                for name in map(str, test.values):
                    if name not in known:
                        yield unknown_role(name, known, rule.span)
