"""The canonical layout of specs: comments kept, meaning never changed. Room: format."""

from wilkc.format.formatting import format_spec
from wilkc.format.meaning import same_plan

__all__ = ["format_spec", "same_plan"]
