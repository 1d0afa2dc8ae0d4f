"""Requests as people and programs write them. Room: language."""

from wilkc.language.requests.canonical import canonical_request
from wilkc.language.requests.reading import known_members, parse_short, read_request, split_short
from wilkc.language.requests.texts import MAX_REQUEST_BYTES, check_json, check_request

__all__ = [
    "MAX_REQUEST_BYTES",
    "canonical_request",
    "check_json",
    "check_request",
    "known_members",
    "parse_short",
    "read_request",
    "split_short",
]
