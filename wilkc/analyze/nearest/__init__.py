"""How near the rules of a list are to what was asked for. Room: analyze."""

from wilkc.analyze.nearest.allows import (
    Nearest,
    nearest_command,
    nearest_host,
    nearest_name,
    nearest_path,
)
from wilkc.analyze.nearest.distance import Alignment, Budget, Change, align

__all__ = [
    "Alignment",
    "Budget",
    "Change",
    "Nearest",
    "align",
    "nearest_command",
    "nearest_host",
    "nearest_name",
    "nearest_path",
]
