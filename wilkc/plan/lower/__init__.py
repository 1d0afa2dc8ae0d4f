"""Typed sections to plan sections, one category at a time. Room: plan."""

from wilkc.plan.lower.categories import (
    lower_agents,
    lower_calls,
    lower_data,
    lower_files,
    lower_llm,
    lower_shell,
    lower_system,
    lower_tools,
)
from wilkc.plan.lower.entries import Place
from wilkc.plan.lower.network import lower_network

__all__ = [
    "Place",
    "lower_agents",
    "lower_calls",
    "lower_data",
    "lower_files",
    "lower_llm",
    "lower_network",
    "lower_shell",
    "lower_system",
    "lower_tools",
]
