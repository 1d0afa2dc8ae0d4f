"""What this version of the launch can do, asked before anything else. Layer: runtime. No I/O.

A plan may ask for more than the launch offers. Where the launch gives less access than was
asked for, it says so and goes on; where it would give more, or something else, it refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import SandboxPlan

NO_ROUTE: Final = "none"
RESTRICTED: Final = "restricted"
_STRICTER: Final = "remove the key to run with the stricter default"
_BY_PROXY: Final = "write `network: restricted`: the same hosts, through the proxy"
NO_PROXY: Final = "none (no egress proxy)"


def require_offered(plan: SandboxPlan) -> None:
    """Refuse a plan that asks for a boundary or a service that is not there.

    Raises:
        SandboxRefusedError: names the key of the policy.
    """
    asked = (
        (plan.isolation != "namespace", f"isolation.type: {plan.isolation}", _STRICTER),
        (plan.network == "bridge", "isolation.network: bridge", _BY_PROXY),
        (plan.filesystem == "full", "isolation.filesystem: full", _STRICTER),
        (plan.process == "shared", "isolation.process: shared", _STRICTER),
        (plan.context == "shared", "isolation.context: shared", _STRICTER),
        (plan.unix_sockets, "unix_sockets: true", _STRICTER),
    )
    for refused, text, instead in asked:
        if refused:
            raise SandboxRefusedError(
                "sandbox.not_available",
                f"`{text}` is not available in this version",
                help_text=instead,
            )


def network_in_force(plan: SandboxPlan, *, proxied: bool) -> str:
    """What of the network a launch really has, for the screen and the record.

    Args:
        plan: how the launch is confined.
        proxied: whether the launch has a proxy to give.
    """
    if plan.network != RESTRICTED:
        return NO_ROUTE
    return RESTRICTED if proxied else NO_PROXY
