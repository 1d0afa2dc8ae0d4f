"""Exact questions about pattern languages, with shortest examples. Room: language."""

from wilkc.language.automata.commands import (
    CANONICAL_ARGUMENTS,
    arguments_of,
    command_language,
)
from wilkc.language.automata.hosts import FORBIDDEN_HOSTS, Hosts, hosts_of, shortest_host, union
from wilkc.language.automata.model import Included, Inconclusive, Language, Verdict, Witness
from wilkc.language.automata.names import CANONICAL_NAME, name_language
from wilkc.language.automata.paths import CANONICAL_PATH, extension_language, path_language
from wilkc.language.automata.question import DEFAULT_BUDGET, Negatives, difference

__all__ = [
    "CANONICAL_ARGUMENTS",
    "CANONICAL_NAME",
    "CANONICAL_PATH",
    "DEFAULT_BUDGET",
    "FORBIDDEN_HOSTS",
    "Hosts",
    "Included",
    "Inconclusive",
    "Language",
    "Negatives",
    "Verdict",
    "Witness",
    "arguments_of",
    "command_language",
    "difference",
    "extension_language",
    "hosts_of",
    "name_language",
    "path_language",
    "shortest_host",
    "union",
]
