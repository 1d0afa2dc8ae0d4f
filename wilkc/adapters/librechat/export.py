"""LibreChat's documents from files. Layer: adapters. Reads files.

A folder holds one file for each collection, as `mongoexport` writes it: `users.json`,
`roles.json`, …, each with one document a line or one array. Only complete exports are of use:
where an entry of access control is missing, access is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from wilkc.adapters.librechat.documents import Facts
from wilkc.adapters.librechat.reading import READERS, read_all, require_sound
from wilkc.core.errors import UsageError
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wilkc.adapters.librechat.documents import (
        Entry,
        File,
        Group,
        Matter,
        Role,
        SystemGrant,
        Thing,
        User,
    )

MAX_BYTES: Final = 256 * 2**20
"""Of one collection's file."""
NEEDED: Final = ("users", "roles")
"""Collections without which nothing can be allowed."""


@dataclass(frozen=True)
class Export:
    """All documents of one export, in memory."""

    users: tuple[User, ...]
    roles: tuple[Role, ...]
    groups: tuple[Group, ...] = ()
    aclentries: tuple[Entry, ...] = ()
    systemgrants: tuple[SystemGrant, ...] = ()
    agents: tuple[Thing, ...] = ()
    mcpservers: tuple[Thing, ...] = ()
    files: tuple[File, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read an export.

        Args:
            folder: with the files; `users.json` and `roles.json` must be there.

        Raises:
            UsageError: a file cannot be read, or a document is not what it must be; every
                problem is named.
        """
        problems: list[str] = []
        found: dict[str, tuple[Any, ...]] = {}
        for collection, read in READERS.items():
            path = folder / f"{collection}.json"
            if collection not in NEEDED and not path.exists():
                continue
            values, wrong = read_all(collection, _documents(path), read)
            found[collection] = tuple(values)
            problems += wrong
        require_sound(problems)
        return cls(**found)

    def facts(self, user_id: str, matter: Matter) -> Facts | None:
        """See `Source.facts`."""
        user = _only(one for one in self.users if one.id == user_id)
        if user is None:
            return None
        tenant = user.tenant
        servers = (one for one in self.mcpservers if one.tenant == tenant)
        return Facts(
            user,
            matter,
            _only(one for one in self.roles if (one.name, one.tenant) == (user.role, tenant)),
            tuple(one for one in self.groups if user.member_id in one.members),
            self.aclentries,
            self.systemgrants,
            _only(one for one in self.agents if one.name == matter.agent),
            _only(one for one in servers if one.name == matter.server),
            _only(one for one in self.files if one.id == matter.file),
            tuple(one for one in self.agents if matter.file in one.files),
        )


def _only(found: Iterable[Any]) -> Any:
    """The one that was found; of two, nobody knows which is meant, so there is none."""
    values = list(found)
    return values[0] if len(values) == 1 else None


def _documents(path: Path) -> list[Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"the export lacks `{path.name}`: {error.strerror}",
            help_text="export it with mongoexport, one file for each collection",
        ) from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"`{path.name}` is larger than {MAX_BYTES // 2**20} MiB")
    if data.lstrip()[:1] == b"[":
        value = _decoded(data, path.name, 1)
        return value if isinstance(value, list) else [value]
    lines = enumerate(data.split(b"\n"), 1)
    return [_decoded(line, path.name, number) for number, line in lines if line.strip()]


def _decoded(data: bytes, name: str, line: int) -> Any:
    try:
        return decode_json(data)
    except ValueError as error:
        raise UsageError(f"`{name}` line {line} cannot be read as JSON: {error}") from error
