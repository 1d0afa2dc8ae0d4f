"""Whether commands are confined less or more. Layer: analyze.

Only what decides how a command is confined is compared. Mounts, hidden paths and gaps follow
from the file rules, whose own clauses say what changed, and from `level` and `write_gap`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.contract import RuleRef
from wilkc.core.sandbox_plan import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.difference.limits import Pair
    from wilkc.analyze.difference.model import Change, Risk
    from wilkc.analyze.difference.sides import Direction
    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import Limit, Permissions

_ORDERED: Final[dict[str, tuple[Any, ...]]] = {
    "level": ("strict", "moderate", "minimal"),
    "context": ("isolated", "shared"),
    "isolation": ("container", "namespace", "process"),
    "network": ("none", "restricted", "bridge"),
    "filesystem": ("readonly", "restricted", "full"),
    "process": ("isolated", "shared"),
    "write_gap": ("refuse", "narrow", "postcheck"),
    "run": (False, True),
    "seccomp": (True, False),
    "apparmor": (True, False),
    "selinux": (True, False),
    "unix_sockets": (False, True),
    "allow_root": (False, True),
    "violation": ("terminate", "deny"),
    "monitoring": (True, False),
    "screen_personal": (True, False),
}
"""Field to its values, the strongest first."""
ELSEWHERE: Final[dict[str, str]] = {
    "mounts": "follows from the file rules, whose clauses say what changed",
    "hidden": "follows from the blocks, whose clauses say what changed",
    "gaps": "follows from the file rules, the level and `write_gap`",
    "environment": "compared variable by variable",
    "fold": "changes what the file rules match, which their clauses say",
}
"""Fields of a plan that are not compared here, and why; every other field is."""
_HIGH: Final = frozenset({"isolation", "network", "filesystem", "process", "allow_root", "seccomp"})
_SOFTNESS: Final = ("hard", "soft", "monitoring")
_UNLIMITED: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class _Weaker:
    """One setting that confines `to` less.

    Attributes:
        name: of the setting.
        to: its value for a reader.
        base: the value of the other side.
        risk: of it.
        why: in a few plain words.
    """

    name: str
    to: str
    base: str
    risk: Risk
    why: str


def sandbox_differences(direction: Direction, pairs: Iterable[Pair]) -> Iterator[Change]:
    """The settings by which the specs of `to` confine commands less.

    Args:
        direction: the two sides.
        pairs: specs that grant the same command.
    """
    for to, base in pairs:
        for one in _weaker(to.sandbox, base.sandbox):
            if _is_explained(one.name, to.permissions, base.permissions):
                continue
            places = _place(to, one.name, one.to), _place(base, one.name, one.base)
            change = direction.degree_of(("sandbox", one.name), (one.to, one.base), places)
            yield replace(change, risk=one.risk, why=one.why) if direction.widening else change


def _is_explained(name: str, to: Permissions, base: Permissions) -> bool:
    """Whether a setting follows from rules or limits that have clauses of their own."""
    match name:
        case "network":
            return bool(to.network.allow) != bool(base.network.allow)
        case "wall_clock_ms":
            return _value(to.shell.max_seconds) != _value(base.shell.max_seconds)
        case "memory":
            return _value(to.shell.max_memory) != _value(base.shell.max_memory)
        case "file_size":
            return _value(to.file.max_file_size) != _value(base.file.max_file_size)
        case _:
            return False


def _value(limit: Limit | None) -> int | None:
    return limit.value if limit else None


def _place(spec: SpecPlan, name: str, text: str) -> RuleRef:
    """Where the spec stands: a sandbox setting may come from a default, and has no entry."""
    span = spec.span
    return RuleRef(f"sandbox.{name}", span.file, span.line, span.column, text)


def _weaker(to: SandboxPlan, base: SandboxPlan) -> Iterator[_Weaker]:
    for name, order in _ORDERED.items():
        one, other = getattr(to, name), getattr(base, name)
        if order.index(one) > order.index(other) and not _by_level(name, to, base):
            risk: Risk = "high" if name in _HIGH else "medium"
            why = f"`{name}` of the sandbox is weaker"
            yield _Weaker(name, _word(one), _word(other), risk, why)
    yield from _grown(to, base)
    yield from _limits(to, base)
    if to.run_as != base.run_as:
        why = "another user runs the commands; which of them may do more is not known here"
        yield _Weaker("run_as", to.run_as or "-", base.run_as or "-", "medium", why)


def _by_level(name: str, to: SandboxPlan, base: SandboxPlan) -> bool:
    """Whether a setting is what a weaker level, which is told, gives by itself."""
    levels = _ORDERED["level"]
    return name == "write_gap" and levels.index(to.level) > levels.index(base.level)


def _grown(to: SandboxPlan, base: SandboxPlan) -> Iterator[_Weaker]:
    """Lists of which a longer one confines less, or of which a shorter one does."""
    more: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
        ("degraded", to.degraded, base.degraded),
        ("runtime_paths", to.runtime_paths, base.runtime_paths),
    )
    for name, one, other in more:
        added = [text for text in one if text not in other]
        if added:
            yield _Weaker(name, _listed(one), _listed(other), "medium", f"also {', '.join(added)}")
    lost = [text for text in base.frozen if text not in to.frozen]
    if lost:
        why = f"no longer kept read-only: {', '.join(lost[:3])}"
        yield _Weaker("protected", _listed(to.frozen), _listed(base.frozen), "medium", why)


def _limits(to: SandboxPlan, base: SandboxPlan) -> Iterator[_Weaker]:
    for field in fields(to.limits):
        one, other = getattr(to.limits, field.name), getattr(base.limits, field.name)
        if isinstance(one, Quantity):
            weaker = _is_softer(one, other)
            texts = _quantity(one), _quantity(other)
        else:
            first, second = (_UNLIMITED if value is None else value for value in (one, other))
            weaker = first > second
            texts = _word(one), _word(other)
        if weaker:
            yield _Weaker(field.name, *texts, "low", "a limit of the sandbox is wider")


def _is_softer(one: Quantity, other: Quantity) -> bool:
    """Whether a quantity restricts less, or in another unit, which cannot be told."""
    softer = _SOFTNESS.index(one.enforcement) > _SOFTNESS.index(other.enforcement)
    return softer or one.unit != other.unit or one.max > other.max


def _quantity(held: Quantity) -> str:
    return f"{held.max} {held.unit} ({held.enforcement})"


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(texts) or "-"


def _word(value: object) -> str:
    if value is None:
        return "no limit"
    return str(value).lower() if isinstance(value, bool) else str(value)
