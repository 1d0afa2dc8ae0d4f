"""What is valid in a spec and deserves a second look. Room: analyze.

A check never makes a valid spec invalid: it warns, names the entry, and says what to write
instead. Each stands in a file of its own, and in the registry.
"""

from wilkc.analyze.lint.baseline import Known, known, without_known
from wilkc.analyze.lint.essence import essence
from wilkc.analyze.lint.ignores import pass_over
from wilkc.analyze.lint.model import Check, Finding, Subject
from wilkc.analyze.lint.registry import CHECKS, lint

__all__ = [
    "CHECKS",
    "Check",
    "Finding",
    "Known",
    "Subject",
    "essence",
    "known",
    "lint",
    "pass_over",
    "without_known",
]
