"""The `filesystem` category as data for `policies/lib/wilk/file`. Layer: emit.

A pattern goes into one bucket in which every matching path looks. The keys of a path are the
pieces between its slashes and dots; those of a pattern are the pieces that it fixes, and it
stands under the one that the fewest patterns of its list have. Where it fixes none it stands
under `-`, as folded patterns do: they match several spellings.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final

from wilkc.emit.alternation import Entry, bucket
from wilkc.emit.regex import path_regex
from wilkc.language.atoms import Literal
from wilkc.language.paths import GLOBSTAR, PathPattern
from wilkc.plan.judges.files import FILE_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.core.contract import Json
    from wilkc.plan.model import FilePlan, Limit, Rule

SIZED_CONDITION = "max_bytes"
REST: Final = "-"
"""The bucket that every path looks in."""
SHOWN: Final = "."
"""The key that no path has."""


def file_data(plan: FilePlan, *, fold: bool) -> Json:
    """The JSON under `profiles[pid].file`."""
    return {
        # An action without rules has its own list too: what is missing cannot be judged.
        "allow": {
            action: path_list(plan.allow.get(action, ()), fold=fold) for action in FILE_ACTIONS
        },
        "block": _shown(path_list(plan.block, fold=fold)),
        "extensions": {
            "any": plan.extensions is None,
            "rule": plan.extensions.id if plan.extensions else "",
            "held": dict.fromkeys(sorted(plan.extensions.values), True) if plan.extensions else {},
        },
        "max_file_size": limit_data(plan.max_file_size),
        "conditions": _conditions(plan),
    }


def _shown(blocks: Json) -> Json:
    """A list with a bucket in which no path looks: who looks there sees that the buckets exist."""
    return {**blocks, "any": {SHOWN: "", **blocks["any"]}}


def limit_data(limit: Limit | None) -> Json:
    """A limit as a leaf to compare with; `any` is true where there is none."""
    if limit is None:
        return {"any": True}
    return {"any": False, "rule": limit.id, "value": limit.value}


def path_list(rules: Iterable[Rule[PathPattern]], *, fold: bool) -> Json:
    """A list of path rules in buckets, with `n`, the number of rules."""
    held = tuple(rules)
    if not held:
        return {"n": 0, "any": {}, "each": {}}
    placed = [
        (pattern, () if fold else keys_of(pattern), rank, rule.id)
        for rank, rule in enumerate(held)
        for pattern in rule.patterns
    ]
    found = Counter(chain.from_iterable(keys for _, keys, _, _ in placed))
    buckets: dict[str, list[Entry]] = defaultdict(list)
    for pattern, keys, rank, rule_id in placed:
        key = min(keys, key=lambda piece: (found[piece], piece), default=REST)
        buckets[key].append((path_regex(pattern, fold=fold), rank, rule_id))
    parts = {key: bucket(entries) for key, entries in buckets.items()}
    return {"n": len(held), **{name: _members(parts, name) for name in ("any", "each")}}


def _members(parts: Mapping[str, Json], name: str) -> Json:
    """One member of each bucket: the store converts no more than what is asked for."""
    return {key: part[name] for key, part in parts.items()}


def keys_of(pattern: PathPattern) -> tuple[str, ...]:
    """The pieces between slashes and dots that every path has which the pattern matches."""
    # NUL, which stands in no path, marks where something else may be; no piece touches it.
    text = ".".join(
        [
            "".join([atom.text if isinstance(atom, Literal) else "\0" for atom in part])
            for part in pattern.parts
            if part is not GLOBSTAR
        ]
    )
    return tuple([piece for piece in text.split(".") if piece and "\0" not in piece])


def _conditions(plan: FilePlan) -> list[Json]:
    limit = plan.max_file_size
    if limit is None:
        return []
    return [{"id": limit.id, "type": SIZED_CONDITION, "properties": {SIZED_CONDITION: limit.value}}]
