"""Wilk: a policy-as-code compiler for AI agents' permissions, targeting OPA.

The rooms and their one-way imports are drawn in `docs/architecture.md`. This package
itself holds only the version, so that `wilkc --version` loads nothing heavy.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
