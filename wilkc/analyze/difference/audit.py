"""Whether the audit log is kept less or more strictly. Layer: analyze.

The settings hold for all agents, so they stand beside what changes for some of them.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.difference.model import Change
from wilkc.core.audit_settings import AuditSettings, CategoryLevels, ContentDays
from wilkc.core.contract import RuleRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.analyze.difference.model import Kind, Risk
    from wilkc.plan import Plan

_CLASSES: Final = ("security", "access", "operation")
_LEVELLED: Final = tuple(one.name for one in fields(CategoryLevels))
_WEIGHT: Final = {None: 0, "high": 1, "critical": 2}
_HIGH: Final = frozenset({"retention_days", "sample_permille", "clear_details", "record_input"})
_LOOSER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "mode": lambda to, base: (to, base) == ("checkpoint", "event"),
    "clear_details": lambda to, base: bool(set(to) - set(base)),
    "seal_resources": lambda to, base: base and not to,
    "record_input": lambda to, base: base and not to,
    "risk_profile": lambda to, base: (to, base) == ("graded", "seed"),
    "retention_days": lambda to, base: to < base,
    "key_rotation_days": lambda to, base: to > base,
    "kek_overlap_days": lambda to, base: to > base,
    "sample_permille": lambda to, base: to < base,
    "segment_bytes": lambda to, base: to > base,
    "segment_seconds": lambda to, base: to > base,
    "checkpoint_events": lambda to, base: to > base,
    "checkpoint_seconds": lambda to, base: to > base,
    "wait_ms": lambda to, base: to > base,
    "reserve_bytes": lambda to, base: to < base,
    "min_free_bytes": lambda to, base: to < base,
    **{f"content_days.{name}": lambda to, base: to < base for name in _CLASSES},
    **{f"levels.{kind}": lambda to, base: _WEIGHT[to] < _WEIGHT[base] for kind in _LEVELLED},
}
"""Setting to whether one value keeps less evidence than another, or seals less of it."""


def audit_differences(old: Plan, new: Plan) -> tuple[Change, ...]:
    """The settings of the log that are looser or tighter than before, the looser first."""
    found = [*_looser("looser", new, old), *_looser("tighter", old, new)]
    return tuple(sorted(found, key=lambda one: (one.kind, one.risk != "high", one.action)))


def _looser(kind: Kind, to: Plan, base: Plan) -> Iterator[Change]:
    """What is looser in `to`, told as this kind of change."""
    ours, theirs = _values(to), _values(base)
    for name, is_looser in _LOOSER.items():
        if not is_looser(ours[name], theirs[name]) or _follows(name, to, base):
            continue
        places = _place(to, name, ours[name]), _place(base, name, theirs[name])
        texts = _text(theirs[name]), _text(ours[name])
        if kind == "tighter":
            places, texts = (places[1], places[0]), (texts[1], texts[0])
        new, old = places
        risk: Risk = "none" if kind == "tighter" else "high" if name in _HIGH else "medium"
        why = "" if kind == "tighter" else "less evidence is kept, or less of it is sealed"
        yield Change(
            kind=kind,
            type="audit",
            action=name,
            witness=None,
            old=old,
            new=new,
            risk=risk,
            why=why,
            detail=f"{texts[0]} -> {texts[1]}",
        )


def _values(plan: Plan) -> dict[str, Any]:
    settings = plan.audit.settings if plan.audit else AuditSettings()
    values = {name: getattr(settings, name) for name in _LOOSER if "." not in name}
    values |= {f"content_days.{name}": settings.days_of_content(name) for name in _CLASSES}
    values |= {f"levels.{kind}": getattr(settings.levels, kind) for kind in _LEVELLED}
    return values


def _follows(name: str, to: Plan, base: Plan) -> bool:
    """Whether a time for content is as said before, and only its record's time is another."""
    return name.startswith("content_days.") and _said(to, name) == _said(base, name)


def _said(plan: Plan, name: str) -> int | None:
    days = plan.audit.settings.content_days if plan.audit else ContentDays()
    said: int | None = getattr(days, name.rpartition(".")[2])
    return said


def _place(plan: Plan, name: str, value: Any) -> RuleRef | None:
    """Where the setting stands, if a document says it."""
    span = plan.audit.spans.get(name) if plan.audit else None
    if span is None:
        return None
    return RuleRef(f"audit.{name}", span.file, span.line, span.column, _text(value))


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "-"
    if value is None:
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)
