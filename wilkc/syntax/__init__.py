"""YAML and CSV text to located nodes, with limits. Room: syntax."""

from wilkc.syntax.adding import with_items
from wilkc.syntax.editing import with_line_above, without_item
from wilkc.syntax.ignores import read_ignores
from wilkc.syntax.nodes import Mapping, Node, Scalar, Sequence, plain_data
from wilkc.syntax.reader import PARSER, read_documents, read_text
from wilkc.syntax.tables import read_table

__all__ = [
    "PARSER",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "plain_data",
    "read_documents",
    "read_ignores",
    "read_table",
    "read_text",
    "with_items",
    "with_line_above",
    "without_item",
]
