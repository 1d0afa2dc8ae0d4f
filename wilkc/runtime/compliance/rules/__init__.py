"""The rules over records, one module each. Room: runtime."""

from typing import TYPE_CHECKING, Final

from wilkc.runtime.compliance.rules import (
    active_bundle,
    alerted,
    approved_change,
    clear_content,
    encrypted_transfer,
    erasure,
    expired,
    fulfilled_conditions,
    key_rotation,
    sandboxed,
    settings,
    unbound_allow,
    unique_agent,
    unused_grant,
    verified,
)

if TYPE_CHECKING:
    from wilkc.runtime.compliance.rule import Rule

__all__ = ["BY_ID", "RULES"]

RULES: Final["tuple[Rule, ...]"] = (
    unbound_allow.RULE,
    active_bundle.RULE,
    approved_change.RULE,
    fulfilled_conditions.RULE,
    clear_content.RULE,
    encrypted_transfer.RULE,
    unique_agent.RULE,
    key_rotation.RULE,
    erasure.RULE,
    expired.RULE,
    settings.RULE,
    settings.UNDECLARED,
    alerted.RULE,
    sandboxed.RULE,
    verified.RULE,
    unused_grant.RULE,
)
"""In the order of their numbers; R11 consists of two."""
BY_ID: Final["dict[str, Rule]"] = {rule.id: rule for rule in RULES}
