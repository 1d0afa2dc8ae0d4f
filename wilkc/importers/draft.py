"""A spec under way, and what could not be carried over. Layer: importers (pure).

One law holds for every source: the spec never allows what the source did not. What a source allows
and Wilk cannot say is left out. What a source denies is blocked as widely or more so; where even
that cannot be said, the whole section is emptied of what it allowed. Both are told.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.commands import parse_command_rule
from wilkc.language.hosts import parse_host_rule
from wilkc.language.names import parse_name_rule
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.language.hosts import HostPattern


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a source that the spec does not say as the source did.

    Attributes:
        place: where it stands, for example `settings.json permissions.allow[2]`.
        text: the rule as written.
        why: what became of it.
    """

    place: str
    text: str
    why: str


class Written(str):
    """An entry that is YAML as it stands: a mapping with more than the pattern."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _List:
    """One list of a spec: who reads its entries, and the section it belongs to."""

    section: str
    blocks: bool
    parse: Callable[[str], object]


def _path(effect: Any) -> Callable[[str], object]:
    return lambda text: parse_path_rule(text, effect)


def _command(effect: Any) -> Callable[[str], object]:
    return lambda text: parse_command_rule(text, effect)


LISTS: Final[Mapping[str, _List]] = {
    "filesystem.read": _List("filesystem", blocks=False, parse=_path(ALLOW)),
    "filesystem.write": _List("filesystem", blocks=False, parse=_path(ALLOW)),
    "filesystem.metadata.blocked_paths": _List("filesystem", blocks=True, parse=_path(BLOCK)),
    "network.allowed_hosts": _List("network", blocks=False, parse=parse_host_rule),
    "network.blocked_hosts": _List("network", blocks=True, parse=parse_host_rule),
    "shell.allowed_commands": _List("shell", blocks=False, parse=_command(ALLOW)),
    "shell.blocked_commands": _List("shell", blocks=True, parse=_command(BLOCK)),
    "tools.allowed": _List("tools", blocks=False, parse=parse_name_rule),
    "tools.blocked": _List("tools", blocks=True, parse=parse_name_rule),
    "agents.use": _List("agents", blocks=False, parse=parse_name_rule),
}
"""The lists that importers fill, in the order in which they are written."""
_HOSTS: Final = "network.allowed_hosts"
_UNSAID: Final = "it cannot be said here: {why}"
_EMPTIED: Final = "it cannot be said here, so nothing of `{section}` is allowed"


@dataclass
class Draft:
    """The entries so far, each with its place, and the notes."""

    entries: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    _emptied: set[str] = field(default_factory=set)

    def allow(self, name: str, text: str, place: str, *, shown: str = "") -> None:
        """Allow by one entry, if the language has it; else it is left out, and told."""
        why = _fault(name, text)
        if why:
            self.leave_out(place, shown or text, _UNSAID.format(why=why))
        else:
            self.entries.setdefault(name, {}).setdefault(text, place)

    def allow_host(self, host: str, beside: Mapping[str, str], place: str, *, shown: str) -> None:
        """Allow a host, by an entry that may say more than the host.

        Args:
            host: the pattern, or one address.
            beside: further keys of the entry, in order, to their values as YAML.
            place: where the rule stands.
            shown: the rule as written.
        """
        why = _fault(_HOSTS, host, address=True)
        if why:
            self.leave_out(place, shown, _UNSAID.format(why=why))
            return
        keys = "".join(f", {key}: {value}" for key, value in beside.items())
        entry = Written(f"{{host: {quoted(host)}{keys}}}") if beside else host
        self.entries.setdefault(_HOSTS, {}).setdefault(entry, place)

    def block(self, name: str, text: str, place: str, *, shown: str = "", wider: str = "") -> None:
        """Block by one entry; if the language lacks it, its section is emptied.

        Args:
            name: the list.
            text: the entry.
            place: where the rule stands.
            shown: the rule as written.
            wider: why the entry blocks more than the rule denies, or empty.
        """
        why = _fault(name, text)
        if why:
            self.empty(LISTS[name].section, place, shown or text)
            return
        self.entries.setdefault(name, {}).setdefault(text, place)
        if wider:
            self.notes.append(
                Note(place, shown or text, f"`{text}` is blocked, which is more: {wider}")
            )

    def empty(self, section: str, place: str, text: str) -> None:
        """Allow nothing of a section, because of a denial that cannot be said."""
        self._emptied.add(section)
        self.notes.append(Note(place, text, _EMPTIED.format(section=section)))

    def leave_out(self, place: str, text: str, why: str) -> None:
        """Tell of something that is not carried over and allows nothing."""
        self.notes.append(Note(place, text, why))

    def document(self, agent: str) -> str:
        """The spec as YAML; each entry says where it came from."""
        lines = [f"agent: {quoted(agent)}", "permissions:"]
        shown: list[str] = []
        for name, kind in LISTS.items():
            entries = self.entries.get(name, {})
            if not entries or (kind.section in self._emptied and not kind.blocks):
                continue
            *outer, last = name.split(".")
            for depth, key in enumerate(outer):
                if outer[: depth + 1] != shown[: depth + 1]:
                    lines.append(f"{'  ' * (depth + 1)}{key}:")
                    shown = outer[: depth + 1]
            indent = "  " * (len(outer) + 1)
            lines.append(f"{indent}{last}:")
            lines += [
                f"{indent}  - {_entry(text)} # {_remark(place)}" for text, place in entries.items()
            ]
        if len(lines) == 2:  # noqa: PLR2004  # nothing but the head
            lines[1] = "permissions: {}"
        return "\n".join(lines) + "\n"


def _fault(name: str, text: str, *, address: bool = False) -> str:
    """Why a list cannot hold an entry, or empty.

    A host that is allowed must be a name there and here: `private` or a block of addresses would
    stand for many hosts. One address is one host only where the source knows addresses.
    """
    try:
        parsed = LISTS[name].parse(text)
    except PatternError as error:
        return error.message
    if name != _HOSTS or (address and is_address(text)):
        return ""
    names = all(one.shape in {"name", "suffix"} for one in cast("tuple[HostPattern, ...]", parsed))
    return "" if names else f"`{text}` is not the name of a host"


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _entry(text: str) -> str:
    return text if isinstance(text, Written) else quoted(text)


def quoted(text: str) -> str:
    """A YAML scalar in single quotes; patterns hold no line ends, see the languages."""
    return "'" + text.replace("'", "''") + "'"


def _remark(place: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in place)
