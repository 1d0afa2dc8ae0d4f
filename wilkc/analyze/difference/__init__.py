"""What two versions of the policies differ in, agent by agent. Room: analyze."""

from wilkc.analyze.difference.comparing import compare
from wilkc.analyze.difference.model import (
    RISKS,
    WIDENING,
    AgentGroup,
    Change,
    Comparison,
    Fate,
    Kind,
    Risk,
    Undecided,
    change_json,
)

__all__ = [
    "RISKS",
    "WIDENING",
    "AgentGroup",
    "Change",
    "Comparison",
    "Fate",
    "Kind",
    "Risk",
    "Undecided",
    "change_json",
    "compare",
]
