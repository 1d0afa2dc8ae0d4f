"""Requests at the edges of what a plan grants, to compare evaluators on. Room: analyze.

Nothing here says what the answer is: members and neighbours are guesses by construction, and
the reference evaluator has the word.
"""

from wilkc.analyze.boundary.around import BOUNDS, MAX_PER_SPEC, Bounds, Level
from wilkc.analyze.boundary.plans import boundary_requests, spec_requests, type_requests

__all__ = [
    "BOUNDS",
    "MAX_PER_SPEC",
    "Bounds",
    "Level",
    "boundary_requests",
    "spec_requests",
    "type_requests",
]
