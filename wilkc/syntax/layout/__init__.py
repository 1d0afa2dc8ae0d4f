"""YAML text as it is laid out, comments included, and back to text. Room: syntax."""

from wilkc.syntax.layout.model import Comment, Entry, Group, Layout, Sheet, Text, comment_texts
from wilkc.syntax.layout.reading import read_layout
from wilkc.syntax.layout.writing import write_layout

__all__ = [
    "Comment",
    "Entry",
    "Group",
    "Layout",
    "Sheet",
    "Text",
    "comment_texts",
    "read_layout",
    "write_layout",
]
