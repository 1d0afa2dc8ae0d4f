"""Running plugins for agents. Layer: adapters.

    folder → signature, files, not revoked → decision on the tool and its key → record
           → decision on the interpreter → sandbox → value → record

A plugin that does not verify is denied, on record, without asking OPA. One that does is run in the
agent's sandbox from the very bytes that verified, and the record names its digest and key. Anybody
can sign with a key of their own, so a policy that would permit the call without a signature
permits no plugin.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.plugins.signing import verify_plugin
from wilkc.core.contract import denial
from wilkc.core.encoding import to_base64
from wilkc.core.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wilkc.adapters.plugins.content import Plugin
    from wilkc.adapters.plugins.revoked import Revocations
    from wilkc.core.contract import Decision
    from wilkc.runtime.guard import Guard

NOT_VERIFIED: Final = "plugin_not_verified"
SIGNED_BY: Final = "signed_by"
"""The property that the policy compares with the keys it lists."""


@dataclass(frozen=True, slots=True)
class PluginHost:
    """Runs plugins as tools of agents.

    Attributes:
        guard: asks and records; needs its bundle for the sandbox.
        revocations: what is no longer trusted, or None where nothing is ever revoked.
    """

    guard: Guard
    revocations: Revocations | None = None

    def call(  # which plugin, for whom, with what
        self,
        name: str,
        folder: Path,
        arguments: Mapping[str, Any],
        *,
        agent: str | None = None,
        interpreter: str = "python3",
    ) -> Any:
        """Run a plugin and return its value; blocks until it has ended.

        The code finds `{"arguments": …, "files": {PATH: BASE64}}` in `/run/wilk/context`, and
        writes its value as JSON to descriptor 3, see `Guard.execute_securely`.

        Args:
            name: of the plugin, which is the tool that the policy judges.
            folder: where it is.
            arguments: as the policy's schema judges them.
            agent: who acts, as for `Guard.check`.
            interpreter: program that runs its entry, as the policy names it.

        Raises:
            PermissionDenied: it does not verify, or the policy does not permit it.
            SecurityError: it was run, and anything but a value came of it.
        """
        plugin, refusal = self._verified(name, folder)
        # A copy to the last element: what is judged must be what runs, whoever else holds them.
        given = deepcopy(dict(arguments))
        properties: dict[str, Any] = {"arguments": given}
        told: dict[str, Any] = {}
        if plugin is not None:
            properties[SIGNED_BY] = plugin.signer
            told = {"version": plugin.statement.version, "digest": plugin.statement.digest}
        action = self.guard.action(
            f"tool:{name}",
            "call",
            properties=properties,
            agent=agent,
            beforehand=refusal,
            resting_on=SIGNED_BY,
            plugin=told,
        )
        with action:
            # Entered only by a grant, which a plugin that did not verify never gets.
            if plugin is None:
                raise VerificationError("the plugin did not verify")
            files = {path: to_base64(data) for path, data in plugin.files.items()}
            return self.guard.execute_securely(
                plugin.files[plugin.statement.entry],
                {"arguments": given, "files": files},
                interpreter=interpreter,
                agent=agent,
            )

    def _verified(self, name: str, folder: Path) -> tuple[Plugin | None, Decision | None]:
        try:
            plugin = verify_plugin(folder, name)
            if self.revocations is not None:
                self.revocations.require_good(plugin)
        except VerificationError as error:
            return None, denial("PERMISSION_DENIED", NOT_VERIFIED, error.message)
        except Exception as error:  # noqa: BLE001  # whatever goes wrong is a denial
            why = f"the plugin cannot be verified: {type(error).__name__}"
            return None, denial("VALIDATION_ERROR", NOT_VERIFIED, why)
        return plugin, None
