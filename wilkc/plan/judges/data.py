"""The meaning of `data` for one request. Layer: plan (reference). LANGUAGE.md section 7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Condition
from wilkc.core.errors import RequestError
from wilkc.core.verdict import Verdict

if TYPE_CHECKING:
    from wilkc.core.contract import Request
    from wilkc.plan.model import DataPlan

DATA_ACTIONS: Final = frozenset({"process", "store", "export"})
LEAVING_ACTIONS: Final = frozenset({"store", "export"})


def judge_data(plan: DataPlan, request: Request) -> Verdict:
    """The verdict on processing, storing or exporting labelled data."""
    if request.action not in DATA_ACTIONS:
        return Verdict("unmatched", "unknown_action", list="data")
    label = request.properties.get("classification")
    if label is None:
        return Verdict("unmatched", "unlabelled_data", list="data.data_classification")
    if plan.labels is None or label not in plan.labels.values:
        return Verdict("unmatched", "no_rule_matches", list="data.data_classification")
    return _limits(plan, request) or Verdict(
        "granted", "allowed", plan.labels.id, "data.data_classification", _conditions(plan, request)
    )


def check_data_properties(request: Request) -> None:
    """Refuse properties of the wrong type.

    Raises:
        RequestError: `classification` is not text, or `encrypted` or `pii` not a truth value.
    """
    if not isinstance(request.properties.get("classification", ""), str):
        raise RequestError("classification_not_text", "`classification` must be text")
    for name in ("encrypted", "pii"):
        if not isinstance(request.properties.get(name, False), bool):
            raise RequestError("flag_not_boolean", f"`{name}` must be true or false")


def _limits(plan: DataPlan, request: Request) -> Verdict | None:
    leaving = request.action in LEAVING_ACTIONS
    clear = request.properties.get("encrypted") is not True
    if plan.encryption and leaving and clear:
        return Verdict(
            "exceeded", "encryption_required", plan.encryption.id, "data.encryption_required"
        )
    personal = request.properties.get("pii") is True
    if plan.pii and personal and (request.action == "export" or (leaving and clear)):
        return Verdict("exceeded", "personal_data", plan.pii.id, "data.pii_detection")
    return None


def _conditions(plan: DataPlan, request: Request) -> tuple[Condition, ...]:
    conditions = []
    if plan.pii and "pii" not in request.properties:
        conditions.append(Condition(plan.pii.id, "detect_pii"))
    if plan.retention:
        seconds = {"seconds": plan.retention.value}
        conditions.append(Condition(plan.retention.id, "retain", seconds))
    return tuple(conditions)
