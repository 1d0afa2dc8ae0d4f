"""Who asks at the door of AuthZEN, and what of it they may ask. Layer: adapters; no HTTP.

Where callers are known, each request needs a credential (RFC 6750 section 2.1), which says for
which agents and for what kinds of requests it may be used. What it may not be used for is
denied before the policy is asked; roles are the policy's, by the agent's id alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from wilkc.core.contract import denial
from wilkc.identity import AuthenticationError
from wilkc.runtime.guard.unrevoked import agent_revoked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Decision, Request
    from wilkc.identity import Identity, Principal

CHANNEL: Final = "authzen"
_SCHEME: Final = "bearer"


class Caller(Protocol):
    """Somebody who asks."""

    def refusal(self, request: Request) -> Decision | None:
        """The denial of what the caller may not ask at all, or None."""
        ...


class Anybody:
    """Whoever could open the socket; its folder is closed to others."""

    def refusal(self, request: Request) -> None:
        """Nothing is refused."""
        del request


@dataclass(frozen=True, slots=True)
class Known:
    """A caller with a credential.

    Attributes:
        identity: knows what is revoked.
        principal: who.
    """

    identity: Identity
    principal: Principal

    def refusal(self, request: Request) -> Decision | None:
        """See `Caller`."""
        who = self.principal
        if not who.may_ask_for(request.agent):
            message = f"`{who.id}` may not ask for the agent `{request.agent}`"
            return denial("PERMISSION_DENIED", "agent_not_of_credential", message)
        if not who.may_ask(request.type, request.action):
            message = f"the credential is not for `{request.type}` and `{request.action}`"
            return denial("PERMISSION_DENIED", "outside_credential", message)
        try:
            self.identity.require_agent(request.agent)
        except AuthenticationError:
            return agent_revoked(request.agent)
        return None


def identified(identity: Identity, authorization: Sequence[str], source: str) -> Known:
    """Who shows these values of the header `Authorization`.

    Args:
        identity: knows the credentials.
        authorization: its values; there must be one.
        source: where it came from.

    Raises:
        AuthenticationError: it is not accepted.
        UnavailableError: it cannot be judged now.
    """
    scheme, _, credential = authorization[0].partition(" ") if authorization else ("", "", "")
    if len(authorization) != 1 or scheme.lower() != _SCHEME:
        # Judged all the same, so that it is counted and put on record.
        credential = ""
    return Known(identity, identity.authenticate(credential, channel=CHANNEL, source=source))
