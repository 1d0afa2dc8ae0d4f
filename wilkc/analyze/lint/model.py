"""What a check is given, and what it gives. Layer: analyze (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from wilkc.core.diagnostics import Diagnostic
from wilkc.plan import DEFAULTS_PATH, default_permissions, perhaps
from wilkc.spec import AgentSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wilkc.core.spans import Span
    from wilkc.plan import Family, Plan
    from wilkc.plan.model import Limit, Names, Permissions, Rule
    from wilkc.spec import Document, SecurityPolicy
    from wilkc.spec import Permissions as Section

    R = TypeVar("R", bound=Rule[Any])


@dataclass(frozen=True, slots=True)
class Finding:
    """Something valid that deserves a second look.

    Attributes:
        diagnostic: always a warning.
        about: what it is about, without places, for example `filesystem.read ./**`: with code
            and file it says whether two findings are the same.
        removable: whether the entry at the diagnostic's place may be taken out without any
            change of meaning.
        line_above: a line that may be put before the document's first key without any change
            of meaning, or empty.
    """

    diagnostic: Diagnostic
    about: str
    removable: bool = False
    line_above: str = ""


@dataclass(frozen=True)
class Subject:
    """One set of permissions, of a spec or of the organisation's defaults.

    Attributes:
        name: what the spec is called; empty for defaults.
        document: where it stands.
        path: the keys that lead to it.
        section: as it is written.
        permissions: as it may hold, with everything inherited: without conditional blocks.
        written: the same with all blocks.
        fold: whether its paths ignore case.
        family: all documents it was compiled with.
        hosts: every single host name that any of them lists.
        lone: whether its lists are read nowhere in another way: specs that extend it may
            ignore case or have a sandbox with other hosts.
    """

    name: str
    document: Document
    path: tuple[str, ...]
    section: Section
    permissions: Permissions
    written: Permissions
    fold: bool
    family: Family
    hosts: frozenset[str]
    lone: bool

    @property
    def model(self) -> AgentSpec | None:
        """The spec, or None for defaults."""
        return self.document.model if isinstance(self.document.model, AgentSpec) else None

    @property
    def policy(self) -> SecurityPolicy | None:
        """The organisation's policy, if there is one."""
        return self.family.policy[1] if self.family.policy else None

    def where(self, *steps: str | int) -> Span:
        """The place of a value below the permissions."""
        return self.document.where((*self.path, *steps))

    @cached_property
    def kept(self) -> dict[str, Any]:
        """What checks work out once for each other, by names of their own."""
        return {}


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        code: its code, registered in `wilkc.core.codes.lint`.
        run: every finding in one subject.
    """

    code: str
    run: Callable[[Subject], Iterator[Finding]]


def own(rules: Iterable[R]) -> Iterator[R]:
    """The rules that are written in the subject itself and not inherited."""
    return (rule for rule in rules if is_own(rule))


def is_own(held: Rule[Any] | Limit | Names | None) -> bool:
    """Whether something is there and written in the subject itself; see `Place.origin`."""
    return held is not None and "/" not in held.id


def warning(  # noqa: PLR0913 - the parts of a diagnostic
    code: str, message: str, span: Span, *, about: str, label: str = "", advice: str = ""
) -> Finding:
    """A finding that nothing mends by itself."""
    return Finding(Diagnostic(code, "warning", message, span, label, advice), about)


def subjects(plan: Plan, family: Family) -> Iterator[Subject]:
    """Every spec, and the organisation's defaults."""
    hosts = frozenset(_host_names(plan))
    bases = {base for held in family.specs.values() for base in held.model.extends}
    alike = len({spec.fold for spec in plan.specs.values()}) <= 1
    for name, spec in plan.specs.items():
        held = family.specs[name]
        if held.grants:
            # What is found in it is found in the spec without them, and that lasts.
            continue
        yield Subject(
            name,
            held.document,
            ("permissions",),
            held.model.permissions,
            perhaps(spec.permissions),
            spec.permissions,
            spec.fold,
            family,
            hosts,
            name not in bases or (alike and held.model.sandbox is None),
        )
    document, policy = family.policy or (None, None)
    if document is not None and policy is not None and policy.agent_defaults is not None:
        yield Subject(
            "",
            document,
            DEFAULTS_PATH,
            policy.agent_defaults.permissions,
            perhaps(default_permissions(family)),
            default_permissions(family),
            any(spec.fold for spec in plan.specs.values()),
            family,
            hosts,
            alike,
        )


def _host_names(plan: Plan) -> Iterator[str]:
    for spec in plan.specs.values():
        network = spec.permissions.network
        for rule in (*network.allow, *network.block):
            yield from (one.text for one in rule.patterns if one.shape == "name")
