"""Confining a command with bubblewrap, as its plan says. Room: runtime."""

from wilkc.runtime.sandbox.attending import Streams
from wilkc.runtime.sandbox.interpreter import interpreter_of
from wilkc.runtime.sandbox.job import Job
from wilkc.runtime.sandbox.launch import launch
from wilkc.runtime.sandbox.limits import Reached
from wilkc.runtime.sandbox.observer import Recorded
from wilkc.runtime.sandbox.offered import network_in_force
from wilkc.runtime.sandbox.outcome import Outcome
from wilkc.runtime.sandbox.ports import DecisionPoint, Egress, NetworkWay
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

__all__ = [
    "DecisionPoint",
    "Egress",
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
