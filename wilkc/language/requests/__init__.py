"""Requests as people and programs write them. Room: language."""

from wilkc.language.requests.canonical import canonical_request
from wilkc.language.requests.reading import parse_short, read_request, split_short
from wilkc.language.requests.texts import MAX_REQUEST_BYTES

__all__ = ["MAX_REQUEST_BYTES", "canonical_request", "parse_short", "read_request", "split_short"]
