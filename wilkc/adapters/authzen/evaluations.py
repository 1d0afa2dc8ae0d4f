"""Several evaluations in one message, and when to stop. Layer: adapters (pure).

Source: OpenID AuthZEN Authorization API 1.0, "Access Evaluations API". A default is taken
whole or not at all: nothing is merged inside of a subject, action, resource or context.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from wilkc.core.errors import RequestError
from wilkc.language.requests import check_json, known_members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Decision, Json

MAX_EVALUATIONS: Final = 1000
MAX_DEFAULT_BYTES: Final = 4 * 2**20
"""Bytes of the defaults, counted once for each evaluation: what they grow to when filled in."""

Semantic = Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"]


@dataclass(frozen=True, slots=True)
class Batch:
    """The evaluations of one message, defaults filled in.

    Attributes:
        evaluations: each an evaluation object, or what stood in its place.
        semantic: after which decision the rest is left out.
    """

    evaluations: tuple[Json, ...]
    semantic: Semantic


def read_batch(raw: dict[str, Json]) -> Batch | None:
    """The batch that a message means, or None where it is one evaluation alone.

    Raises:
        RequestError: the message as a whole is malformed or too large.
    """
    semantic = _semantic(raw)
    given = raw.get("evaluations", [])
    if not isinstance(given, list):
        raise _malformed("`evaluations` must be a list")
    if not given:
        return None
    if len(given) > MAX_EVALUATIONS:
        raise _malformed(f"`evaluations` has more than {MAX_EVALUATIONS} elements")
    defaults = known_members(raw)
    check_json(defaults)
    for name, value in defaults.items():
        if not isinstance(value, dict):
            raise _malformed(f"`{name}` must be an object")
    if len(given) * len(json.dumps(defaults)) > MAX_DEFAULT_BYTES:
        raise _malformed("the defaults are too large for so many evaluations")
    filled = (defaults | one if isinstance(one, dict) else one for one in given)
    return Batch(tuple(filled), semantic)


def cut(decisions: Sequence[Decision], semantic: Semantic) -> Sequence[Decision]:
    """The decisions up to the one that the semantic stops at.

    Deciding changes nothing, so all are judged together, and the rest is left out.
    """
    if semantic == "execute_all":
        return decisions
    stop = semantic == "permit_on_first_permit"
    for place, decision in enumerate(decisions):
        if decision.allow is stop:
            return decisions[: place + 1]
    return decisions


def _semantic(raw: dict[str, Json]) -> Semantic:
    options = raw.get("options", {})
    if not isinstance(options, dict):
        raise _malformed("`options` must be an object")
    named = options.get("evaluations_semantic", "execute_all")
    for semantic in get_args(Semantic):
        if named == semantic:
            found: Semantic = semantic
            return found
    raise _malformed("`options.evaluations_semantic` is none that is known")


def _malformed(message: str) -> RequestError:
    return RequestError("malformed_request", message)
