"""Where each rule of a spec stands in its YAML. Layer: plan."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.contract import RuleRef
from wilkc.language.when import words
from wilkc.plan.model import Limit, Names, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.plan.model import Permissions

Entry = Rule[Any] | Limit | Names
_PLACED: Final = (Limit, Names)
_new_reference: Callable[[tuple[str, str, int, int, str]], RuleRef] = partial(
    tuple.__new__, RuleRef
)


def positions(permissions: Permissions) -> dict[str, RuleRef]:
    """Rule id to its place and text, for every rule, limit and set of words."""
    found = {name: _reference(held) for name, held in entries(permissions).items()}
    labels, conditional = permissions.data.labels, permissions.data.conditional
    if labels is not None and conditional:
        # They are one set, which has one entry's place, whichever of them counts.
        texts = sorted((*labels.values, *map(_text, conditional)))
        found[labels.id] = found[labels.id]._replace(text=", ".join(texts))
    return found


def entries(permissions: Permissions) -> dict[str, Entry]:
    """Every rule, limit and set of words by its id."""
    found: dict[str, Entry] = {}
    _gather(permissions, found)
    return found


def _gather(value: Any, found: dict[str, Entry]) -> None:
    if isinstance(value, tuple):
        for item in value:
            if isinstance(item, Rule):
                found[item.id] = item
    elif isinstance(value, _PLACED):
        found[value.id] = value
    elif isinstance(value, dict):
        for item in value.values():
            _gather(item, found)
    else:
        kind: Any = type(value)
        for name in _field_names(kind):
            held = getattr(value, name)
            if held is not None:
                _gather(held, found)


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; nothing else has any."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _reference(held: Entry) -> RuleRef:
    file, line, column, _, _ = held.span
    return _new_reference((held.id, file, line, column, _text(held)))


def _text(held: Entry) -> str:
    if isinstance(held, Rule):
        return held.text if held.when is None else held.text + words(held.when)
    if isinstance(held, Limit):
        return str(held.value)
    return ", ".join(sorted(held.values))
