"""Pydantic's errors in Wilk's words. Layer: spec."""

from __future__ import annotations

import difflib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.diagnostics import Diagnostic
from wilkc.language.when import TIME, attribute_problem
from wilkc.spec.documents import Step, key_span, locate
from wilkc.spec.models.base import PATTERN, WORDS, Section
from wilkc.syntax import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError

_WANTED: Final = {
    "string_type": "text",
    "literal_error": "text",
    "bool_type": "`true` or `false`",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "nothing",
}
_BOUNDS: Final = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}
FREE_FORM: Final = frozenset({"context", "arguments"})
"""Keys whose values are free JSON, where nothing stands for null."""
_ADVICE: Final = {
    "string_type": "write a text",
    "literal_error": "write one of the words that the key takes",
    "bool_type": "write `true` or `false`, without quotes",
    "int_type": "write digits alone, without quotes or a unit",
    "tuple_type": "write a list such as `[a, b]`, or `[]` for nobody",
}
"""What to write instead; everything else that is wanted is a mapping."""
_MAPPING: Final = "write `key: value` pairs below the key"
_QUOTE: Final = "put it into quotes if the text is meant"
_CONDITION: Final = "when"
"""The key below which attributes stand, and below these their tests."""
_TESTS: Final = (
    "tests are a list, `not`, `min` and `max`, `cidr`, or `present`, one for an attribute"
)
_TIMES: Final = (
    "a time is tested by `min`, `max`, and `between` with `tz` and `days`, or by `present`"
)
_QUANTITY: Final = "sizes: `10MB`, `64KiB`; times: `30s`, `15m`, `2h`, `30d`, `1y`; no signs"


def problems_of(error: ValidationError, root: Node) -> Iterator[Diagnostic]:
    """One diagnostic for every place that is wrong."""
    seen: set[tuple[object, str]] = set()
    for found in error.errors(include_url=False):
        diagnostic = _problem(dict(found), root)
        if (diagnostic.span, diagnostic.code) not in seen:
            seen.add((diagnostic.span, diagnostic.code))
            yield diagnostic


def doubtful_scalars(root: Node) -> Iterator[Diagnostic]:
    """Every plain scalar whose meaning is in doubt, and every key without a value."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            if node.doubtful or node.value is None:
                yield _doubt(node)
        elif isinstance(node, Sequence):
            pending.extend(node.items)
        else:
            pending.extend([value for name, value in node.entries if name.text not in FREE_FORM])


def _doubt(node: Scalar) -> Diagnostic:
    if not node.doubtful:
        return Diagnostic(
            "W109",
            "error",
            "a key without a value",
            node.span,
            help="write `[]` for nobody, or leave the key out for the default",
        )
    return Diagnostic(
        "W100",
        "error",
        f"`{node.text}` is doubtful: {node.doubtful}",
        node.span,
        help=f"write '{node.text}' in quotes for the text, or the value that is meant",
    )


def _problem(found: dict[str, Any], root: Node) -> Diagnostic:
    kind, path, context = found["type"], tuple(found["loc"]), found.get("ctx", {})
    path = _real_path(root, path)
    node = locate(root, path)
    if kind == PATTERN:
        return _pattern_problem(context, node)
    if kind == WORDS:
        return Diagnostic(
            context["code"],
            "error",
            context["message"],
            node.span,
            help=context["help"] or _QUANTITY,
        )
    if kind == "extra_forbidden":
        return _unknown_key(root, path)
    if kind == "missing":
        name = found["loc"][-1]
        return Diagnostic(
            "W102", "error", f"`{name}` is missing", node.span, help=f"add `{name}:` here"
        )
    if kind in {"literal_error", "enum"} and _is_text(node):
        message = f"`{_shown(node)}` is not one of {context['expected']}".replace("'", "`")
        return Diagnostic("W103", "error", message, node.span, help=_near(context, node))
    if kind in _BOUNDS or kind in {"string_too_short", "too_short"}:
        return _out_of_range(kind, context, node)
    wanted = _WANTED.get(kind, "another kind of value")
    message = f"expected {wanted}, not {_what(node)}"
    advice = _ADVICE.get(kind, _MAPPING)
    if kind in {"string_type", "literal_error"} and isinstance(node, Scalar):
        advice = _QUOTE
    return Diagnostic("W101", "error", message, node.span, help=advice)


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str)


def _out_of_range(kind: str, context: dict[str, Any], node: Node) -> Diagnostic:
    if kind not in _BOUNDS:
        advice = "write something, or leave it out"
        return Diagnostic("W104", "error", "the text is empty", node.span, help=advice)
    name, word = _BOUNDS[kind]
    message = f"expected a number of {word} {context[name]}"
    advice = f"write {context[name]}, or leave the key out"
    return Diagnostic("W104", "error", message, node.span, help=advice)


def _real_path(root: Node, path: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps of pydantic's path that are keys and indices, not names of alternatives."""
    real: list[Step] = []
    for index, step in enumerate(path):
        holder = locate(root, tuple(real))
        known = isinstance(holder, Mapping) and any(key.text == step for key, _ in holder.entries)
        listed = isinstance(holder, Sequence) and isinstance(step, int)
        if known or listed or (index == len(path) - 1 and isinstance(holder, Mapping)):
            real.append(step)
    return tuple(real)


def _pattern_problem(context: dict[str, Any], node: Node) -> Diagnostic:
    span = node.span
    if isinstance(node, Scalar) and context["end"] > context["start"]:
        quoted = 0 if node.plain else 1
        written = span.end_column - span.column
        if span.line == span.end_line and written == len(node.text) + 2 * quoted:
            span = span.within(context["start"] + quoted, context["end"] + quoted)
    return Diagnostic(context["code"], "error", context["message"], span, help=context["help"])


def _unknown_key(root: Node, path: tuple[Step, ...]) -> Diagnostic:
    if _CONDITION in path[-3:-1]:
        return _unknown_test(root, path)
    name = str(path[-1])
    holder = locate(root, path[:-1])
    written = {key.text for key, _ in holder.entries} if isinstance(holder, Mapping) else set()
    # Sections that have a key of this name are others: it is unknown in this one.
    siblings = written - {name}
    best = max(_vocabularies(), key=lambda words: len(words & siblings)) - {name}
    near = difflib.get_close_matches(name, sorted(best), n=1)
    if not near:
        every = sorted(frozenset().union(*_vocabularies()) - {name})
        near = difflib.get_close_matches(name, every, n=1, cutoff=0.75)
    advice = f"did you mean `{near[0]}`?" if near else "leave it out"
    return Diagnostic("W108", "error", f"unknown key `{name}`", key_span(root, path), help=advice)


def _unknown_test(root: Node, path: tuple[Step, ...]) -> Diagnostic:
    message = f"`when` cannot test `{path[-1]}`"
    advice = _TIMES if path[-2] == TIME else _TESTS
    if path[-2] == _CONDITION:
        advice = attribute_problem(str(path[-1])) or _TESTS
    return Diagnostic("W113", "error", message, key_span(root, path), help=advice)


@cache
def _vocabularies() -> tuple[frozenset[str], ...]:
    """The keys of every kind of section."""
    found = []
    pending: list[type[Section]] = [Section]
    while pending:
        section = pending.pop()
        pending.extend(section.__subclasses__())
        keys = {field.alias or name for name, field in section.model_fields.items()}
        found.append(frozenset(keys))
    return tuple(sorted(found, key=sorted))


def _near(context: dict[str, Any], node: Node) -> str:
    words = [word.strip("' ") for word in context["expected"].replace(" or ", ",").split(",")]
    near = difflib.get_close_matches(_shown(node), words, n=1)
    return f"did you mean `{near[0]}`?" if near else ""


def _shown(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else _what(node)


def _what(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return f"the truth value `{node.text}`"
    if isinstance(node.value, int):
        return f"the number `{node.text}`"
    return f"the text `{node.text}`"
