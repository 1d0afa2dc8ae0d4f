"""The second shape's words: which rule sections count at all. Layer: plan.

A word opens nothing itself; it lets the rule section of that name count, for the kernel and
for decisions alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.core.diagnostics import Diagnostic
from wilkc.language.atoms import ALLOW
from wilkc.language.hosts import HostPattern, matches_name, parse_host_rule
from wilkc.plan.model import FilePlan, NetworkPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.plan.model import HostRule, Permissions
    from wilkc.spec import Document, Sandbox

WORDS: Final = ("fs", "read", "write", "net", "run", "env", "crypto")
_FILES: Final = frozenset({"read", "write"})
_READING: Final = frozenset({"read", "execute", "watch"})
_WRITING: Final = frozenset({"write", "delete"})


def granted_words(section: Sandbox) -> frozenset[str]:
    """The words that count, `fs` split into `read` and `write`."""
    asked = section.permissions
    if asked is None:
        return _split(WORDS)
    allowed = _split(WORDS if asked.allow is None else asked.allow)
    return allowed - _split(asked.deny or ())


def check_words(section: Sandbox, document: Document) -> Iterator[Diagnostic]:
    """Words that are not there, and `crypto`, which cannot be taken away."""
    asked = section.permissions
    if asked is None:
        return
    for key, words in (("allow", asked.allow or ()), ("deny", asked.deny or ())):
        for number, word in enumerate(words):
            span = document.where(("sandbox", "permissions", key, number))
            if word not in WORDS:
                yield Diagnostic(
                    "W172", "error", f"`{word}` is no permission word of the sandbox", span,
                    help=f"the words are {', '.join(f'`{one}`' for one in WORDS)}",
                )  # fmt: skip
            elif word == "crypto" and key == "deny":
                yield Diagnostic(
                    "W179", "error", "`crypto` cannot be taken away from a process", span,
                    help="leave it out; what a process computes with is its own",
                )  # fmt: skip


def granted_permissions(section: Sandbox | None, own: Permissions) -> Permissions:
    """The permissions as far as the words of the sandbox section let them count.

    Args:
        section: the sandbox section, or None where there is none.
        own: what the rule sections grant.

    Returns:
        The same permissions without the sections that do not count; decisions and mounts
        are both made from them.
    """
    if section is None:
        return own
    words = granted_words(section)
    resources = section.resources
    hosts = (
        None
        if resources is None or resources.network is None
        else (resources.network.allowed_hosts)
    )
    network = own.network if "net" in words else NetworkPlan()
    if hosts is not None:
        network = _limited(network, tuple(hosts))
    return replace(own, file=_files(own.file, words), network=network)


def _files(plan: FilePlan, words: frozenset[str]) -> FilePlan:
    kept = (_READING if "read" in words else frozenset()) | (
        _WRITING if "write" in words else frozenset()
    )
    return replace(plan, allow={key: rules for key, rules in plan.allow.items() if key in kept})


def _limited(network: NetworkPlan, hosts: tuple[str, ...]) -> NetworkPlan:
    """Only what both lists of hosts take; `[]` is nobody."""
    others = [pattern for text in hosts for pattern in parse_host_rule(text)]
    rules = (_narrowed(rule, others) for rule in network.allow)
    return replace(network, allow=tuple(rule for rule in rules if rule.patterns))


def _narrowed(rule: HostRule, others: list[HostPattern]) -> HostRule:
    both = [_both(one, other) for one in rule.patterns for other in others]
    kept = tuple(dict.fromkeys(pattern for pattern in both if pattern is not None))
    return replace(rule, patterns=kept)


def _both(one: HostPattern, other: HostPattern) -> HostPattern | None:
    """What two host patterns have in common, or None where that is nothing."""
    if one == other:
        return one
    for wide, narrow in ((one, other), (other, one)):
        if wide.shape == "any" and narrow.shape in {"name", "suffix"}:
            return narrow
        if wide.shape == "suffix" and narrow.shape in {"name", "suffix"}:
            covers = matches_name(wide, narrow.text, ALLOW)
            if covers:
                return narrow
    return None


def _split(words: tuple[str, ...] | list[str]) -> frozenset[str]:
    found = frozenset(words)
    return found | _FILES if "fs" in found else found
