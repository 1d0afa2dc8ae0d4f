"""What a user holds: words of a role, bits on a resource, capabilities. Layer: adapters (pure).

The rules are LibreChat's, where they can be followed without granting more: a missing word is
false; of access control, one entry must hold all bits that are asked for; what has expired is
no more, also where LibreChat's database has not removed it yet. Tenants are equal or nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.adapters.librechat.documents import Principal

if TYPE_CHECKING:
    from datetime import datetime

    from wilkc.adapters.librechat.documents import Facts, Thing

_ADMINISTRATION: tuple[str, ...] = ("manage", "read")


@dataclass(frozen=True, slots=True)
class Holder:
    """One user, at one time.

    Attributes:
        facts: the documents.
        now: with a time zone.
    """

    facts: Facts
    now: datetime

    def has_words(self, kind: str, *words: str) -> bool:
        """Whether the user's role has each of these permissions of a type."""
        user, role = self.facts.user, self.facts.role
        if role is None or role.name != user.role or role.tenant != user.tenant:
            return False
        held = dict(role.permissions.get(kind, {}))
        # Roles of before SHARE came in say the same by another word.
        held.setdefault("SHARE", held.get("SHARED_GLOBAL", False))
        return bool(words) and all(held.get(word) is True for word in words)

    def has_bits(self, kind: str, thing: Thing, bits: int) -> bool:
        """Whether one entry for the user holds all bits on a resource."""
        tenant = self.facts.user.tenant
        return thing.tenant == tenant and any(
            entry.principal in self._principals()
            and entry.resource_type == kind
            and entry.resource_id == thing.object_id
            and entry.tenant == tenant
            and bits > 0
            and entry.bits & bits == bits
            and (entry.expires is None or entry.expires > self.now)
            for entry in self.facts.entries
        )

    def has_capability(self, capability: str) -> bool:
        """Whether the user was granted a capability, or one that implies it.

        `manage:X` implies `read:X`, and a capability implies those of its sections.
        """
        wanted = implied_by(capability)
        principals = self._principals()
        return any(
            grant.capability in wanted
            and grant.principal.kind != "public"
            and grant.principal in principals
            and grant.tenant in {None, self.facts.user.tenant}
            and (grant.expires is None or grant.expires > self.now)
            for grant in self.facts.grants
        )

    def _principals(self) -> frozenset[Principal]:
        user = self.facts.user
        found = {Principal("user", user.id), Principal("public")}
        if user.role:
            found.add(Principal("role", user.role))
        found.update(
            Principal("group", group.id)
            for group in self.facts.groups
            if user.member_id in group.members and group.tenant == user.tenant
        )
        return frozenset(found)


def implied_by(capability: str) -> frozenset[str]:
    """The capabilities that imply one, with itself."""
    verb, _, rest = capability.partition(":")
    verbs = {verb, "manage"} if verb in _ADMINISTRATION else {verb}
    parts = rest.split(":")
    nouns = [":".join(parts[: end + 1]) for end in range(len(parts))]
    return frozenset(f"{one}:{noun}" for one in verbs for noun in nouns)
