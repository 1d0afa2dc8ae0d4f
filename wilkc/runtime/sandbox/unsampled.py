"""An organisation that wants no sampling has no limits that only samples keep. Layer: runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.limits import KEPT
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.sandbox_plan import Quantity, SandboxPlan
    from wilkc.runtime.sandbox.limits import Reached

_RESOURCES: Final = ("cpu", "memory", "disk", "network")


def _quantity(plan: SandboxPlan, name: str) -> Quantity:
    quantity: Quantity = getattr(plan.limits, name)
    return quantity


def require_unsampled(plan: SandboxPlan, reached: Mapping[str, Reached]) -> None:
    """Refuse where `resource_monitoring: false` would leave a hard limit to nobody.

    Raises:
        SandboxRefusedError: names the limit.
    """
    if plan.monitoring:
        return
    hard = [name for name in _RESOURCES if _quantity(plan, name).enforcement == "hard"]
    for name in (*hard, *({KEPT} & reached.keys())):
        if reached[name].strength == "sampled" or _is_sampled_size(name, plan, reached):
            raise SandboxRefusedError(
                "sandbox.limit_not_enforceable",
                f"only samples keep the hard limit on {name} here, and the organisation's"
                " `resource_monitoring: false` forbids them",
                help_text="remove that key, or set the limit's enforcement to `soft`",
            )


def _is_sampled_size(name: str, plan: SandboxPlan, reached: Mapping[str, Reached]) -> bool:
    """Whether the kernel binds each file alone, and only samples all of them together."""
    sized = name == "disk" and plan.limits.disk.unit == "bytes"
    return sized and reached[name].strength == "partial"
