"""What an administrator of Codex requires: `requirements.toml`. Layer: importers (pure).

Its `rules.prefix_rules` forbid, or ask, and never allow (developers.openai.com/codex, "Managed
configuration"). Every other key is told; so are those of a `config.toml`, which has no rules.
"""

from __future__ import annotations

import itertools
import tomllib
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.importers.prefixes import block_prefix

if TYPE_CHECKING:
    from wilkc.importers.draft import Draft

MAX_PREFIXES: Final = 200
"""Prefixes that the alternatives of one rule may stand for."""
_RULES: Final = "rules"
_PREFIXES: Final = "prefix_rules"
_NO_RULE: Final = "is not a rule"


def read_required(name: str, data: bytes, draft: Draft) -> None:
    """Add the denials of one file.

    Raises:
        UsageError: it is not TOML.
    """
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"`{name}` cannot be read as TOML: {error}") from error
    for key, value in document.items():
        if key != _RULES:
            draft.leave_out(f"{name} {key}", key, _NO_RULE)
            continue
        rules = value if isinstance(value, dict) else {_RULES: value}
        for inner, given in rules.items():
            place = f"{name} {key}.{inner}"
            if inner != _PREFIXES or not isinstance(given, list):
                draft.empty("shell", place, inner)
                continue
            for at, rule in enumerate(given):
                _rule(f"{place}[{at}]", rule, draft)


def _rule(place: str, rule: Any, draft: Draft) -> None:
    """Whatever a rule decides, it takes away: what is odd takes everything."""
    tokens = rule.get("pattern") if isinstance(rule, dict) else None
    choices = [_choices(one) for one in tokens] if isinstance(tokens, list) else []
    count = 1
    for one in choices:
        count *= len(one)
    if not choices or not 0 < count <= MAX_PREFIXES:
        draft.empty("shell", place, str(tokens))
        return
    for words in itertools.product(*choices):
        block_prefix(draft, words, place, " ".join(words))


def _choices(token: Any) -> list[str]:
    """The words that one place of a pattern stands for; none where it is not understood."""
    held = token if isinstance(token, dict) and len(token) == 1 else {}
    found = [held["token"]] if "token" in held else held.get("any_of")
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        return []
    return found
