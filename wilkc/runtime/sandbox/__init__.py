"""Confining a command with bubblewrap, as its plan says. Room: runtime.

They are loaded when they are first used, see `wilkc.core.lazily`.
"""

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.lazily import attribute

if TYPE_CHECKING:
    from wilkc.runtime.sandbox.attending import Streams
    from wilkc.runtime.sandbox.held import Held
    from wilkc.runtime.sandbox.interpreter import interpreter_of
    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.launching import launch
    from wilkc.runtime.sandbox.limits import Reached
    from wilkc.runtime.sandbox.observer import Recorded
    from wilkc.runtime.sandbox.offered import network_in_force
    from wilkc.runtime.sandbox.outcome import Outcome
    from wilkc.runtime.sandbox.ports import DecisionPoint, Egress, NetworkWay
    from wilkc.runtime.sandbox.refusal import SandboxRefusedError

__all__ = [
    "DecisionPoint",
    "Egress",
    "Held",
    "Job",
    "NetworkWay",
    "Outcome",
    "Reached",
    "Recorded",
    "SandboxRefusedError",
    "Streams",
    "interpreter_of",
    "launch",
    "network_in_force",
]
_HOMES: Final = {
    "attending": ("Streams",),
    "held": ("Held",),
    "interpreter": ("interpreter_of",),
    "job": ("Job",),
    "launching": ("launch",),
    "limits": ("Reached",),
    "observer": ("Recorded",),
    "offered": ("network_in_force",),
    "outcome": ("Outcome",),
    "ports": ("DecisionPoint", "Egress", "NetworkWay"),
    "refusal": ("SandboxRefusedError",),
}


def __getattr__(name: str) -> Any:
    return attribute(__name__, _HOMES, name)
