"""What recorded requests would need to be granted, and what is never proposed. Room: analyze.

Nothing is decided here and nothing applied: a proposal is a text for somebody to review.
"""

from wilkc.analyze.learning.model import Asked, Entry, Place, Reason, Refused
from wilkc.analyze.learning.rounds import Key, Tried, edited, try_entries
from wilkc.analyze.learning.screening import MAX_BYTES, REASONS, commands_of, screen
from wilkc.analyze.learning.siblings import LEAST, Siblings, siblings

__all__ = [
    "LEAST",
    "MAX_BYTES",
    "REASONS",
    "Asked",
    "Entry",
    "Key",
    "Place",
    "Reason",
    "Refused",
    "Siblings",
    "Tried",
    "commands_of",
    "edited",
    "screen",
    "siblings",
    "try_entries",
]
