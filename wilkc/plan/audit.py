"""What all documents together say of the audit log. Layer: plan.

Each setting is taken by itself. Where documents differ, the stricter value holds: the one that
keeps more evidence, keeps it longer, seals more of it or waits less long. Keeping longer is
the stricter, since deletion cannot be taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.audit_settings import RANGES, AuditSettings, CategoryLevels, ContentDays
from wilkc.plan.agents import problem
from wilkc.plan.model import AuditPlan
from wilkc.plan.scope import RESOURCE_TYPES, categories
from wilkc.spec import SecurityPolicy
from wilkc.spec.models.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wilkc.core.diagnostics import Diagnostic
    from wilkc.core.spans import Span
    from wilkc.spec import Document

CLASSES: Final = ("security", "access", "operation")
_DAY: Final = 86_400
_KEYS: Final = ("key_rotation_days", "kek_overlap_days")
_LIFTS: Final = {"Critical": "critical", "High": "high", "Sensitive": "high"}
"""Level of a category to the risk that its denials have at least."""
_GRAVEST: Final = ("critical", "high")
_OFF: Final = (False, "false", "off", "none", "disabled")


def _fewer(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in one if name in other)


_STRICTER: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "mode": lambda one, other: "event" if "event" in {one, other} else one,
    "clear_details": _fewer,
    "seal_resources": lambda one, other: one or other,
    "record_input": lambda one, other: one or other,
    "retention_days": max,
    "key_rotation_days": min,
    "kek_overlap_days": min,
    "sample_permille": max,
    "segment_bytes": min,
    "segment_seconds": min,
    "checkpoint_events": min,
    "checkpoint_seconds": min,
    "wait_ms": min,
    "reserve_bytes": max,
    "min_free_bytes": max,
    **{f"content_days.{name}": max for name in CLASSES},
    **{
        f"levels.{kind}": lambda one, other: min(one, other, key=_GRAVEST.index)
        for kinds in RESOURCE_TYPES.values()
        for kind in kinds
    },
}
"""Setting to the stricter of two values; what is not here must be said alike."""


@dataclass(frozen=True, slots=True)
class _Said:
    """One setting of one document."""

    name: str
    value: Any
    span: Span


def lower_audit(documents: Iterable[Document]) -> tuple[AuditPlan | None, tuple[Diagnostic, ...]]:
    """The settings that all documents together ask for.

    Returns:
        The settings, or None where no document speaks of the log or there are problems, and
        every problem found.
    """
    documents = tuple(documents)
    problems: list[Diagnostic] = []
    held: dict[str, _Said] = {}
    spoken = False
    for document, path, section in _sections(documents):
        spoken = True
        problems.extend(_refused(document, path, section))
        for said in _said(document, path, section):
            problems.extend(_out_of_range(said))
            problems.extend(_unite(held, said))
    for said in (*_said_of_keys(documents), *_said_of_levels(documents)):
        spoken = True
        problems.extend(_out_of_range(said))
        problems.extend(_unite(held, said))
    if problems or not spoken:
        return None, tuple(problems)
    return _plan(held), ()


def _sections(documents: Iterable[Document]) -> Iterator[tuple[Document, tuple[str, ...], Any]]:
    for document in documents:
        model = document.model
        found: list[tuple[tuple[str, ...], Any]] = []
        if isinstance(model, SecurityPolicy):
            top = ("security_policy",)
            shared = model.global_settings
            found = [
                ((*top, "global_settings", "audit"), shared.audit if shared else None),
                ((*top, "audit"), model.audit),
            ]
        elif isinstance(model, Settings):
            found = [(("audit",), model.audit)]
        yield from ((document, path, section) for path, section in found if section is not None)


def _said(document: Document, path: tuple[str, ...], section: Any) -> Iterator[_Said]:
    for name in _STRICTER.keys() | {"risk_profile"}:
        value = getattr(section, name, None)
        if value is not None:
            yield _Said(name, value, document.where((*path, name)))
    if section.classes is not None:
        yield from _classes(document, (*path, "classes"), section.classes)
    if section.logging is not None and section.logging.events is not None:
        yield from _classes(document, (*path, "logging", "events"), section.logging.events)


def _classes(document: Document, path: tuple[str, ...], classes: Any) -> Iterator[_Said]:
    for name in CLASSES:
        kept = getattr(classes, name)
        if kept is not None and kept.retention is not None:
            span = document.where((*path, name, "retention"))
            yield _Said(f"content_days.{name}", _days(kept.retention), span)
        permille = getattr(kept, "sample_permille", None)
        if permille is not None:
            span = document.where((*path, name, "sample_permille"))
            yield _Said("sample_permille", permille, span)


def _said_of_keys(documents: Iterable[Document]) -> Iterator[_Said]:
    for document in documents:
        model = document.model
        shared = model.global_settings if isinstance(model, SecurityPolicy) else None
        keys = shared.encryption if shared else None
        for name in _KEYS:
            value = getattr(keys, name, None)
            if value is not None:
                path = ("security_policy", "global_settings", "encryption", name)
                yield _Said(name, value, document.where(path))


def _said_of_levels(documents: Iterable[Document]) -> Iterator[_Said]:
    for document in documents:
        for path, category in categories((document,)):
            for kind in RESOURCE_TYPES[path]:
                if category.level in _LIFTS:
                    span = document.where((*path, "level"))
                    yield _Said(f"levels.{kind}", _LIFTS[category.level], span)


def _days(seconds: int) -> int:
    """Whole days; a part of a day counts as one, since nothing is deleted too early."""
    return -(-seconds // _DAY)


def _unite(held: dict[str, _Said], said: _Said) -> Iterator[Diagnostic]:
    known = held.get(said.name)
    if known is None:
        held[said.name] = said
    elif said.name in _STRICTER:
        value = _STRICTER[said.name](known.value, said.value)
        held[said.name] = replace(known if value == known.value else said, value=value)
    elif known.value != said.value:
        yield problem(
            "W153",
            f"`{said.name}` is `{said.value}` here and `{known.value}` at {known.span}",
            said.span,
            "say it once",
        )


def _out_of_range(said: _Said) -> Iterator[Diagnostic]:
    least, most = RANGES.get(said.name, (1, RANGES["retention_days"][1]))
    number = isinstance(said.value, int) and not isinstance(said.value, bool)
    if number and not least <= said.value <= most:
        yield problem(
            "W154",
            f"`{said.name.rpartition('.')[2]}` of the audit log is {said.value}",
            said.span,
            f"write a value from {least} to {most}",
        )


def _refused(document: Document, path: tuple[str, ...], section: Any) -> Iterator[Diagnostic]:
    logging = section.logging
    storage = logging.storage if logging else None
    events = logging.events if logging else None
    sealed = [
        (("encryption",), section.encryption),
        (("storage", "encryption"), section.storage.encryption if section.storage else None),
        (("logging", "storage", "encryption"), storage.encryption if storage else None),
    ]
    for name in CLASSES:
        one = getattr(events, name, None)
        sealed.append((("logging", "events", name, "encryption"), one.encryption if one else None))
    if section.enabled is False:
        span = document.where((*path, "enabled"))
        yield problem("W154", "the record cannot be switched off", span, "leave `enabled` out")
    for steps, value in sealed:
        if _is_off(value):
            yield problem(
                "W154",
                "content of records is always sealed",
                document.where((*path, *steps)),
                "leave it out, or list under `clear_details` what stays readable",
            )


def _is_off(value: bool | str | None) -> bool:  # noqa: FBT001  # a switch or a word
    word = value.lower() if isinstance(value, str) else value
    return word is not None and word in _OFF


def _plan(held: Mapping[str, _Said]) -> AuditPlan:
    days = {
        name: held[f"content_days.{name}"].value
        for name in CLASSES
        if f"content_days.{name}" in held
    }
    lifted = {
        name.removeprefix("levels."): said.value
        for name, said in held.items()
        if name.startswith("levels.")
    }
    plain = {said.name: said.value for said in held.values() if "." not in said.name}
    settings = AuditSettings(
        **plain, content_days=ContentDays(**days), levels=CategoryLevels(**lifted)
    )
    return AuditPlan(settings, {name: said.span for name, said in sorted(held.items())})
