"""Rows of a matrix of tests. Layer: spec. Not a spec: read only where it is named as a matrix."""

from __future__ import annotations

from typing import Literal

from wilkc.core.contract import Json, Reason
from wilkc.spec.models.base import Section, Words


class MatrixRow(Section):
    """One test: who asks for what, and what the answer must be."""

    agent: Words
    request: Words
    expect: Literal["allow", "deny"]
    reason: Reason | None = None
    rule: Words | None = None
    name: Words | None = None
    context: dict[str, Json] | None = None


class MatrixDocument(Section):
    """A file of rows."""

    matrix: tuple[MatrixRow, ...]
