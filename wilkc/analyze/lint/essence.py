"""What permissions say, apart from where it is written. Layer: analyze (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.plan.model import Limit, NameLists, Names, Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from wilkc.core.spans import Span

_PLACES: Final = frozenset({"id", "text", "span"})


def essence(value: Any, dropped: Collection[Span] = ()) -> Hashable:
    """Permissions as a value that compares by what is granted and blocked.

    Rules have neither place, order nor repetition in it, and empty lists are as absent ones.

    Args:
        value: permissions, or a part of them.
        dropped: rules that stand at these places are left out.
    """
    if is_dataclass(value):
        places = _PLACES if isinstance(value, Rule | Limit | Names) else frozenset()
        held = [one.name for one in fields(value) if one.name not in places]
        return type(value), tuple(essence(getattr(value, name), dropped) for name in held)
    if isinstance(value, Mapping):
        items = {key: essence(item, dropped) for key, item in value.items()}
        return frozenset((key, item) for key, item in items.items() if item not in _EMPTY)
    if isinstance(value, tuple | list):
        if any(isinstance(one, Rule) for one in value):
            kept = frozenset(essence(one) for one in value if one.span not in dropped)
            return kept or ()
        return tuple(essence(one, dropped) for one in value)
    held_value: Hashable = value
    return held_value


_EMPTY: Final = ((), essence(NameLists()))
