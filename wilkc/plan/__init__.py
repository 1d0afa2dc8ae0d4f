"""Documents to the plan, and the reference evaluator. Room: plan."""

from wilkc.plan.audit import lower_audit
from wilkc.plan.build import (
    DEFAULTS_PATH,
    ancestors,
    build_plan,
    default_permissions,
    plan_spec,
    united_permissions,
)
from wilkc.plan.conditional import at_request, effects_of, perhaps, surely, unshown, where
from wilkc.plan.grants import written_name
from wilkc.plan.model import AuditPlan, Plan, SpecPlan
from wilkc.plan.narrowing import NarrowSpec
from wilkc.plan.own import OwnSpecs
from wilkc.plan.positions import entries
from wilkc.plan.resolve import Family, resolve
from wilkc.plan.scope import check_scope, levels
from wilkc.plan.semantics import decide, decide_by_spec

__all__ = [
    "DEFAULTS_PATH",
    "AuditPlan",
    "Family",
    "NarrowSpec",
    "OwnSpecs",
    "Plan",
    "SpecPlan",
    "ancestors",
    "at_request",
    "build_plan",
    "check_scope",
    "decide",
    "decide_by_spec",
    "default_permissions",
    "effects_of",
    "entries",
    "levels",
    "lower_audit",
    "perhaps",
    "plan_spec",
    "resolve",
    "surely",
    "united_permissions",
    "unshown",
    "where",
    "written_name",
]
