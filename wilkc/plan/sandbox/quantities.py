"""Limits of both shapes as numbers of one unit. Layer: plan."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from wilkc.core.diagnostics import Diagnostic
from wilkc.core.sandbox_plan import Limits, Quantity
from wilkc.core.units import parse_percentage, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.core.sandbox_plan import Enforcement, Unit
    from wilkc.plan.model import Permissions
    from wilkc.spec import Document, Sandbox


class _Given(Protocol):
    """What the resources have in common."""

    @property
    def max(self) -> int | str | None:
        """The limit as written."""

    @property
    def warning_threshold(self) -> int | str | None:
        """The threshold as written."""

    @property
    def enforcement(self) -> Enforcement | None:
        """What happens at the limit."""


V = TypeVar("V")
Path = tuple[str, ...]
Amount = tuple[int, "Unit"]

_MS: Final = 1000
_CORES: Final = re.compile(r"(0|[1-9][0-9]{0,3})[.]([0-9]{1,2})", re.ASCII)
_RATE: Final = "/s"
_WEIGHTS: Final = range(10, 1001)
_DEFAULT_WARNING: Final = 80
_WHOLE: Final = 100
_DEFAULTS: Final = Limits()


@dataclass(slots=True)
class Reader:
    """Reads facts of the sandbox section, gathering what is wrong with them."""

    document: Document
    problems: list[Diagnostic] = field(default_factory=list)

    def refuse(self, code: str, message: str, path: Path, help_text: str) -> None:
        """Note a problem at a key of the section."""
        span = self.document.where(("sandbox", *path))
        self.problems.append(Diagnostic(code, "error", message, span, help=help_text))

    def once(self, *said: tuple[Path, V | None]) -> tuple[Path, V | None]:
        """The one value of a fact that may be said in several places, and where."""
        given = [(path, value) for path, value in said if value is not None]
        for path, value in given[1:]:
            if value != given[0][1]:
                first = self.document.where(("sandbox", *given[0][0]))
                self.refuse(
                    "W170",
                    f"`{'.'.join(path)}` says something else than `{'.'.join(given[0][0])}`"
                    f" in line {first.line}",
                    path,
                    "say each fact once",
                )
        return given[0] if given else (said[0][0], None)

    def amount(self, path: Path, value: int | str, read: Callable[[int | str], Amount]) -> Amount:
        """A quantity as a number and its unit; a problem and 1 byte where it is none."""
        try:
            number, unit = read(value)
        except ValueError as error:
            self.refuse("W176", f"`{value}` is no quantity here: {error}", path, _WRITE)
            return 1, "bytes"
        if number < 1:
            self.refuse("W176", f"`{value}` leaves nothing to run with", path, _WRITE)
        return number, unit


_WRITE: Final = "write for example `80%`, `1.5`, `256MB` or `20MB/s`, as the resource needs"


def read_limits(reader: Reader, section: Sandbox, permissions: Permissions) -> Limits:
    """Every limit of the section, tightened by those of the rule sections."""
    shell, files = permissions.shell, permissions.file
    wall = _wall_clock(reader, section, permissions)
    memory = _memory(reader, section)
    if shell.max_memory is not None:
        memory = _capped(memory, max(1, shell.max_memory.value))
    resources = section.resources
    cpu = resources.cpu if resources else None
    network = resources.network if resources else None
    return Limits(
        cpu=_quantity(reader, "cpu", cpu, read_share, _DEFAULTS.cpu),
        memory=memory,
        disk=_quantity(reader, "disk", resources.disk if resources else None, read_disk,
                       _DEFAULTS.disk),
        network=_quantity(reader, "network", network, read_flow, _DEFAULTS.network),
        connections=_or(network.max_connections if network else None, _DEFAULTS.connections),
        wall_clock_ms=wall,
        cpu_time_ms=cpu.time_limit if cpu else None,
        priority=_or(cpu.priority if cpu else None, _DEFAULTS.priority),
        pids=_or(section.pids, _DEFAULTS.pids),
        tmp=_positive(reader, "tmp", section.tmp, _DEFAULTS.tmp),
        shm=_positive(reader, "shm", section.shm, _DEFAULTS.shm),
        file_size=files.max_file_size.value if files.max_file_size else None,
        open_files=_or(section.open_files, _DEFAULTS.open_files),
        output=_or(section.output_max, _DEFAULTS.output),
        monitor_interval_s=_or(section.monitor_interval_s, _DEFAULTS.monitor_interval_s),
    )  # fmt: skip


def read_share(value: int | str) -> Amount:
    """Processor time: percent of one core, or cores."""
    if isinstance(value, int):
        return value * _WHOLE, "percent"
    cores = _CORES.fullmatch(value)
    if cores:
        return int(cores[1]) * _WHOLE + int(cores[2].ljust(2, "0")), "percent"
    if value.isascii() and value.isdecimal():
        return int(value) * _WHOLE, "percent"
    return parse_percentage(value), "percent"


def read_bytes(value: int | str) -> Amount:
    """A size."""
    return parse_size(value), "bytes"


def read_flow(value: int | str) -> Amount:
    """A size, or a size per second."""
    if isinstance(value, str) and value.endswith(_RATE):
        return parse_size(value.removesuffix(_RATE)), "bytes_per_second"
    return read_bytes(value)


def read_disk(value: int | str) -> Amount:
    """A size, a size per second, or a bare number from 10 to 1000: an input-output weight."""
    if isinstance(value, int):
        if value not in _WEIGHTS:
            raise ValueError("a bare number is a weight from 10 to 1000; sizes have a unit")
        return value, "weight"
    return read_flow(value)


def _memory(reader: Reader, section: Sandbox) -> Quantity:
    given = section.resources.memory if section.resources else None
    if given is None:
        return _DEFAULTS.memory
    at: Path = ("resources", "memory")
    own = None if given.max is None else reader.amount((*at, "max"), given.max, read_bytes)[0]
    path, most = reader.once(((*at, "max"), own), ((*at, "limit"), given.limit))
    if most is None:
        most = _DEFAULTS.memory.max
    elif most < 1:
        reader.refuse("W176", f"`{most}` leaves nothing to run with", path, _WRITE)
    asked = given.warning_threshold
    said = None if asked is None else _warning(
        reader, (*at, "warning_threshold"), asked, (most, "bytes"), read_bytes
    )  # fmt: skip
    where, warning = reader.once(
        ((*at, "warning_threshold"), said), ((*at, "threshold"), given.threshold)
    )
    if said is None and warning is not None and warning > most:
        reader.refuse("W176", "the warning threshold lies above the limit", where, _WRITE)
    chosen = most * _DEFAULT_WARNING // _WHOLE if warning is None else warning
    return Quantity(most, chosen, "bytes", given.enforcement or "hard")


def _capped(memory: Quantity, ceiling: int) -> Quantity:
    """A ceiling of the shell rules is hard, whatever happens at the section's own limit."""
    if memory.enforcement != "hard":
        return Quantity(ceiling, min(memory.warning, memory.max, ceiling), "bytes", "hard")
    most = min(memory.max, ceiling)
    return Quantity(most, min(memory.warning, most), "bytes", "hard")


def _quantity(
    reader: Reader,
    name: str,
    given: _Given | None,
    read: Callable[[int | str], Amount],
    default: Quantity,
) -> Quantity:
    if given is None:
        return default
    at: Path = ("resources", name)
    most: Amount = (default.max, default.unit)
    if given.max is not None:
        most = reader.amount((*at, "max"), given.max, read)
    warning = most[0] * _DEFAULT_WARNING // _WHOLE
    if given.warning_threshold is not None:
        path = (*at, "warning_threshold")
        warning = _warning(reader, path, given.warning_threshold, most, read)
    return Quantity(most[0], warning, most[1], given.enforcement or "hard")


def _warning(
    reader: Reader,
    path: Path,
    value: int | str,
    most: Amount,
    read: Callable[[int | str], Amount],
) -> int:
    """A warning threshold: percent of the limit, or a quantity of the same kind."""
    if isinstance(value, str) and value.endswith("%"):
        share, _ = reader.amount(path, value, lambda text: (parse_percentage(text), "percent"))
        number, unit = most[0] * share // _WHOLE, most[1]
    else:
        number, unit = reader.amount(path, value, read)
    if unit != most[1] or number > most[0]:
        reader.refuse(
            "W176", f"`{value}` is no threshold below the limit", path,
            "write a percentage of the limit, or a smaller quantity of the same kind",
        )  # fmt: skip
    return number


def _wall_clock(reader: Reader, section: Sandbox, permissions: Permissions) -> int:
    cpu = section.resources.cpu if section.resources else None
    time_limit = cpu.time_limit if cpu else None
    limit = permissions.shell.max_seconds
    seconds = section.wall_clock_s
    given = [
        (("wall_clock_s",), None if seconds is None else seconds * _MS),
        (("resources", "cpu", "timeLimit"), time_limit),
    ]
    for path, value in given:
        if value is not None and value < 1:
            reader.refuse("W176", "no time leaves nothing to run with", path, "write `60s`")
    ceilings = [value for _, value in given if value is not None]
    ceilings += [] if limit is None else [max(1, limit.value * _MS)]
    return min(ceilings) if ceilings else _DEFAULTS.wall_clock_ms


def _positive(reader: Reader, key: str, value: int | None, default: int) -> int:
    if value is not None and value < 1:
        reader.refuse("W176", f"`{key}` of no size cannot be made", (key,), "write `64MB`")
    return default if value is None else value


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
