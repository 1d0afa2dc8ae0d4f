"""How much attention a widening deserves, and why. Layer: analyze.

The rank is advice for a reader; it decides nothing by itself. It goes by everything that the
entry newly allows, not by the example alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.secrets import languages_of
from wilkc.language.automata import CANONICAL_PATH, Included, difference
from wilkc.language.commands import TABLES, AnyArgument, program_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.analyze.difference.model import Risk
    from wilkc.core.contract import RuleRef
    from wilkc.language.automata import Language, Negatives
    from wilkc.language.commands import CommandPattern
    from wilkc.plan.model import HostRule

    Ranked = tuple[Risk, str]

_VERBS: Final[Mapping[str, str]] = {
    "read": "read", "write": "written", "execute": "run", "delete": "deleted", "watch": "watched",
}  # fmt: skip
_DOES: Final[Mapping[str, str]] = {
    "git push": "changes a remote", "npm publish": "publishes a package",
    "docker push": "publishes an image", "gh": "acts on the code host",
    "kubectl": "acts on a cluster", "terraform": "changes infrastructure",
    "aws": "acts on the cloud account", "gcloud": "acts on the cloud account",
    "az": "acts on the cloud account", "curl": "sends and fetches", "wget": "fetches files",
    "rm": "deletes files", "dd": "overwrites files", "chmod": "changes rights",
    "chown": "changes owners", "pip": "installs code", "npm install": "installs code",
    "make": "runs what the Makefile says", "npm": "runs what package.json says",
}  # fmt: skip
"""Programs, some with their sub-command, to what they do; the longer name counts."""
_FORCED: Final = frozenset({"git", "rm", "docker", "npm"})
_INTERPRETER: Final = re.compile(TABLES.interpreters)


@dataclass(frozen=True, slots=True)
class Granted:
    """Files that one entry newly allows.

    Attributes:
        example: one of them.
        languages: all of them are in one of these.
        blocked: and in none of these.
        extensions: if not None, each ends in one of these.
        budget: steps that one look may take.
    """

    example: str
    languages: Sequence[Language]
    blocked: Negatives
    extensions: frozenset[str] | None
    budget: int

    def touched(self, table: str) -> str:
        """The kind of files of a table that are, or may be, among them; or empty."""
        for kind, one in languages_of(table, self.extensions):
            if one.holds(self.example):
                return kind
        for kind, one in languages_of(table, self.extensions):
            if any(self._meets(language, one) for language in self.languages):
                return kind
        return ""

    def _meets(self, language: Language, one: Language) -> bool:
        if not language.may_meet(one) or not _is_open(one, self.blocked, self.budget):
            return False
        verdict = difference(language & one, self.blocked, budget=self.budget)
        return not isinstance(verdict, Included)


@lru_cache(maxsize=4_096)
def _is_open(one: Language, blocked: Negatives, budget: int) -> bool:
    """Whether the blocks leave any of these files; worked out once for the same blocks."""
    verdict = difference(CANONICAL_PATH & one, blocked, budget=budget)
    return not isinstance(verdict, Included)


def file_risk(action: str, granted: Granted) -> Ranked:
    """The rank of newly allowed files.

    Args:
        action: what may be done to them.
        granted: the files.
    """
    secret = granted.touched("secrets") if action != "execute" else ""
    if secret:
        return "high", f"{secret}: secrets may be {_VERBS[action]}"
    build = granted.touched("builds") if action in {"write", "delete"} else ""
    if build:
        return "high", f"{build}, which others run, may be {_VERBS[action]}"
    if action in {"read", "watch"}:
        return "low", f"further files may be {_VERBS[action]}"
    return "medium", f"further files may be {_VERBS[action]}"


def name_risk(kind: str, action: str, rule: RuleRef | None) -> Ranked:
    """The rank of newly allowed names."""
    text = rule.text if rule else ""
    if kind == "system":
        if action == "admin":
            return "high", "the system may be administered"
        if action in {"config.modify", "env.write", "registry.publish", "registry.install"}:
            return "medium", f"`{action}` changes what others run"
        return "low", "more of the system may be seen"
    if kind == "tool":
        if "*" in text:
            return "medium", f"every tool that `{text}` takes, also those to come"
        return "medium", "a further tool may be called"
    if kind == "agent":
        wide: Risk = "medium" if action != "use" or "*" in text else "low"
        return wide, "further agents may be " + _agent_verb(action)
    return ("medium" if text == "*" else "low"), "a further model may be asked"


def _agent_verb(action: str) -> str:
    return {"use": "used", "create": "created", "modify": "changed"}.get(action, f"{action}d")


def host_risk(rule: HostRule | None, host: str, *, private: bool) -> Ranked:
    """The rank of newly allowed connections.

    Args:
        rule: the entry that allows them.
        host: of the example.
        private: whether private addresses are among them.
    """
    shapes = {pattern.shape for pattern in rule.patterns} if rule else set()
    if "any" in shapes:
        return "high", "any host can be reached"
    if private:
        return "high", "private addresses can be reached"
    if "suffix" in shapes:
        return "medium", "every host below this name can be reached"
    return "medium", f"`{host}` can be reached"


def is_interpreter(program: str) -> bool:
    """Whether a program runs scripts."""
    return _INTERPRETER.fullmatch(program) is not None


def command_risk(patterns: Sequence[CommandPattern], argv: Sequence[str]) -> Ranked:
    """The rank of newly allowed commands.

    Args:
        patterns: of the entry that allows them.
        argv: the example.
    """
    program = program_name(tuple(argv))
    does, aside = _does(argv), _aside(patterns)
    if is_interpreter(program):
        return "high", f"`{program}` runs code that it is given{aside}"
    if program in TABLES.wrappers:
        return "high", f"`{program}` runs other commands{aside}"
    if program in TABLES.guards or program in TABLES.scripts:
        return "high", (does or f"`{program}` can be told to run or write something else") + aside
    if any(one.rest and not one.arguments for one in patterns):
        return "high", f"{does}{aside}" if does else f"`{program}` with any arguments"
    return "medium", (does or f"`{program}` may be run") + aside


def _aside(patterns: Sequence[CommandPattern]) -> str:
    if not any(one.rest or AnyArgument() in one.arguments for one in patterns):
        return ""
    forced = any(one.program in _FORCED for one in patterns)
    return "; `*` also admits --force" if forced else "; `*` admits any arguments"


def _does(argv: Sequence[str]) -> str:
    name = program_name(tuple(argv))
    both = f"{name} {argv[1]}" if len(argv) > 1 else name
    return _DOES.get(both) or _DOES.get(name) or ""
