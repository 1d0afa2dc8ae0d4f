"""Names of models, tools, agents, variables and packages, and their patterns. Room: language."""

from wilkc.language.names.rules import (
    NamePattern,
    name_matches,
    parse_name,
    parse_name_rule,
)

__all__ = ["NamePattern", "name_matches", "parse_name", "parse_name_rule"]
