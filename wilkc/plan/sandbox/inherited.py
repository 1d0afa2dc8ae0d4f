"""The sandbox of a spec that extends others: of every fact the stricter. Layer: plan.

What a base says of its sandbox confines those that extend it as well. It is never looser for
that: what their own section, or the strict default, asks for holds on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.plan.model import Permissions
from wilkc.plan.sandbox.levels import FLOORS
from wilkc.plan.sandbox.quantities import Reader, read_limits
from wilkc.plan.sandbox.words import granted_words
from wilkc.spec import AgentSpec, Sandbox
from wilkc.spec.models.sandbox import SandboxIsolation, SandboxPermissions, SandboxSecurity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.sandbox_plan import Limits
    from wilkc.spec import Document

_CODE: Final = "W187"
_SPLIT: Final = "fs"
_VIEWS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "type": (("container", "namespace", "process"), "namespace"),
    "network": (("none", "restricted", "bridge"), "restricted"),
    "filesystem": (("readonly", "restricted", "full"), "restricted"),
    "process": (("isolated", "shared"), "isolated"),
    "level": (("strict", "moderate", "minimal"), "strict"),
    "context": (("isolated", "shared"), "isolated"),
}
"""Key of `isolation` to its values, the strictest first, and what holds where it is absent."""
_GAPS: Final = ("refuse", "narrow", "postcheck")
_HARDNESS: Final = ("hard", "soft", "monitoring")
_RESOURCES: Final = ("cpu", "memory", "disk", "network")


def sandboxes(bases: Iterable[Document]) -> list[tuple[Document, Sandbox]]:
    """The sandbox sections of some specs that have one."""
    return [
        (document, document.model.sandbox)
        for document in bases
        if isinstance(document.model, AgentSpec) and document.model.sandbox is not None
    ]


def inherited(own: Sandbox, bases: Iterable[tuple[Document, Sandbox]], reader: Reader) -> Sandbox:
    """The section with all that the bases' sections make stricter, but for limits."""
    for document, base in bases:
        if own.run_as and base.run_as and own.run_as != base.run_as:
            reader.refuse(
                _CODE,
                f"`{own.run_as}` is not the user that a base in `{document.file}` runs as",
                ("run_as",),
                f"leave it out, or write `{base.run_as}`",
            )
        own = _stricter(own, base)
    return own


def tightened(limits: Limits, bases: Iterable[tuple[Document, Sandbox]], reader: Reader) -> Limits:
    """The limits, of each the smaller where a base gives one as well."""
    for document, section in bases:
        base = read_limits(Reader(document), section, Permissions())
        changed: dict[str, Any] = dict(_numbers(limits, base, section))
        for name in _RESOURCES:
            given = getattr(section.resources, name, None)
            if given is None:
                continue
            mine, theirs = getattr(limits, name), getattr(base, name)
            said = given.max is not None or getattr(given, "limit", None) is not None
            if said and mine.unit != theirs.unit:
                reader.refuse(
                    _CODE,
                    f"the limit of {name} is in {_plain(mine.unit)}, that of a base in"
                    f" `{document.file}` in {_plain(theirs.unit)}",
                    ("resources", name),
                    "write both in the same unit",
                )
                continue
            most = min(mine.max, theirs.max) if said else mine.max
            told = [mine.enforcement, *([theirs.enforcement] if said or given.enforcement else [])]
            changed[name] = replace(
                mine,
                max=most,
                warning=min(mine.warning, most),
                enforcement=min(told, key=_HARDNESS.index),
            )
        limits = replace(limits, **changed)
    return limits


def _plain(unit: str) -> str:
    return unit.replace("_", " ")


def _numbers(own: Limits, base: Limits, section: Sandbox) -> Iterable[tuple[str, int]]:
    """The smaller of each number that a base's section gives."""
    resources = section.resources
    cpu = resources.cpu if resources else None
    network = resources.network if resources else None
    timed = cpu.time_limit if cpu else None
    given: dict[str, object] = {
        "connections": network.max_connections if network else None,
        "wall_clock_ms": section.wall_clock_s if timed is None else timed,
        "cpu_time_ms": timed,
        "priority": cpu.priority if cpu else None,
        "pids": section.pids,
        "tmp": section.tmp,
        "shm": section.shm,
        "open_files": section.open_files,
        "output": section.output_max,
        "monitor_interval_s": section.monitor_interval_s,
    }
    for name, value in given.items():
        if value is not None:
            both = (getattr(own, name), getattr(base, name))
            yield name, min(one for one in both if one is not None)


def _stricter(own: Sandbox, base: Sandbox) -> Sandbox:
    isolation = _isolation(own.isolation, base.isolation)
    level = (isolation.level if isolation else None) or "strict"
    held = own.write_gap or FLOORS[level].write_gap[0]
    narrower = base.write_gap is not None and _GAPS.index(base.write_gap) < _GAPS.index(held)
    return own.model_copy(
        update={
            "permissions": _words(own, base),
            "isolation": isolation,
            "security": _security(own.security, base.security),
            "run_as": own.run_as or base.run_as,
            "allow_root": False if base.allow_root is False else own.allow_root,
            "unix_sockets": False if base.unix_sockets is False else own.unix_sockets,
            "protected": (*(own.protected or ()), *(base.protected or ())),
            "write_gap": base.write_gap if narrower else own.write_gap,
            "degraded": _both(own.degraded, base.degraded),
        }
    )


def _words(own: Sandbox, base: Sandbox) -> SandboxPermissions | None:
    """The words that count for both; `fs` would give back one of its two that is taken away."""
    if base.permissions is None:
        return own.permissions
    words = (granted_words(own) & granted_words(base)) - {_SPLIT}
    return SandboxPermissions(allow=tuple(sorted(words)))


def _isolation(
    own: SandboxIsolation | None, base: SandboxIsolation | None
) -> SandboxIsolation | None:
    if base is None:
        return own
    mine = own or SandboxIsolation()
    stricter = {
        name: theirs
        for name, (order, default) in _VIEWS.items()
        if (theirs := getattr(base, name)) is not None
        and order.index(theirs) < order.index(getattr(mine, name) or default)
    }
    return mine.model_copy(update=stricter)


def _security(own: SandboxSecurity | None, base: SandboxSecurity | None) -> SandboxSecurity | None:
    if base is None:
        return own
    mine = own or SandboxSecurity()
    kept = {name: True for name in ("seccomp", "apparmor", "selinux") if getattr(base, name)}
    return mine.model_copy(update=kept)


def _both(own: tuple[str, ...] | None, base: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Layers that may be missing for both."""
    if own is None or base is None:
        return own
    return tuple(one for one in own if one in base)
