"""What this version of the launch can do, asked before anything else. Layer: runtime. No I/O.

A plan may ask for more than the launch offers. Where the launch gives less access than was
asked for, it says so and goes on; where it would give more, or something else, it refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import SandboxPlan
    from wilkc.runtime.sandbox.refusal import Code

NO_ROUTE: Final = "none"
RESTRICTED: Final = "restricted"
_STRICTER: Final = "remove the key to run with the stricter default"
_BY_PROXY: Final = "write `network: restricted`: the same hosts, through the proxy"
_NAMESPACE: Final = "remove `isolation.type` to run in namespaces, which confine more"
NO_PROXY: Final = "none (no egress proxy)"


def require_offered(plan: SandboxPlan) -> None:
    """Refuse a plan that asks for a boundary or a service that is not there.

    Raises:
        SandboxRefusedError: names the key of the policy.
    """
    if plan.isolation == "container":
        if plan.network != NO_ROUTE:
            raise _refused(
                "sandbox.container_network",
                f"`isolation.type: container` with `network: {plan.network}` is not possible",
                "write `network: none`, or remove `isolation.type` to have the proxy",
            )
        raise _refused(
            "sandbox.no_container_engine",
            "`isolation.type: container` has no engine that this version can use",
            _NAMESPACE,
        )
    if plan.isolation == "process":
        if plan.network != NO_ROUTE or plan.filesystem != "full":
            raise _refused(
                "sandbox.process_cannot_confine",
                "`isolation.type: process` cannot keep a network or files apart",
                _NAMESPACE,
            )
        if not plan.seccomp or plan.unix_sockets:
            raise _refused(
                "sandbox.process_cannot_confine",
                "`isolation.type: process` has only its filter to keep services of the host away",
                "remove `security.seccomp: false` and `unix_sockets`, or `isolation.type`",
            )
    if plan.network == "bridge":
        raise _refused(
            "sandbox.bridge_needs_root_and_nft",
            "`isolation.network: bridge` needs root and nft, and this version cannot make one",
            _BY_PROXY,
        )


def _refused(code: Code, message: str, instead: str = _STRICTER) -> SandboxRefusedError:
    return SandboxRefusedError(code, message, help_text=instead)


def network_in_force(plan: SandboxPlan, *, proxied: bool) -> str:
    """What of the network a launch really has, for the screen and the record.

    Args:
        plan: how the launch is confined.
        proxied: whether the launch has a proxy to give.
    """
    if plan.network != RESTRICTED:
        return NO_ROUTE
    return RESTRICTED if proxied else NO_PROXY
