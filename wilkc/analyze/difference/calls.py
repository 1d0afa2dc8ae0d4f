"""Calls of tools that conform to what is demanded. Layer: analyze. LANGUAGE.md section 8."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.boundary.names import around_name
from wilkc.language.names import name_matches
from wilkc.language.schemas import INDEX, MAX_NUMBER, Schema, conforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wilkc.analyze.difference.sides import Side
    from wilkc.core.contract import Json
    from wilkc.language.schemas import Check
    from wilkc.plan import SpecPlan

_SAMPLES: Final[Mapping[str, Json]] = {
    "object": {}, "array": [], "string": "", "integer": 0, "number": 0, "boolean": True,
    "null": None,
}  # fmt: skip
_PLAIN: Final[tuple[Json, ...]] = ("", 0, {}, True)
_UNREADABLE: Final[Json] = {"a": MAX_NUMBER + 1}
"""Arguments that no schema takes, because readers of JSON differ about them."""
MAX_ROUNDS: Final = 8
"""Times that arguments are mended until they conform."""

Place = tuple[str, ...]


def call_properties(side: Side, name: str) -> Iterator[dict[str, Json]]:
    """Properties of a request to call a tool, of which each spec that can be met takes one."""
    for spec in side.specs:
        arguments = sample_arguments(spec, name)
        signers = (
            sorted(spec.permissions.tools.signed.values) if spec.permissions.tools.signed else ()
        )
        for signer in signers or ("",):
            properties: dict[str, Json] = {"signed_by": signer} if signer else {}
            if arguments:
                properties["arguments"] = arguments
            if arguments is not None:
                yield properties


def sample_arguments(
    spec: SpecPlan, name: str, given: dict[str, Json] | None = None
) -> dict[str, Json] | None:
    """Arguments that conform to all schemas of a tool, or None if none were found.

    Args:
        spec: whose schemas.
        name: of the tool.
        given: what they shall hold.
    """
    schemas = _schemas(spec, name)
    arguments = given or {}
    for _ in range(MAX_ROUNDS):
        if all(conforms(schema, arguments) for schema in schemas):
            return arguments
        for schema in schemas:
            arguments = _mended(schemas, schema, arguments)
    return None


def _schemas(spec: SpecPlan, name: str) -> list[Schema]:
    return [
        rule.schema
        for rule in spec.permissions.tools.arguments
        if any(name_matches(pattern, name, fold=True) for pattern in rule.patterns)
    ]


def violating(spec: SpecPlan, name: str, place: Place, check: Check) -> Iterator[dict[str, Json]]:
    """Arguments that conform to all schemas of a tool and may violate a check of another one.

    Args:
        spec: whose schemas.
        name: of the tool.
        place: of the check.
        check: what shall be violated.
    """
    schemas = _schemas(spec, name)
    own = [one for schema in schemas for one in schema.checks.get(place, ())]
    for value in (*_against(check, own), *_candidates(own)):
        given = _with(place, value)
        if isinstance(given, dict) and not _passed([check], value):
            arguments = sample_arguments(spec, name, given)
            if arguments is not None:
                yield arguments


def _with(place: Place, value: Json) -> Json:
    """What holds a value at a place and nothing else."""
    value = deepcopy(value)
    for step in reversed(place):
        value = [value] if step == INDEX else {step: value}
    return value


def _against(check: Check, own: Sequence[Check]) -> Iterator[Any]:
    """Values that may violate a check, the plainest first.

    Args:
        check: what shall be violated.
        own: the checks that the values shall pass.
    """
    wanted = check.wanted
    match check.keyword:
        case "minimum" | "maximum":
            yield wanted + (1 if check.keyword == "maximum" else -1)
        case "minLength" | "maxLength":
            yield "a" * (wanted + (1 if check.keyword == "maxLength" else -1))
        case "minItems" | "maxItems":
            count = wanted + (1 if check.keyword == "maxItems" else -1)
            yield from ([one] * count for one in _PLAIN)
        case "required":
            yield {}
        case "closed":
            named = (name for one in own if one.keyword == "closed" for name in one.wanted)
            names = [name for name in (*named, "a", "b", "other") if name not in wanted]
            yield from ({name: one} for name in names for one in _PLAIN)
        case _:
            yield from (*_SAMPLES.values(), 1.5, "a", "b", 1, [""], _UNREADABLE)
            yield from (near for value in _near(check, *own) for near in _beside(value))


def _near(*checks: Check) -> Iterator[Any]:
    """Values and bounds that checks name."""
    for check in checks:
        if check.keyword == "enum":
            yield from check.wanted
        elif check.keyword in {"minimum", "maximum"}:
            yield check.wanted


def _beside(value: Any) -> Iterator[Any]:
    if isinstance(value, str):
        yield f"{value}a"
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from (value - 1, value + 1)


def _mended(schemas: Sequence[Schema], schema: Schema, given: dict[str, Json]) -> dict[str, Json]:
    """The arguments with every required member of a place that is there."""
    for place, checks in sorted(schema.checks.items(), key=lambda item: len(item[0])):
        value = _at(given, place)
        if not isinstance(value, dict):
            continue
        for check in checks:
            if check.keyword == "required":
                for name in check.wanted:
                    value.setdefault(name, _value(schemas, (*place, name)))
    return given


def _at(value: Json, place: Place) -> Json:
    for step in place:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _value(schemas: Sequence[Schema], place: Place) -> Json:
    """A value for one place that all checks on it take, or the nearest guess."""
    checks = [check for schema in schemas for check in schema.checks.get(place, ())]
    candidates = list(_candidates(checks))
    return deepcopy(max(candidates, key=lambda value: _passed(checks, value)))


def _passed(checks: Sequence[Check], value: Json) -> int:
    alone = [_alone(check) for check in checks]
    return sum(conforms(schema, {"a": value}) for schema in alone)


def _alone(check: Check) -> Schema:
    return Schema({("a",): (check,)})


def _candidates(checks: Sequence[Check]) -> Iterator[Json]:
    for check in checks:
        yield from _suggested(check)
    yield from ("", 0, {}, [], True, None, "a")


def _suggested(check: Check) -> Iterator[Any]:
    wanted = check.wanted
    match check.keyword:
        case "enum":
            yield from wanted
        case "minimum" | "maximum":
            yield wanted
        case "minLength":
            yield "a" * wanted
        case "minItems":
            yield [0] * wanted
        case "x-glob":
            for pattern in wanted:
                yield from around_name(pattern).members[:8]
        case "type":
            yield from (_SAMPLES[name] for name in wanted)
