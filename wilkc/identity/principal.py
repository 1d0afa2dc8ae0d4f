"""Who a credential belongs to, and what it may be used for. Layer: identity. Pure.

A principal has no roles here: roles come from the bindings of the policy, by the principal's
id, and never from a credential or a request.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.errors import UsageError
from wilkc.core.names import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.identity.revocation import Kind

MAX_ENTRIES: Final = 100
_SCOPE: Final = re.compile(r"(?:\*|[a-z]{1,32}):(?:\*|[a-z][a-z_.]{0,63})", re.ASCII)
_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\*?|\*", re.ASCII)
MAX_RESTS: Final = 8
"""Credentials that one may rest on, each got with the one before."""
Method = Literal["api_key", "token", "session"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as far as the credential shows.

    Attributes:
        id: its name, which is that of an agent of the policy.
        method: the kind of credential.
        credential: public name of the credential, for the record; no secret.
        scope: kinds of requests that the credential may be used for, each `TYPE:ACTION` where
            either may be `*`; empty for none.
        acts_for: agents that it may ask for beside itself: names, or beginnings that end in `*`.
        expires: when the credential ends, in seconds since 1970.
        rests_on: as the list of revocations names them: itself and all that it was got with. With
            each of them it ends, and so does what is got with it.
    """

    id: str
    method: Method
    credential: str
    scope: tuple[str, ...]
    acts_for: tuple[str, ...]
    expires: int
    rests_on: tuple[tuple[Kind, str], ...] = ()

    @property
    def origin(self) -> tuple[Literal["key", "token", "session"], str]:
        """The credential as the list of revocations names it."""
        return ("key" if self.method == "api_key" else self.method), self.credential

    def may_ask(self, kind: str, action: str) -> bool:
        """Whether the credential may be used for a request of this type and action."""
        return any(
            entry in self.scope for entry in (f"{kind}:{action}", f"{kind}:*", f"*:{action}", "*:*")
        )

    def may_ask_for(self, agent: str) -> bool:
        """Whether it may ask for this agent."""
        return agent == self.id or vouched(agent, self.acts_for)


def vouched(agent: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of the patterns: names, or beginnings that end in `*`."""
    return any(
        agent.startswith(pattern[:-1]) if pattern.endswith("*") else agent == pattern
        for pattern in patterns
    )


def check_name(name: str) -> str:
    """The name itself, if a principal can have it.

    Raises:
        UsageError: none can.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot name who asks",
            help_text="use letters, digits, `.`, `_` and `-`, at most 128, as for agents",
        )
    return name


def check_scope(scope: Iterable[str]) -> tuple[str, ...]:
    """The entries of a scope, sorted and without repetition.

    Raises:
        UsageError: one is malformed, there is none, or there are too many.
    """
    found = tuple(sorted(set(scope)))
    odd = next((entry for entry in found if not _SCOPE.fullmatch(entry)), None)
    if odd is not None or not 0 < len(found) <= MAX_ENTRIES:
        raise UsageError(
            f"`{odd}` is no scope" if odd else f"a scope has 1 to {MAX_ENTRIES} entries",
            help_text="write `TYPE:ACTION`, such as `file:read`, `shell:*` or `*:*`",
        )
    return found


def check_patterns(patterns: Iterable[str]) -> tuple[str, ...]:
    """Names of agents, or beginnings of names; sorted and without repetition.

    Raises:
        UsageError: one is malformed, or there are too many.
    """
    found = tuple(sorted(set(patterns)))
    odd = next((entry for entry in found if not _PATTERN.fullmatch(entry)), None)
    if odd is not None or len(found) > MAX_ENTRIES:
        raise UsageError(
            f"`{odd}` is no agent" if odd else f"name at most {MAX_ENTRIES} agents",
            help_text="write a name, or the beginning of names with `*` at its end",
        )
    return found


def require_forms(scope: Iterable[str], acts_for: Iterable[str]) -> None:
    """Require that entries which somebody else wrote have the form of those that are made here.

    Raises:
        UsageError: one has not: in a column it might be read as several.
    """
    for entries, form in ((scope, _SCOPE), (acts_for, _PATTERN)):
        if not all(form.fullmatch(entry) for entry in entries):
            raise UsageError("an entry of a scope, or the name of an agent, is malformed")


def as_column(entries: Iterable[str]) -> str:
    """Entries as one column of the database, which `str.split` takes apart again.

    Raises:
        UsageError: one is empty or holds a blank, so it would be read as another.
    """
    found = tuple(entries)
    column = " ".join(found)
    if tuple(column.split()) != found:
        raise UsageError("an entry of a credential is empty or holds a blank")
    return column


def origin_text(principal: Principal) -> str:
    """All that a credential rests on which is got with another one, as text; see `origins_of`.

    Raises:
        UsageError: nothing can be got with a session: a chain of them would never end. Nor with
            a token that was got by too many others.
    """
    if principal.method == "session":
        raise UsageError("a session begins with a key or a token, not with a session")
    rests_on = principal.rests_on or (principal.origin,)
    if len(rests_on) > MAX_RESTS:
        raise UsageError(
            "the token was got with a token that was got with a token, too often",
            help_text="show the credential that it began with",
        )
    return json.dumps(rests_on)


def origins_of(text: str) -> tuple[tuple[Kind, str], ...]:
    """What `origin_text` said; before it told of all, it was `KIND NAME` of one."""
    if not text.startswith("["):
        kind, _, name = text.partition(" ")
        return (("key" if kind == "key" else "token", name),)
    return tuple((kind, name) for kind, name in json.loads(text))
