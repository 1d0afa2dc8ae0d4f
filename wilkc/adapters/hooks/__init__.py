"""Hooks of agent harnesses: a tool call is judged before the harness makes it.

Nothing is imported here: the program that a harness starts for every call loads this package,
and only `client` and `options`, which need the standard library alone.
"""

from __future__ import annotations

__all__: list[str] = []
