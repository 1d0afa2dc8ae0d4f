"""Levels: what each one gives by default, and what it never lets through. Layer: plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.core.sandbox_plan import Level, WriteGap
    from wilkc.spec import Document, Sandbox


@dataclass(frozen=True, slots=True)
class Floor:
    """What a level allows.

    Attributes:
        network: networks that may be asked for.
        filesystem: views that may be asked for.
        process: whether host processes may be shown.
        context: whether private directories may outlive a launch.
        unix_sockets: whether unix sockets may be allowed.
        write_gap: what may be done where a write rule is narrower than a mount; the first
            is the default.
        degraded: layers that may be named as dispensable.
    """

    network: frozenset[str]
    filesystem: frozenset[str]
    process: frozenset[str]
    context: frozenset[str]
    unix_sockets: bool
    write_gap: tuple[WriteGap, ...]
    degraded: frozenset[str]


_NO_BRIDGE: Final = frozenset({"none", "restricted"})
_RULED: Final = frozenset({"restricted", "readonly"})
_ALONE: Final = frozenset({"isolated"})
_EITHER: Final = frozenset({"isolated", "shared"})

FLOORS: Final[dict[Level, Floor]] = {
    "strict": Floor(
        _NO_BRIDGE, _RULED, _ALONE, _ALONE, False, ("narrow", "refuse"), frozenset()  # noqa: FBT003
    ),
    "moderate": Floor(
        _NO_BRIDGE, _RULED, _ALONE, _EITHER, True,  # noqa: FBT003  # a table row
        ("postcheck", "narrow", "refuse"), frozenset({"cgroup"}),
    ),
    "minimal": Floor(
        _NO_BRIDGE | {"bridge"}, _RULED | {"full"}, _EITHER, _EITHER, True,  # noqa: FBT003  # the same
        ("postcheck", "narrow", "refuse"), frozenset({"cgroup", "pid", "seccomp"}),
    ),
}  # fmt: skip


def check_floor(section: Sandbox, level: Level, document: Document) -> Iterator[Diagnostic]:
    """Every key that is looser than the level allows."""
    floor = FLOORS[level]
    isolation = section.isolation
    asked: list[tuple[tuple[str, ...], object, bool]] = [
        (("unix_sockets",), section.unix_sockets, floor.unix_sockets or not section.unix_sockets),
        (("write_gap",), section.write_gap, section.write_gap in floor.write_gap),
    ]
    if isolation is not None:
        asked += [
            (("isolation", "network"), isolation.network, isolation.network in floor.network),
            (("isolation", "filesystem"), isolation.filesystem,
             isolation.filesystem in floor.filesystem),
            (("isolation", "process"), isolation.process, isolation.process in floor.process),
            (("isolation", "context"), isolation.context, isolation.context in floor.context),
        ]  # fmt: skip
    place = document.where(("sandbox", "isolation", "level"))
    for path, value, fits in asked:
        if value is not None and not fits:
            yield Diagnostic(
                "W171",
                "error",
                f"`{path[-1]}: {_text(value)}` is looser than `level: {level}` allows",
                document.where(("sandbox", *path)),
                label=f"the level stands in line {place.line}",
                help="remove the key, or choose a level that allows it",
            )
    yield from _degraded(section, level, floor, document)


def _degraded(
    section: Sandbox, level: Level, floor: Floor, document: Document
) -> Iterator[Diagnostic]:
    for number, layer in enumerate(section.degraded or ()):
        if layer not in floor.degraded:
            yield Diagnostic(
                "W178",
                "error",
                f"`level: {level}` does not let `{layer}` be missing",
                document.where(("sandbox", "degraded", number)),
                help="choose a level that lets it be missing, or provide the layer",
            )
    security = section.security
    off = security is not None and security.seccomp is False
    if off and "seccomp" not in (section.degraded or ()):
        yield Diagnostic(
            "W177",
            "error",
            "the system call filter is switched off without saying so under `degraded`",
            document.where(("sandbox", "security", "seccomp")),
            help="remove the key, or write `level: minimal` and `degraded: [seccomp]`",
        )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
