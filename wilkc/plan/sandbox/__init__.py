"""A spec's sandbox section and rules to the plan of its launches. Room: plan."""

from wilkc.plan.sandbox.lowering import lower_sandbox
from wilkc.plan.sandbox.words import granted_permissions

__all__ = ["granted_permissions", "lower_sandbox"]
