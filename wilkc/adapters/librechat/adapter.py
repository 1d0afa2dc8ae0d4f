"""LibreChat's answer first, Wilk's second. Layer: adapters.

LibreChat says whether a user may do something at all; Wilk, whether the agent may do it for the
user. Both answers go on one record. Where LibreChat denies, or its documents cannot be had, OPA is
not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.librechat.documents import Matter
from wilkc.adapters.librechat.mapping import judge, lacking
from wilkc.adapters.librechat.source import NOTHING_CERTAIN
from wilkc.core.contract import denial
from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.adapters.librechat.mapping import Verdict
    from wilkc.adapters.librechat.source import Source
    from wilkc.core.contract import Decision, Reason
    from wilkc.runtime.guard import Guard

_SHAPE: Final = {
    "agents": ("create", "use", "modify"),
    "files": ("read", "write", "delete"),
    "system": ("admin", "config"),
}
_UNAVAILABLE: Final = "librechat_unavailable"
_DENIED: Final = "librechat_denied"
_REASONS: Final[Mapping[str, Reason]] = {
    _UNAVAILABLE: "VALIDATION_ERROR",
    _DENIED: "PERMISSION_DENIED",
}


@dataclass(frozen=True, slots=True)
class LibreChatAdapter:
    """Asks LibreChat's permissions, then a guard.

    Attributes:
        source: LibreChat's documents.
        guard: asks OPA and records; without an agent of its own, as each call names one.
    """

    source: Source
    guard: Guard

    def adapt_permissions(
        self, user_id: str, matter: Matter = NOTHING_CERTAIN
    ) -> dict[str, dict[str, bool]]:
        """What LibreChat lets a user do, in the permission model's `WilkPermissions`.

        What needs a certain agent or file is false where none is named. Nothing is recorded:
        this shows permissions and grants none.

        Args:
            user_id: of the user's document.
            matter: the agent and the file that are meant.

        Raises:
            UnavailableError: LibreChat's documents cannot be had.
            UsageError: a document is not what it must be.
        """
        facts = self.source.facts(user_id, matter)
        now = datetime.now(UTC)
        return {
            kind: {
                action: facts is not None and judge(f"{kind}.{action}", facts, now).allowed
                for action in actions
            }
            for kind, actions in _SHAPE.items()
        }

    def validate_agent_action(self, user_id: str, agent_id: str, action: str) -> bool:
        """Whether a user may do something with an agent: `validateAgentAction` of the model.

        Args:
            user_id: of the user's document.
            agent_id: of the agent, in LibreChat and in Wilk's specs.
            action: `use`, `create`, `modify`, `delete` or `share`.
        """
        matter = Matter(agent=agent_id)
        resource = f"agent:{agent_id}"
        return self.check(
            user_id, f"agents.{action}", matter, agent=agent_id, resource=resource, action=action
        ).allow

    def check(  # noqa: PLR0913  # both sides of one question
        self,
        user_id: str,
        wanted: str,
        matter: Matter,
        *,
        agent: str,
        resource: str,
        action: str | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> Decision:
        """LibreChat's answer and then Wilk's, both on record when this returns; never raises.

        Args:
            user_id: of the user's document, for whom the agent acts.
            wanted: what LibreChat is asked, a name of `ACTIONS`, for example `exec.code`.
            matter: what LibreChat is asked about.
            agent: who acts, in Wilk's specs.
            resource: what Wilk is asked about, for example `shell:python3 report.py`.
            action: see `Guard.check`.
            properties: see `Guard.check`.
        """
        verdict, detail = self._verdict(user_id, wanted, matter)
        refusal = None
        if not verdict.allowed:
            message = f"LibreChat does not allow it: {verdict.because}"
            refusal = denial(_REASONS[detail], detail, message)
        return self.guard.check(
            resource,
            action,
            properties=properties,
            agent=agent,
            beforehand=refusal,
            user=user_id,
            librechat={"action": wanted, "allowed": verdict.allowed, "because": verdict.because},
        )

    def _verdict(self, user_id: str, wanted: str, matter: Matter) -> tuple[Verdict, str]:
        try:
            facts = self.source.facts(user_id, matter)
        except (UnavailableError, UsageError) as error:
            return lacking(error.message), _UNAVAILABLE
        except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
            return lacking(type(error).__name__), _UNAVAILABLE
        if facts is None:
            return lacking("there is no such user"), _DENIED
        return judge(wanted, facts, datetime.now(UTC)), _DENIED
