"""LibreChat's documents as values. Layer: adapters (pure).

Source: `@librechat/data-schemas` 0.0.71, `src/schema/*.ts`. Ids are texts here: an ObjectId is
its 24 hexadecimal digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

VIEW: Final = 1
EDIT: Final = 2
DELETE: Final = 4
SHARE: Final = 8
ALL_BITS: Final = 31
"""VIEW, EDIT, DELETE, SHARE and VIEW_INSIGHTS (16)."""


@dataclass(frozen=True, slots=True)
class User:
    """Who asks.

    Attributes:
        id: of the document.
        role: name of the one role; empty where the document names none.
        outside_id: `idOnTheSource` of users of another directory, by which groups name them.
        tenant: or None for the platform itself.
    """

    id: str
    role: str = ""
    outside_id: str | None = None
    tenant: str | None = None

    @property
    def member_id(self) -> str:
        """By which groups name this user."""
        return self.outside_id or self.id


@dataclass(frozen=True, slots=True)
class Role:
    """What a role may do: permission type to permission to a plain truth value."""

    name: str
    permissions: Mapping[str, Mapping[str, bool]]
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group and the ids of its members."""

    id: str
    members: frozenset[str]
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom an entry or grant is for.

    Attributes:
        kind: `user`, `group`, `role` or `public`.
        id: of the user or group, or the role's name; empty for `public`.
    """

    kind: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of access control: some bits on one resource for one principal."""

    principal: Principal
    resource_type: str
    resource_id: str
    bits: int
    expires: datetime | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class SystemGrant:
    """One capability of one principal; without a tenant it is the platform's."""

    principal: Principal
    capability: str
    expires: datetime | None = None
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    """An agent or an MCP server.

    Attributes:
        object_id: of the document, by which entries name it.
        name: the id that people and requests use, for example `agent_abc`.
        files: ids of the files that an agent carries.
        tenant: or None for the platform itself.
    """

    object_id: str
    name: str
    files: frozenset[str] = frozenset()
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that somebody put there."""

    id: str
    owner: str
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """What a user wants to act on, as far as LibreChat knows it.

    Attributes:
        agent: id of an agent, for example `agent_abc`, or None.
        file: `file_id` of a file, or None.
        server: name of an MCP server, or None.
    """

    agent: str | None = None
    file: str | None = None
    server: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a verdict about one user rests on.

    Attributes:
        user: who asks.
        matter: what is asked about.
        role: the document of the user's role, or None where there is none.
        groups: those that name the user.
        entries: of access control, of any principal.
        grants: of capabilities, of any principal.
        agent: the agent asked about, or None.
        server: the MCP server asked about, or None.
        file: the file asked about, or None.
        carriers: agents that carry that file.
    """

    user: User
    matter: Matter
    role: Role | None = None
    groups: tuple[Group, ...] = ()
    entries: tuple[Entry, ...] = ()
    grants: tuple[SystemGrant, ...] = ()
    agent: Thing | None = None
    server: Thing | None = None
    file: File | None = None
    carriers: tuple[Thing, ...] = ()
