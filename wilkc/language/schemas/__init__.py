"""Schemas of tool arguments: a subset of JSON Schema, and what conforms to it. Room: language."""

from wilkc.language.schemas.conform import conforms
from wilkc.language.schemas.rules import INDEX, MAX_NUMBER, Check, Schema, parse_schema

__all__ = ["INDEX", "MAX_NUMBER", "Check", "Schema", "conforms", "parse_schema"]
