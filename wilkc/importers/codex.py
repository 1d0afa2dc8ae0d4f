"""Command rules of Codex: `.rules` files of its execpolicy. Layer: importers (pure).

They are Starlark, of which only calls of `prefix_rule` with literal arguments are understood; that
part is also Python's syntax, and is parsed, never run. Of several matching rules the strictest
holds. `prompt` is blocked, as Wilk does not ask. The source reads no file with a rule whose own
examples (`match`, `not_match`) say otherwise than the rule.
"""

from __future__ import annotations

import ast
import itertools
import shlex
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.importers.codex_required import MAX_PREFIXES, read_required
from wilkc.importers.prefixes import allowed_prefix, block_prefix

if TYPE_CHECKING:
    from wilkc.importers.draft import Draft

_IGNORED: Final = frozenset({"justification", "match", "not_match"})
_DECISIONS: Final = frozenset({"allow", "prompt", "forbidden"})


def read_codex(name: str, data: bytes, draft: Draft) -> None:
    """Add the rules of one file.

    Raises:
        UsageError: the file is not text that can be parsed, or the source would refuse it.
    """
    if name.endswith(".toml"):
        read_required(name, data, draft)
        return
    try:
        text = data.decode("utf-8")
        module = ast.parse(text)
    except (UnicodeDecodeError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise UsageError(f"`{name}`{line} cannot be read as rules") from error
    for statement in module.body:
        place = f"{name} line {statement.lineno}"
        shown = (ast.get_source_segment(text, statement) or "").split("\n", 1)[0]
        rule = _rule(statement)
        if rule is None:
            # It might forbid something.
            draft.empty("shell", place, shown)
            continue
        decision, prefixes, examples = rule
        if not _agree(prefixes, examples):
            raise UsageError(f"`{name}` line {statement.lineno}: an example contradicts its rule")
        for words in prefixes:
            _carry(draft, decision, words, place, shown)


def _carry(draft: Draft, decision: str, words: tuple[str, ...], place: str, shown: str) -> None:
    if decision == "allow":
        draft.allow("shell.allowed_commands", allowed_prefix(words), place, shown=shown)
    else:
        block_prefix(draft, words, place, shown)


def _rule(
    statement: ast.stmt,
) -> tuple[str, list[tuple[str, ...]], list[tuple[Any, bool]]] | None:
    """Decision, prefixes and examples of a statement, or None where it is not understood."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.args or not isinstance(call.func, ast.Name):
        return None
    if call.func.id != "prefix_rule":
        return None
    try:
        given = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
    if len(given) != len(call.keywords) or not set(given) <= _IGNORED | {"pattern", "decision"}:
        return None
    decision = given.get("decision", "allow")
    prefixes = _prefixes(given.get("pattern"))
    if not isinstance(decision, str) or decision not in _DECISIONS or prefixes is None:
        return None
    examples = [(given.get(key, []), key == "match") for key in ("match", "not_match")]
    return decision, prefixes, examples


def _agree(prefixes: list[tuple[str, ...]], examples: list[tuple[Any, bool]]) -> bool:
    """Whether all examples say what a rule says, as far as they are understood."""
    for listed, wanted in examples:
        if not isinstance(listed, list):
            return False
        for example in listed:
            words = _words_of(example)
            if words is None or wanted != any(
                words[: len(prefix)] == prefix for prefix in prefixes
            ):
                return False
    return True


def _words_of(example: Any) -> tuple[str, ...] | None:
    """The words of an example, which is a list of them or a line."""
    if isinstance(example, str):
        try:
            return tuple(shlex.split(example))
        except ValueError:
            return None
    if isinstance(example, list) and all(isinstance(one, str) for one in example):
        return tuple(example)
    return None


def _prefixes(pattern: Any) -> list[tuple[str, ...]] | None:
    if not isinstance(pattern, list) or not pattern:
        return None
    choices = [one if isinstance(one, list) else [one] for one in pattern]
    count = 1
    for choice in choices:
        count *= len(choice)
        if not choice or not all(isinstance(one, str) and one for one in choice):
            return None
        if count > MAX_PREFIXES:
            return None
    return list(itertools.product(*choices))
